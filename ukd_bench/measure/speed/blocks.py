"""Figures taken side by side: turns in interleaved blocks, and ratios with an interval.

What is compared runs in one process and takes turns, so that a machine's slow minutes hit all of it
alike, and is compared within a block.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import cv2
import numpy as np
import torch
from scipy import special

from ...errors import ConfigError

Interval = tuple[float, float, float]
"""Estimate, lower and upper bound."""
Progress = Callable[[int, int], object]
"""Called with (blocks done, blocks in all)."""

_Thing = TypeVar('_Thing')


def begin(**counts: int) -> None:
    """Sets this process to one thread, once the counts are known to give an interval.

    Args:
        **counts: Numbers of times that figures are taken, by the name for complaints.

    Raises:
        ConfigError: a count is below 2.
    """
    for name, value in counts.items():
        if value < 2:
            raise ConfigError(f'{name} is {value}; the measurement needs at least 2')
    torch.set_num_threads(1)
    cv2.setNumThreads(0)


def turns(
    things: Sequence[_Thing], blocks: int, progress: Progress | None = None
) -> Iterator[tuple[int, _Thing]]:
    """Yields (block, thing): every thing once a block, each block beginning with the next one."""
    for block in range(blocks):
        for turn in range(len(things)):
            yield block, things[(block + turn) % len(things)]
        if progress is not None:
            progress(block + 1, blocks)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of a call by the clock, and of this process's processor time."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def ratio_interval(
    numerators: Sequence[float], denominators: Sequence[float], confidence: float = 0.95
) -> Interval:
    """Geometric mean of paired ratios, and its t-interval (on their logarithms, ddof = 1).

    Args:
        numerators: (n,) positive figures, one a block; n of at least 2.
        denominators: (n,) positive figures of the same blocks.
        confidence: Coverage of the interval.
    """
    logs = np.log(np.asarray(numerators) / np.asarray(denominators))
    quantile = special.stdtrit(len(logs) - 1, (1 + confidence) / 2)
    half = float(quantile * logs.std(ddof=1) / math.sqrt(len(logs)))
    mean = float(logs.mean())
    return math.exp(mean), math.exp(mean - half), math.exp(mean + half)
