"""Groups of clips: takes of one scene, which never stand on both sides of a split.

ARID's names carry the group: ``<Class>_<group>_<number>.avi``.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from ...errors import ConfigError, DataError
from .lists import Clip

_NAME = re.compile(r'.+_(\d{1,100})_\d+\.\w+')

PARTS = ('fit', 'held_out')
HELD_OUT_FRACTION = 0.2
"""Share of each class's groups that is held out unless a config says otherwise."""


def group_of(path: str) -> int | None:
    """The group in a clip's name; None where it carries none."""
    match = _NAME.fullmatch(path.rpartition('/')[2])
    return int(match[1]) if match else None


def part_of(
    clips: Sequence[Clip],
    part: str,
    fraction: float,
    split: int,
    listed_in: Path,
    across_classes: bool = False,
) -> list[Clip]:
    """The clips to fit on, or those held out, of a training list.

    Of each class, the groups are ranked by a hash of (split, class, group), and the first
    ``fraction`` of them are held out: at least one where there are two, never all. The two parts
    share no (class, group), and are the whole list together.

    Args:
        clips: The training list.
        part: ``fit`` or ``held_out``.
        fraction: Share of each class's groups that is held out.
        split: Number of the split.
        listed_in: The list, for complaints.
        across_classes: Whether a group is one scene in all classes, as in DarkRoom; the same groups
            of every class are then held out.

    Raises:
        ConfigError: there is no such part, or the fraction is not between 0 and 1.
        DataError: a name carries no group, or nothing can be held out.
    """
    if part not in PARTS:
        raise ConfigError(f'groups {part!r} is none of {", ".join(PARTS)}')
    if not 0 < fraction < 1:
        raise ConfigError(f'held_out_fraction = {fraction} is not between 0 and 1')
    groups: dict[int, set[int]] = defaultdict(set)
    for clip in clips:
        group = group_of(clip.path)
        if group is None:
            raise DataError(
                f'{listed_in}: {clip.path} carries no group (names like Wave_3_12.avi do), so none '
                'can be held out'
            )
        groups[clip.label].add(group)
    held_out = {
        (label, group)
        for label, present in groups.items()
        for group in _first(present, fraction, split, 'all' if across_classes else label)
    }
    if not held_out:
        raise DataError(f'{listed_in}: no class has two groups, so none can be held out')
    return [
        clip
        for clip in clips
        if ((clip.label, group_of(clip.path)) in held_out) == (part == 'held_out')
    ]


def _first(groups: set[int], fraction: float, split: int, label: int | str) -> list[int]:
    """The groups that are held out of one class."""
    ranked = sorted(groups, key=lambda group: _rank(split, label, group))
    return ranked[: min(max(1, round(fraction * len(ranked))), len(ranked) - 1)]


def _rank(split: int, label: int | str, group: int) -> bytes:
    # A hash, since a generator's stream may change with the library that draws it.
    return hashlib.sha256(f'held out {split} {label} {group}'.encode()).digest()
