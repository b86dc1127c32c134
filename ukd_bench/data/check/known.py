"""How many clips each list of ARID has, as its authors published them."""

from collections.abc import Mapping
from dataclasses import dataclass
from ..arid.layout import Layout
from ..arid.lists import ARID_CLASSES


@dataclass(frozen=True)
class Known:
    """A known number of clips.

    Attributes:
        total: Clips.
        per_class: Clips of each class; None where only their total is known.
    """

    total: int
    per_class: tuple[int, ...] | None = None


def _each(*per_class: int) -> Known:
    return Known(sum(per_class), per_class)


_OTHER = _each(58, 64, 45, 80, 103, 43, 48, 51, 57, 62, 62)


_LISTS: dict[str, Mapping[tuple[int, str], Known]] = {
    'v1.0': {
        (1, 'train'): _each(201, 215, 110, 215, 266, 226, 135, 142, 274, 276, 228),
        (1, 'test'): _each(79, 78, 50, 77, 106, 70, 51, 44, 82, 110, 76),
        (1, 'other'): _OTHER,
        (2, 'train'): _each(210, 206, 119, 209, 267, 215, 130, 134, 259, 276, 227),
        (2, 'test'): _each(70, 87, 41, 83, 105, 81, 56, 52, 97, 110, 77),
        (2, 'other'): _OTHER,
        (3, 'train'): _each(194, 226, 113, 218, 276, 212, 145, 123, 254, 276, 222),
        (3, 'test'): _each(86, 67, 47, 74, 96, 84, 41, 63, 102, 110, 82),
        (3, 'other'): _OTHER,
    },
    'v1.5': {(0, 'train'): Known(3350), (0, 'test'): Known(2011)},
    'ug2': {(1, 'train'): Known(1837)},
}


_VIDEOS = {'v1.0': _each(338, 357, 205, 372, 475, 339, 234, 237, 413, 448, 366)}


_NEEDED = {
    'v1.0': [(split, subset) for split in (1, 2, 3) for subset in ('train', 'test', 'other')],
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
        # The labels of its test list were never handed out to everybody.
        return [(1, 'train')]
    splits = layout.splits or (1,)
    return _NEEDED.get(layout.edition) or [
        (s, subset) for s in splits for subset in ('train', 'test')
    ]
