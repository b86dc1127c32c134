"""How a bank keeps scores: whole, rounded, or those of the best classes alone."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import BankError, ConfigError, quoted

FLOAT32, FLOAT16 = 'float32', 'float16'
FORMS = 'float32, float16 or topK with a number K, as in top5'

Rows = Mapping[str, np.ndarray]
"""One view's rows of a bank's arrays: ``scores`` (N, k), and ``classes`` (N, k) where k < C."""

_LARGEST_FLOAT16 = 65504.0
_HALF_FLOAT16_STEP = 2.0**-11
_HALF_SMALLEST_FLOAT16 = 2.0**-25

TEMPERATURES = (1, 4)
"""Temperatures T at which the error of a storage is measured."""

Error = dict[str, dict[str, float]]
"""Total variation distance, ``mean`` and ``max`` over samples, by temperature."""


@dataclass(frozen=True)
class Storage:
    """One way to keep scores.

    Attributes:
        name: ``float32``, ``float16``, or ``topK`` for the K best classes in float32.
        k: K, the number of classes kept; None where all are.
    """

    name: str
    k: int | None = None

    @classmethod
    def of(cls, name: str) -> 'Storage':
        """The storage of that name.

        Raises:
            ConfigError: there is none.
        """
        if name in (FLOAT32, FLOAT16):
            return cls(name)
        match = re.fullmatch(r'top([1-9]\d{0,9})', str(name))
        if match is None:
            raise ConfigError(f'storage {quoted(name)} is not {FORMS}')
        return cls(name, int(match[1]))

    @property
    def is_exact(self) -> bool:
        """Whether what is read is what was written, bit for bit."""
        return self.name == FLOAT32

    def layout(
        self, views: int, samples: int, classes: int
    ) -> dict[str, tuple[tuple[int, int, int], np.dtype]]:
        """Shape and type of each array of a bank.

        Raises:
            ConfigError: K leaves no class out.
        """
        if self.k is None:
            return {'scores': ((views, samples, classes), np.dtype(self.name))}
        if self.k >= classes:
            raise ConfigError(
                f'storage {self.name!r} leaves none of the {classes} classes out: use {FLOAT32!r}'
            )
        shape = (views, samples, self.k)
        return {
            'scores': (shape, np.dtype(FLOAT32)),
            'classes': (shape, np.min_scalar_type(classes - 1)),
        }

    def encode(self, scores_NC: np.ndarray) -> dict[str, np.ndarray]:
        """The rows to keep of one view's scores, by array; of equal scores the lower label's.

        Args:
            scores_NC: float32 scores of the view's samples.

        Raises:
            BankError: a score is not finite, or beyond the largest float16.
        """
        if not np.isfinite(scores_NC).all():
            raise BankError('a score is not a finite number')
        if self.name == FLOAT16 and (largest := float(np.abs(scores_NC).max())) > _LARGEST_FLOAT16:
            raise BankError(
                f"a score of magnitude {largest:g} exceeds float16's {_LARGEST_FLOAT16:g}: "
                f'use storage {FLOAT32!r}'
            )
        if self.k is None:
            return {'scores': np.ascontiguousarray(scores_NC, np.dtype(self.name))}
        order_NK = np.argsort(-scores_NC, axis=1, kind='stable')[:, : self.k]
        kind = np.min_scalar_type(scores_NC.shape[1] - 1)
        return {
            'scores': np.take_along_axis(scores_NC, order_NK, axis=1).astype(np.float32),
            'classes': order_NK.astype(kind),
        }

    def decode(self, rows: Rows, num_classes: int) -> np.ndarray:
        """Scores as a student reads them, a copy.

        Returns:
            (N, C) float32; -inf for classes that were left out, so that a softmax at any
            temperature spreads all probability over those that were kept.
        """
        if self.k is None:
            return rows['scores'].astype(np.float32)
        scores_NC = np.full((len(rows['scores']), num_classes), -np.inf, np.float32)
        np.put_along_axis(scores_NC, rows['classes'].astype(np.int64), rows['scores'], axis=1)
        return scores_NC

    def deviation(self, rows: Rows, fresh_NC: np.ndarray) -> np.ndarray:
        """How far scores that were made again are from those kept, beyond the storage's own error.

        For float16, what rounding accounts for is taken off. For the K best classes, those kept are
        compared, and how far a class that was left out now exceeds the last of them.

        Args:
            rows: The kept rows of N samples.
            fresh_NC: float32 scores of the same samples, made again.

        Returns:
            (N,) the largest absolute difference of each sample.
        """
        kept_NK, fresh_NC = rows['scores'].astype(np.float64), fresh_NC.astype(np.float64)
        if self.k is None:
            differences_NC = np.abs(kept_NK - fresh_NC)
            if self.name == FLOAT16:
                rounding = np.abs(fresh_NC) * _HALF_FLOAT16_STEP + _HALF_SMALLEST_FLOAT16
                differences_NC = np.maximum(differences_NC - rounding, 0)
            return differences_NC.max(axis=1)
        classes_NK = rows['classes'].astype(np.int64)
        differences = np.abs(kept_NK - np.take_along_axis(fresh_NC, classes_NK, axis=1))
        absent_NC = fresh_NC.copy()
        np.put_along_axis(absent_NC, classes_NK, -np.inf, axis=1)
        overtaken = np.maximum(absent_NC.max(axis=1) - kept_NK.min(axis=1), 0)
        return np.maximum(differences.max(axis=1), overtaken)


def rows_sha256(rows: Rows) -> str:
    """SHA-256 over one view's rows of all arrays, ``scores`` before ``classes``."""
    hasher = hashlib.sha256()
    for name in ('scores', 'classes'):
        if name in rows:
            hasher.update(np.ascontiguousarray(rows[name]).data)
    return hasher.hexdigest()


def view_error(storage: Storage, scores_NC: np.ndarray, rows: Rows) -> Error:
    """The error that a storage makes in one view's scores."""
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
        scores_NC: float32 scores.
        kept_NC: The same as a bank keeps them, -inf where a class was left out.
        temperature: T.

    Returns:
        (N,) distances in [0, 1].
    """
    difference_NC = softmax(scores_NC, temperature) - softmax(kept_NC, temperature)
    return np.abs(difference_NC).sum(axis=1) / 2


def softmax(scores_NC: np.ndarray, temperature: float) -> np.ndarray:
    """(N, C) float64 probabilities of scores at a temperature."""
    scaled_NC = scores_NC.astype(np.float64) / temperature
    powers_NC = np.exp(scaled_NC - scaled_NC.max(axis=1, keepdims=True))
    return powers_NC / powers_NC.sum(axis=1, keepdims=True)
