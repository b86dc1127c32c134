"""Clips that are made for a measurement."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

from ..command_line import progress_bar
from ..datasets.darkroom import CLASSES, PRESETS, make


@dataclass(frozen=True)
class Synthetic:
    """DarkRoom clips that are made for the measurement.

    Attributes:
        width, height: Pixels.
        frames: Of the shortest and the longest clip.
        clips: How many.
    """

    width: int = 96
    height: int = 72
    frames: tuple[int, int] = (24, 36)
    clips: int = 44

    def make(self, root: Path, workers: int) -> None:
        """Makes at least as many clips as asked for, half of them to train on."""
        groups = max(1, math.ceil(self.clips / len(CLASSES) / 2))
        spec = replace(
            PRESETS['quick'],
            width=self.width,
            height=self.height,
            fps=30,
            min_frames=self.frames[0],
            max_frames=self.frames[1],
            train_groups=groups,
            test_groups=groups,
            clips_per_group=1,
        )
        with progress_bar(f'making {self.width}x{self.height}') as update:
            make(root, spec, workers, update)
