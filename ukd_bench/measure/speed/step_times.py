"""Times a training step of each method, relative to the plain student's.

All trainings live in one process and take turns. In a turn a training and the plain reference
alternate step by step, so that whatever slows the machine down for longer than a step slows both,
and the ratio of the two sums is the turn's figure. Every training has one turn a block, in rotating
order; the interval is over the blocks.
"""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from .blocks import Interval, Progress, begin, ratio_interval, timed, turns
from .method_steps import Training, Variant, Workshop

WARM_UP_STEPS = 3
_PLAIN = Variant('plain', 0)


@dataclass(frozen=True)
class StepFigures:
    """Figures of one variant; every list has one entry a block.

    Attributes:
        variant: What was measured; ``plain`` is a second plain training, whose ratio shows what
            the measurement resolves.
        steps: Steps a turn, of the variant and of the reference alike.
        wall_s, cpu_s: Seconds of all steps of a turn, by the clock and of processor time.
        plain_wall_s, plain_cpu_s: Seconds of the reference in the same turn.
    """

    variant: Variant
    steps: int
    wall_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    plain_wall_s: list[float] = field(default_factory=list)
    plain_cpu_s: list[float] = field(default_factory=list)

    def ratio(self) -> Interval:
        """Step time as a multiple of the reference's: estimate, low and high."""
        return ratio_interval(self.wall_s, self.plain_wall_s)

    def cpu_ratio(self) -> Interval:
        """The ratio in processor time, which other work on the machine disturbs less."""
        return ratio_interval(self.cpu_s, self.plain_cpu_s)

    @property
    def plain_step_s(self) -> float:
        """Mean step of the reference, by the clock."""
        return sum(self.plain_wall_s) / len(self.plain_wall_s) / self.steps


def measure_steps(
    workshop: Workshop,
    variants: Sequence[Variant],
    blocks: int,
    turn_s: float,
    progress: Progress | None = None,
) -> list[StepFigures]:
    """Times training steps in this process, with one thread.

    Args:
        workshop: Makes the trainings.
        variants: Methods with their numbers of teachers.
        blocks: Timed turns of each, at least 2.
        turn_s: About how long a turn lasts, two steps of each at least.
        progress: Called with blocks done and blocks in all.

    Raises:
        ConfigError: ``blocks`` is too small, or the device is not the one at hand.
    """
    begin(blocks=blocks)
    laid_out = any(variant.channels_last for variant in variants)
    reference = workshop.train(replace(_PLAIN, channels_last=False) if laid_out else _PLAIN)
    trainings = [workshop.train(variant) for variant in variants]
    figures = [
        StepFigures(variant, _steps_a_turn(training, reference, turn_s))
        for variant, training in zip(variants, trainings, strict=True)
    ]
    measured = list(zip(figures, trainings, strict=True))
    with no_old_garbage():
        for block, (figure, training) in turns(measured, blocks, progress):
            _take_turn(figure, training, reference, first=block % 2)
    return figures


def _take_turn(figures: StepFigures, training: Training, reference: Training, first: int) -> None:
    both = (reference, training)
    wall, cpu = [0.0, 0.0], [0.0, 0.0]
    for n in range(figures.steps):
        # Who goes first alternates too, so that what a step leaves in the caches favours neither.
        for side in ((n + first) % 2, (n + first + 1) % 2):
            wall_s, cpu_s = _timed_step(both[side])
            wall[side] += wall_s
            cpu[side] += cpu_s
    figures.plain_wall_s.append(wall[0])
    figures.wall_s.append(wall[1])
    figures.plain_cpu_s.append(cpu[0])
    figures.cpu_s.append(cpu[1])


def _timed_step(training: Training) -> tuple[float, float]:
    """Seconds of one step by the clock and of processor time, without drawing its batch."""
    return timed(partial(training.step, training.draw()))


def _steps_a_turn(training: Training, reference: Training, turn_s: float) -> int:
    """Warms both up, and says how many of their steps last about ``turn_s``."""
    both = (reference, training)
    for _ in range(WARM_UP_STEPS):
        walls = [_timed_step(each)[0] for each in both]
    return max(2, round(turn_s / sum(walls)))


@contextmanager
def no_old_garbage() -> Iterator[None]:
    """Keeps the garbage collector from looking through what exists by now.

    A process that trains one network has little to look through; here dozens of Runners would be
    looked through in somebody's step.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
