"""Per-sample test scores of a run, which paired statistics and per-class accuracy need."""

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ResultsError, one_line
from .runs import Run

_ROUNDING = 1e-9
"""How far two ways of adding the same hits up may differ."""


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

    def metrics(self) -> dict[str, tuple[float, float]]:
        """The least and the most that each metric of a record may be, as fractions.

        They differ where scores tie, since which of equal ones comes first is a matter of the
        machine.
        """
        scores_NC = np.where(np.isnan(self.scores), np.inf, self.scores)
        own_N1 = np.take_along_axis(scores_NC, self.labels[:, None], axis=1)
        above_N, level_N = ((scores_NC > own_N1).sum(axis=1), (scores_NC >= own_N1).sum(axis=1))
        chosen_N = self.scores.argmax(axis=1)
        classes = self.scores.shape[1]
        counts_C = np.bincount(self.labels, minlength=classes)
        hits_C = np.bincount(self.labels[chosen_N == self.labels], minlength=classes)
        # As MMAction2 has it: a class that was predicted and has no clip counts as missed.
        present = (counts_C > 0) | (np.bincount(chosen_N, minlength=classes) > 0)
        mean_class = float((hits_C / np.maximum(counts_C, 1))[present].mean())
        return {
            'top1': (float((level_N <= 1).mean()), float((above_N < 1).mean())),
            'top5': (float((level_N <= 5).mean()), float((above_N < 5).mean())),
            'mean_class': (mean_class, mean_class),
        }


def read_scores(path: Path) -> Scores:
    """Reads test scores, in the order of their sample names.

    What was read lately is not read again while its file stays as it was.

    Raises:
        ResultsError: the file is absent or no archive of scores.
    """
    try:
        state = path.stat()
    except OSError:
        return _read(path)
    key = path, state.st_ino, state.st_size, state.st_mtime_ns
    return _KEPT.get(key) or _KEPT.put(key, _read(path))


def _read(path: Path) -> Scores:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            values = [arrays[key] for key in ('scores', 'labels', 'samples')]
    except FileNotFoundError as error:
        raise ResultsError(f'{path}: is absent') from error
    # An archive may be broken in any way, and each has an exception of its own.
    except Exception as error:
        raise ResultsError(f'{path}: cannot be read ({one_line(error, 100)})') from error
    scores_NC, labels_N, samples_N = values
    kinds = ''.join(value.dtype.kind for value in values)
    whole = (
        kinds in ('fiU', 'fuU')
        and scores_NC.ndim == 2
        and scores_NC.size > 0
        and labels_N.shape == samples_N.shape == scores_NC.shape[:1]
        and labels_N.min() >= 0
        and labels_N.max() < scores_NC.shape[1]
    )
    if not whole:
        raise ResultsError(f'{path}: holds no scores with a label and a name for each clip')
    order = np.argsort(samples_N, kind='stable')
    return Scores(scores_NC[order], labels_N[order], samples_N[order])


def load_scores(run: Run) -> Scores | None:
    """A run's test scores in the order of their sample names; None if absent or unreadable."""
    try:
        return None if run.paths is None else read_scores(run.paths.scores)
    except ResultsError:
        return None


def differing_from(scores: Scores, record: Mapping[str, Any]) -> str | None:
    """What a finished run's record says otherwise than its scores do; None where nothing."""
    clips, classes = scores.scores.shape
    dataset = record['dataset']
    if dataset.get('test_samples') not in (None, clips):
        return f'scores.npz has {clips} clips, the record {dataset["test_samples"]}'
    if 'classes' in dataset and len(dataset['classes']) != classes:
        return f'scores.npz has {classes} classes, the record {len(dataset["classes"])}'
    for name, (least, most) in scores.metrics().items():
        told = record['metrics'][name]
        if not least - _ROUNDING <= told <= most + _ROUNDING:
            return f'metrics.{name} is {told:g}, by scores.npz it is {most:g}'
    return None


class _Kept:
    """The scores that were asked for last, up to a number of bytes."""

    def __init__(self, most_bytes: int) -> None:
        self._scores: OrderedDict[Hashable, Scores] = OrderedDict()
        self._room = most_bytes

    def get(self, key: Hashable) -> Scores | None:
        if key in self._scores:
            self._scores.move_to_end(key)
        return self._scores.get(key)

    def put(self, key: Hashable, scores: Scores) -> Scores:
        # Runs of a sweep have the same clips, whose names take more than the scores.
        if self._scores:
            last = next(reversed(self._scores.values()))
            if np.array_equal(last.samples, scores.samples):
                scores = replace(scores, samples=last.samples)
        self._scores[key] = scores
        self._room -= scores.scores.nbytes
        while self._room < 0:
            self._room += self._scores.popitem(last=False)[1].scores.nbytes
        return scores


_KEPT = _Kept(most_bytes=128 * 1024**2)
