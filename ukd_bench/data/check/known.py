"""Known numbers of clips of ARID's lists, for comparison with those at hand."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..arid.facts import ARID_CLASSES, SPLITS, SUBSETS, V10_CLIPS, V10_COUNTS
from ..arid.layout import Layout


@dataclass(frozen=True)
class Known:
    """A known number of clips.

    Attributes:
        total: Clips.
        per_class: Clips of each class; None where only their total is known.
    """

    total: int
    per_class: tuple[int, ...] | None = None


def _each(per_class: tuple[int, ...]) -> Known:
    return Known(sum(per_class), per_class)


_LISTS: dict[str, Mapping[tuple[int, str], Known]] = {
    'v1.0': {where: _each(counts) for where, counts in V10_COUNTS.items()},
    'v1.5': {(0, 'train'): Known(3350), (0, 'test'): Known(2011)},
    'ug2': {(1, 'train'): Known(1837)},
}

_VIDEOS = {'v1.0': _each(V10_CLIPS)}

_NEEDED = {
    'v1.0': [(split, subset) for split in SPLITS for subset in SUBSETS],
    'v1.5': [(split, subset) for split in (0, 1) for subset in ('train', 'test')],
}


def comparable(layout: Layout) -> bool:
    """Whether a layout has the classes of the ARID that its lists are named after."""
    return layout.edition in _LISTS and layout.classes == ARID_CLASSES[layout.kind.first_label :]


def known_lists(layout: Layout) -> Mapping[tuple[int, str], Known]:
    """Clips of the lists whose size is known, by (split, subset); empty for other videos."""
    return _LISTS[layout.edition] if comparable(layout) else {}


def known_videos(layout: Layout) -> Known | None:
    """Clips of the whole edition, if known."""
    return _VIDEOS.get(layout.edition) if comparable(layout) else None


def needed_lists(layout: Layout) -> list[tuple[int, str]]:
    """The (split, subset) that an edition comes with."""
    if layout.edition == 'ug2':
        # The labels of its test list were never published.
        return [(1, 'train')]
    splits = layout.splits or (1,)
    return _NEEDED.get(layout.edition) or [
        (s, subset) for s in splits for subset in ('train', 'test')
    ]
