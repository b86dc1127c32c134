"""Clips that are made for a measurement."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

from ...data.bars import Bars, no_bars
from ...data.darkroom import CLASSES, PRESETS, make


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

    def make(
        self, root: Path, workers: int, train_only: bool = False, bars: Bars = no_bars
    ) -> None:
        """Makes at least as many clips as asked for, or a few more.

        Args:
            root: Where they go.
            workers: Processes.
            train_only: Whether so many are to train on, beside a few others; else it is half.
            bars: Shows how far it is.
        """
        by_class = self.clips / len(CLASSES)
        groups = max(1, math.ceil(by_class if train_only else by_class / 2))
        spec = replace(
            PRESETS['quick'],
            width=self.width,
            height=self.height,
            fps=30,
            min_frames=self.frames[0],
            max_frames=self.frames[1],
            train_groups=groups,
            test_groups=1 if train_only else groups,
            clips_per_group=1,
        )
        with bars(f'making {self.width}x{self.height}') as update:
            make(root, spec, workers, update)
