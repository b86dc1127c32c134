"""The clips of a DarkRoom: their classes, groups, lengths, and subsets in each split."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import DataError
from ..arid.facts import SPLITS, V10_CLIPS, clip_path
from .actions import CLASSES
from .spec import DarkRoomSpec

_ARID_FRAMES = ((0, 33), (0.05, 44), (0.25, 64), (0.5, 80), (0.75, 108), (0.95, 153), (1, 225))
"""Quantiles of the number of frames of ARID's clips."""


@dataclass(frozen=True)
class Take:
    """One clip's place in a DarkRoom.

    Attributes:
        label: Index of its class.
        group: One person in one place; from 1.
        number: Within class and group, from 1.
        subsets: The clip's subset in each of ``SPLITS``.
    """

    label: int
    group: int
    number: int
    subsets: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """Path below the root, as the lists have it."""
        return clip_path(CLASSES[self.label], self.group, self.number)


def groups_tested(spec: DarkRoomSpec, split: int) -> set[int]:
    """Groups of every class that a split tests.

    Split 1 takes the last ``test_groups`` of all groups, split 2 those before them, and so on
    round, so that the test sets overlap where there are too few groups for three.
    """
    groups = spec.train_groups + spec.test_groups
    last = groups - (split - 1) * spec.test_groups
    return {(last - 1 - back) % groups + 1 for back in range(spec.test_groups)}


def clips_of(spec: DarkRoomSpec) -> list[Take]:
    """All clips of a spec, in the order of the lists.

    Raises:
        DataError: ``spec.clips`` is too small for every class to train and to test on.
    """
    tested = [groups_tested(spec, split) for split in SPLITS]
    out = []
    for label, per_group in enumerate(_counts(spec)):
        for group, count in enumerate(per_group, 1):
            share = spec.clips_per_group / (spec.clips_per_group + spec.other_per_group)
            evaluated = max(1, math.floor(count * share + 0.5))
            for number in range(1, count + 1):
                kind = 'test' if number <= evaluated else 'other'
                subsets = tuple(kind if group in groups else 'train' for groups in tested)
                out.append(Take(label, group, number, subsets))
    return out


def _counts(spec: DarkRoomSpec) -> list[list[int]]:
    """Clips of each class and group."""
    groups = spec.train_groups + spec.test_groups
    if spec.clips is None and spec.balance == 'even':
        extra = [0] * spec.train_groups + [spec.other_per_group] * spec.test_groups
        return [[spec.clips_per_group + more for more in extra] for _ in CLASSES]
    total = len(CLASSES) * groups * spec.clips_per_group if spec.clips is None else spec.clips
    counts = _spread(spec, total)
    if not _serve_every_split(spec, counts):
        enough = next(
            n for n in itertools.count(total) if _serve_every_split(spec, _spread(spec, n))
        )
        raise DataError(
            f'clips is {total}, too few for every class to train and be tested on: {enough} do'
        )
    return counts


def _spread(spec: DarkRoomSpec, total: int) -> list[list[int]]:
    """``total`` clips over classes, and those of a class evenly over its groups."""
    groups = spec.train_groups + spec.test_groups
    counts = []
    for of_class in shares(total, V10_CLIPS if spec.balance == 'arid' else [1] * len(CLASSES)):
        bounds = [of_class * group // groups for group in range(groups + 1)]
        counts.append([after - before for before, after in itertools.pairwise(bounds)])
    return counts


def _serve_every_split(spec: DarkRoomSpec, counts: list[list[int]]) -> bool:
    """Whether every class has clips to train and to be tested on, in every split."""
    for split in SPLITS:
        tested = groups_tested(spec, split)
        for per_group in counts:
            kept = sum(count for group, count in enumerate(per_group, 1) if group not in tested)
            if not 0 < kept < sum(per_group):
                return False
    return True


def shares(total: int, weights: Sequence[int]) -> list[int]:
    """Splits ``total`` in proportion to ``weights`` by largest remainder, the first of equals."""
    whole, rest = zip(*(divmod(total * weight, sum(weights)) for weight in weights), strict=True)
    order = sorted(range(len(weights)), key=lambda index: -rest[index])
    lucky = set(order[: total - sum(whole)])
    return [count + (index in lucky) for index, count in enumerate(whole)]


def draw_length(spec: DarkRoomSpec, rng: np.random.Generator) -> int:
    """Draws a clip's number of frames."""
    if spec.lengths == 'uniform':
        return int(rng.integers(spec.min_frames, spec.max_frames + 1))
    at, frames = np.transpose(_ARID_FRAMES)
    position = (np.interp(rng.uniform(), at, frames) - frames[0]) / (frames[-1] - frames[0])
    return round(spec.min_frames + (spec.max_frames - spec.min_frames) * float(position))
