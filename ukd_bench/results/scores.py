"""Per-sample test scores of a run, which paired statistics and per-class accuracy need."""

from dataclasses import dataclass

import numpy as np

from .runs import Run


@dataclass(frozen=True)
class Scores:
    """``scores`` (N, C) probabilities, ``labels`` (N,) and ``samples`` (N,) names of one run."""

    scores: np.ndarray
    labels: np.ndarray
    samples: np.ndarray

    @property
    def hits(self) -> np.ndarray:
        """(N,) 1 where the largest score is the label's."""
        return np.asarray(self.scores.argmax(axis=1) == self.labels, dtype=float)


def load_scores(run: Run) -> Scores | None:
    """A run's test scores in the order of their sample names; None if absent or unreadable."""
    if run.paths is None or not run.paths.scores.exists():
        return None
    try:
        with np.load(run.paths.scores, allow_pickle=False) as arrays:
            order = np.argsort(arrays['samples'], kind='stable')
            return Scores(*(arrays[name][order] for name in ('scores', 'labels', 'samples')))
    except (OSError, ValueError, KeyError, IndexError, EOFError):
        return None
