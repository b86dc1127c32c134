"""The specification of a DarkRoom: the numbers its frames follow from, and the presets."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from ...errors import DataError

_CHOICES = {'balance': ('even', 'arid'), 'lengths': ('uniform', 'arid'), 'rendering': (1, 2)}
_ADDED = ('clips', 'balance', 'lengths', 'warmth', 'contrast', 'rendering', 'bright')
"""Fields that the first DarkRooms did not have. At their defaults they stay out of ``to_dict``, so
that the same frames keep the same identity."""


@dataclass(frozen=True)
class DarkRoomSpec:
    """Everything the frames of a DarkRoom follow from.

    Attributes:
        seed: Seed of every random draw.
        width: Width of a frame in pixels.
        height: Height of a frame in pixels.
        fps: Frames a second.
        min_frames: Shortest clip.
        max_frames: Longest clip, inclusive.
        train_groups: Groups a class that split 1 trains on, numbered from 1.
        test_groups: Groups a class that a split tests on; in split 1, those numbered last.
        clips_per_group: Clips of each (class, group).
        other_per_group: Further clips of each group that split 1 tests, for the ``other`` list.
        mean_code: Range of the mean 8-bit code of the place without the person.
        noise: Factor on the amplitudes of sensor noise.
        clips: Clips in all, spread evenly over groups; ``clips_per_group`` and ``other_per_group``
            then only say how a tested group is shared between ``test`` and ``other``. None: as many
            as those two make.
        balance: ``'even'``, or ``'arid'`` for class frequencies in proportion to ARID v1.0's.
        lengths: ``'uniform'``, or ``'arid'`` for lengths distributed as ARID's are.
        warmth: Added to the redness of lamps.
        contrast: Power on the illumination; more deepens the shadows.
        rendering: Style of drawing. 1 is made for small frames. 2 has rounded limbs, faces and
            hands, draws photons through tables, which is several times as fast, and keeps black
            black in the files.
        bright: Whether the scenes are well lit: the twin of a dark set, alike but for exposure and
            noise.
    """

    seed: int = 0
    width: int = 96
    height: int = 72
    fps: int = 15
    min_frames: int = 24
    max_frames: int = 36
    train_groups: int = 12
    test_groups: int = 6
    clips_per_group: int = 2
    other_per_group: int = 0
    mean_code: tuple[float, float] = (8.0, 14.0)
    noise: float = 1.4
    clips: int | None = None
    balance: str = 'even'
    lengths: str = 'uniform'
    warmth: float = 0.0
    contrast: float = 1.0
    rendering: int = 1
    bright: bool = False

    def __post_init__(self) -> None:
        least = {
            'seed': 0, 'width': 16, 'height': 16, 'fps': 1, 'min_frames': 2,
            'max_frames': self.min_frames, 'train_groups': 1, 'test_groups': 1,
            'clips_per_group': 1, 'other_per_group': 0, 'noise': 0, 'contrast': 0,
        }  # fmt: skip
        for name, bound in least.items():
            if getattr(self, name) < bound:
                raise DataError(f'{name} is {getattr(self, name)}, must be at least {bound}')
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                raise DataError(
                    f'{name} is {getattr(self, name)!r}, none of {", ".join(map(str, allowed))}'
                )
        if self.width % 32 or self.height % 2:
            # Decord cannot batch frames of some other widths (48 is one); MPEG-4 wants even ones.
            size = f'{self.width}x{self.height}'
            raise DataError(f'size is {size}, the width must be a multiple of 32, the height even')

    def to_dict(self) -> dict[str, Any]:
        """The spec as JSON would return it."""
        defaults = {field.name: field.default for field in fields(self)}
        every = asdict(self) | {'mean_code': list(self.mean_code)}
        return {
            name: value
            for name, value in every.items()
            if name not in _ADDED or value != defaults[name]
        }


PRESETS = {
    'quick': DarkRoomSpec(),
    'full': DarkRoomSpec(
        width=320, height=240, fps=30, min_frames=33, max_frames=225, train_groups=23,
        test_groups=15, clips_per_group=11, other_per_group=9, clips=5572, balance='arid',
        lengths='arid', mean_code=(6.0, 13.0), warmth=0.11, contrast=2.2, rendering=2,
    ),
    'tiny': DarkRoomSpec(
        width=64, height=48, min_frames=10, max_frames=14, train_groups=2, test_groups=1,
        clips_per_group=1, other_per_group=1,
    ),
}  # fmt: skip
