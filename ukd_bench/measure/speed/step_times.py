"""Times a training step of each method, relative to the plain student's.

All trainings live in one process and take turns. In a turn a training and the plain reference
alternate step by step, so that whatever slows the machine down for longer than a step slows both,
and the ratio of the two sums is the turn's figure. Every training has one turn a block, in rotating
order; the interval is over the blocks.

Large networks do not fit beside each other on one device. There each training takes all its turns
before the next one is made, beside the same reference, which is all that its ratio needs.
"""

import gc
import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

import torch

from ...errors import ConfigError
from ..memory.shortage import out_of_memory
from .blocks import Interval, Progress, begin, ratio_interval, timed, turns
from .method_steps import Training, Variant, Workshop

WARM_UP_STEPS = 3
_PLAIN = Variant('plain', 0)
OK, OOM = 'ok', 'oom'
"""How the measurement of a variant ended: with figures, or out of memory."""


@dataclass
class StepFigures:
    """Figures of one variant; every list has one entry a block, and none where memory ran out.

    Attributes:
        variant: What was measured; ``plain`` is a second plain training, whose ratio shows what
            the measurement resolves.
        steps: Steps a turn, of the variant and of the reference alike.
        wall_s, cpu_s: Seconds of all steps of a turn, by the clock and of processor time.
        plain_wall_s, plain_cpu_s: Seconds of the reference in the same turn.
        status: :data:`OK` or :data:`OOM`.
    """

    variant: Variant
    steps: int = 0
    wall_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    plain_wall_s: list[float] = field(default_factory=list)
    plain_cpu_s: list[float] = field(default_factory=list)
    status: str = OK

    def run_out(self) -> None:
        """Drops what there is: memory ran out."""
        self.steps, self.status = 0, OOM
        for values in (self.wall_s, self.cpu_s, self.plain_wall_s, self.plain_cpu_s):
            values.clear()

    def ratio(self) -> Interval:
        """Step time as a multiple of the reference's: estimate, low and high."""
        return ratio_interval(self.wall_s, self.plain_wall_s)

    def cpu_ratio(self) -> Interval:
        """The ratio in processor time, which other work on the machine disturbs less."""
        return ratio_interval(self.cpu_s, self.plain_cpu_s)

    @property
    def step_s(self) -> float:
        """Seconds of a step by the clock: median over the blocks."""
        return statistics.median(self.wall_s) / self.steps

    @property
    def plain_step_s(self) -> float:
        """Mean step of the reference, by the clock."""
        return sum(self.plain_wall_s) / len(self.plain_wall_s) / self.steps


@dataclass
class _Entry:
    """Figures that are being taken, and the training that they are of until memory runs out."""

    figures: StepFigures
    training: Training | None = None

    @contextmanager
    def or_out_of_memory(self) -> Iterator[None]:
        """Has the figures say so if memory runs out in a block, and drops the training."""
        try:
            yield
        # Whoever finds no memory has an error of its own for it.
        except Exception as problem:
            if out_of_memory(problem) is None:
                raise
            self.figures.run_out()
            self.training = None


def measure_steps(
    workshop: Workshop,
    variants: Sequence[Variant],
    blocks: int,
    turn_s: float,
    progress: Progress | None = None,
    one_at_a_time: bool = False,
) -> list[StepFigures]:
    """Times training steps in this process, with one thread.

    Args:
        workshop: Makes the trainings.
        variants: Methods with their numbers of teachers.
        blocks: Timed turns of each, at least 2.
        turn_s: About how long a turn lasts, two steps of each at least.
        progress: Called with blocks done and blocks in all.
        one_at_a_time: Whether a training is made when the one before it has taken all its turns
            and is gone, so that no two lie in memory beside the reference.

    Raises:
        ConfigError: ``blocks`` is too small, the device is not the one at hand, or has no room for
            the reference.
    """
    begin(blocks=blocks)
    reference = _reference(workshop, variants)
    groups = [[variant] for variant in variants] if one_at_a_time else [[*variants]]
    found: list[StepFigures] = []
    for group in groups:
        done = len(found) * blocks

        def report(block: int, _: int, done: int = done) -> None:
            if progress is not None:
                progress(done + block, blocks * len(groups))

        found += _measure_beside_each_other(workshop, reference, group, blocks, turn_s, report)
        _give_back_memory()
    return found


def _reference(workshop: Workshop, variants: Sequence[Variant]) -> Training:
    """The plain training that all others are compared with, once it is known to fit."""
    laid_out = any(variant.channels_last for variant in variants)
    try:
        training = workshop.train(replace(_PLAIN, channels_last=False) if laid_out else _PLAIN)
        _timed_step(training)
    # As above.
    except Exception as problem:
        if out_of_memory(problem) is None:
            raise
        raise ConfigError(
            f'{workshop.networks.student}: a plain step of {workshop.batch_size} clips runs out of '
            f'memory on {workshop.device}: take a smaller batch size'
        ) from problem
    return training


def _measure_beside_each_other(
    workshop: Workshop,
    reference: Training,
    variants: Sequence[Variant],
    blocks: int,
    turn_s: float,
    progress: Progress,
) -> list[StepFigures]:
    entries = [_Entry(StepFigures(variant)) for variant in variants]
    for entry in entries:
        with entry.or_out_of_memory():
            entry.training = workshop.train(entry.figures.variant)
    for entry in entries:
        if entry.training is not None:
            with entry.or_out_of_memory():
                entry.figures.steps = _steps_a_turn(entry.training, reference, turn_s)
    with no_old_garbage():
        for block, entry in turns(entries, blocks, progress):
            if entry.training is not None:
                with entry.or_out_of_memory():
                    _take_turn(entry.figures, entry.training, reference, first=block % 2)
    return [entry.figures for entry in entries]


def _give_back_memory() -> None:
    """Frees trainings that nobody holds any more, whose parts hold each other."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


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
