"""Whether a network is as sure as it is right."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .scores import Scores

BINS = 10
_LEAST = 1e-12
"""Probabilities count as at least this, so that one clip cannot make a mean infinite."""


@dataclass(frozen=True)
class Calibration:
    """How sure a network is of its predictions, and how often they are right.

    Attributes:
        confidence: Mean probability of the predicted class.
        accuracy: Share of clips whose predicted class is right.
        error: Expected calibration error: the mean, over clips, of the distance between confidence
            and accuracy of the clip's bin; ``BINS`` bins of equal width (Guo et al. 2017, eq. 3).
            Few clips a bin make it too large.
        log_loss: Mean of -log of the true class's probability, in nats.
    """

    confidence: float
    accuracy: float
    error: float
    log_loss: float


def calibration(scores: Scores) -> Calibration:
    """The calibration of one run's test scores."""
    clips_B, confidence_B, hits_B = _by_bin([scores])
    own_N = np.take_along_axis(scores.scores, scores.labels[:, None], axis=1)[:, 0]
    return Calibration(
        float(scores.scores.max(axis=1).mean(dtype=np.float64)),
        float(scores.hits.mean()),
        float(np.abs(confidence_B - hits_B).sum() / clips_B.sum()),
        float(-np.log(np.maximum(own_N.astype(np.float64), _LEAST)).mean()),
    )


def reliability_bins(*runs: Scores) -> pd.DataFrame:
    """Confidence and accuracy by bin of confidence, over the clips of all runs.

    Returns:
        ``bin`` from 0 to ``BINS`` - 1, ``clips``, and the means ``confidence`` and ``accuracy`` as
        fractions; bins without clips have no row.
    """
    clips_B, confidence_B, hits_B = _by_bin(runs)
    (filled,) = clips_B.nonzero()
    clips = clips_B[filled]
    return pd.DataFrame(
        dict(
            bin=filled,
            clips=clips,
            confidence=confidence_B[filled] / clips,
            accuracy=hits_B[filled] / clips,
        )
    )


def _by_bin(runs: Sequence[Scores]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Number of clips, sum of confidences and number of hits by bin, each (BINS,)."""
    confidence_N = np.concatenate([one.scores.max(axis=1) for one in runs]).astype(np.float64)
    hits_N = np.concatenate([one.hits for one in runs])
    bin_N = np.minimum((confidence_N * BINS).astype(int), BINS - 1)
    return (
        np.bincount(bin_N, minlength=BINS),
        np.bincount(bin_N, confidence_N, BINS),
        np.bincount(bin_N, hits_N, BINS),
    )
