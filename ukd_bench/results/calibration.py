"""Whether a network is as sure as it is right."""

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
    bins = reliability_bins(scores)
    away = (bins['confidence'] - bins['accuracy']).abs()
    own_N = np.take_along_axis(scores.scores, scores.labels[:, None], axis=1)[:, 0]
    return Calibration(
        float(scores.scores.max(axis=1).mean(dtype=np.float64)),
        float(scores.hits.mean()),
        float((away * bins['clips']).sum() / bins['clips'].sum()),
        float(-np.log(np.maximum(own_N.astype(np.float64), _LEAST)).mean()),
    )


def reliability_bins(*runs: Scores) -> pd.DataFrame:
    """Confidence and accuracy by bin of confidence, over the clips of all runs.

    Returns:
        ``bin`` from 0 to ``BINS`` - 1, ``clips``, and the means ``confidence`` and ``accuracy`` as
        fractions; bins without clips have no row.
    """
    confidence = np.concatenate([one.scores.max(axis=1) for one in runs]).astype(np.float64)
    hits = np.concatenate([one.hits for one in runs])
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    clips = pd.DataFrame(dict(bin=place, confidence=confidence, accuracy=hits))
    found = clips.groupby('bin').agg(
        clips=('bin', 'size'), confidence=('confidence', 'mean'), accuracy=('accuracy', 'mean')
    )
    return found.reset_index()
