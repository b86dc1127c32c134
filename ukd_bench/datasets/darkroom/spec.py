"""What a DarkRoom is made of: the numbers its frames follow from, and its list of clips."""

from dataclasses import asdict, dataclass
from typing import Any

from ...errors import DataError
from .actions import CLASSES


@dataclass(frozen=True)
class DarkRoomSpec:
    """Everything the frames of a DarkRoom follow from.

    Attributes:
        seed: Of every random draw.
        width: Pixels.
        height: Pixels.
        fps: Frames a second.
        min_frames: Shortest clip.
        max_frames: Longest clip, inclusive; lengths are uniform in between.
        train_groups: Groups a class to train on, numbered from 1.
        test_groups: Groups a class to test on, numbered after those.
        clips_per_group: Clips of each (class, group).
        other_per_group: Further clips of each test group, for the ``other`` list.
        mean_code: Range of the mean 8-bit code of the place without the person.
        noise: Factor on the amplitudes of sensor noise.
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

    def __post_init__(self) -> None:
        least = {
            'seed': 0, 'width': 16, 'height': 16, 'fps': 1, 'min_frames': 2,
            'max_frames': self.min_frames, 'train_groups': 1, 'test_groups': 1,
            'clips_per_group': 1, 'other_per_group': 0, 'noise': 0,
        }  # fmt: skip
        for name, bound in least.items():
            if getattr(self, name) < bound:
                raise DataError(f'{name} is {getattr(self, name)}, must be at least {bound}')
        if self.width % 32 or self.height % 2:
            # Decord cannot batch frames of some other widths (48 is one); MPEG-4 wants even ones.
            size = f'{self.width}x{self.height}'
            raise DataError(f'size is {size}, the width must be a multiple of 32, the height even')

    def to_dict(self) -> dict[str, Any]:
        """The spec as JSON would return it."""
        return asdict(self) | {'mean_code': list(self.mean_code)}


PRESETS = {
    'quick': DarkRoomSpec(),
    'tiny': DarkRoomSpec(
        width=64, height=48, min_frames=10, max_frames=14, train_groups=2, test_groups=1,
        clips_per_group=1, other_per_group=1,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Clip:
    """One clip's place in the data set."""

    label: int
    group: int
    number: int
    split: str

    @property
    def path(self) -> str:
        """Path below the root, as the lists have it."""
        name = CLASSES[self.label]
        return f'{name}/{name}_{self.group}_{self.number}.avi'


def clips_of(spec: DarkRoomSpec) -> list[Clip]:
    """All clips of a spec, in the order of the lists."""
    out = []
    for label in range(len(CLASSES)):
        for group in range(1, spec.train_groups + spec.test_groups + 1):
            split = 'train' if group <= spec.train_groups else 'test'
            extra = 0 if split == 'train' else spec.other_per_group
            for number in range(1, spec.clips_per_group + extra + 1):
                kind = split if number <= spec.clips_per_group else 'other'
                out.append(Clip(label, group, number, kind))
    return out
