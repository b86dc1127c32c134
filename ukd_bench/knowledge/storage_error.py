"""What a storage changes in the distributions that students learn from."""

from collections.abc import Sequence

import numpy as np

from .storage import Rows, Storage

TEMPERATURES = (1, 4)
"""Where the error of a storage is measured."""

Error = dict[str, dict[str, float]]
"""Total variation distance, ``mean`` and ``max`` over samples, by temperature."""


def view_error(storage: Storage, scores_NC: np.ndarray, rows: Rows) -> Error:
    """The error of what is kept of one view's scores."""
    kept_NC = storage.decode(rows, scores_NC.shape[1])
    error = {}
    for temperature in TEMPERATURES:
        distance_N = total_variation(scores_NC, kept_NC, temperature)
        error[str(temperature)] = {
            'mean': float(distance_N.mean()),
            'max': float(distance_N.max()),
        }
    return error


def bank_error(views: Sequence[Error]) -> Error:
    """The error over all views, each of the same samples."""
    return {
        temperature: {
            'mean': sum(error[temperature]['mean'] for error in views) / len(views),
            'max': max(error[temperature]['max'] for error in views),
        }
        for temperature in map(str, TEMPERATURES)
    }


def total_variation(scores_NC: np.ndarray, kept_NC: np.ndarray, temperature: float) -> np.ndarray:
    """How far the distributions of kept scores are from those of the scores themselves.

    ``sum_c |p_c - q_c| / 2`` for ``p = softmax(scores / T)``, ``q = softmax(kept / T)``. Where q is
    p on some classes, renormalised, this is the probability that p gives to the others.

    Args:
        scores_NC, kept_NC: float32, kept ones -inf where a class was left out.
        temperature: T.

    Returns:
        (N,) distances in [0, 1].
    """
    difference_NC = softmax(scores_NC, temperature) - softmax(kept_NC, temperature)
    return np.abs(difference_NC).sum(axis=1) / 2


def softmax(scores_NC: np.ndarray, temperature: float) -> np.ndarray:
    """(N, C) float64 probabilities."""
    scaled_NC = scores_NC.astype(np.float64) / temperature
    powers_NC = np.exp(scaled_NC - scaled_NC.max(axis=1, keepdims=True))
    return powers_NC / powers_NC.sum(axis=1, keepdims=True)
