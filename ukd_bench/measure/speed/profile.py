"""Tells what a plain training step spends its time on, by torch's profiler.

Profiled and other steps take turns. That third of the pairs counts in which the clock was least
ahead of the process's own time, so that little else had the processor. The time of every operator
goes to the part of the step that it, or the nearest of what it is called by, belongs to; what is
left of a step that is not profiled lies between operators.
"""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from torch.profiler import ProfilerActivity, profile, record_function

from ...enhance import preprocessor
from .blocks import Progress, begin, timed
from .method_steps import Training, Variant, Workshop
from .step_times import no_old_garbage

MAIN = ('convolution', 'batch normalisation', 'clip normalisation', 'pooling', 'optimizer')
"""The parts that a step is made for."""
_PARTS = {
    'conv': 'convolution',
    'batch_norm': 'batch normalisation',
    'batchnorm': 'batch normalisation',
    'pool': 'pooling',
    'optimizer': 'optimizer',
    'relu': 'activation',
    'threshold': 'activation',
}
"""Parts by what the names of their operators hold."""
_NAMED = {
    'clips': 'stacking and enhancing clips',
    'clip_normalisation': 'clip normalisation',
    'network': 'sums of features, and Python between layers',
    'head': 'head and loss',
    'hooks': 'hooks',
}
"""Parts by the names that are given to stretches of the step."""
_OTHERS, _BETWEEN = 'other operators', 'Python between operators'
_WARM_UP_STEPS = 5


@dataclass
class StepProfile:
    """What a step's time goes to.

    Attributes:
        steps_s: Seconds of every step that was not profiled, by the clock and of processor time.
        profiled_steps_s: The same of every profiled step.
        parts_s: Seconds of each part of a step, mean over the pairs that count.
        step_s: Mean of the steps of these pairs that were not profiled, by the clock; the parts
            add up to it.
    """

    steps_s: list[tuple[float, float]] = field(default_factory=list)
    profiled_steps_s: list[tuple[float, float]] = field(default_factory=list)
    parts_s: dict[str, float] = field(default_factory=dict)
    step_s: float = 0.0

    @property
    def shares(self) -> dict[str, float]:
        """Share of each part in the step, the largest first; they add up to 1."""
        ordered = sorted(self.parts_s.items(), key=lambda part: -part[1])
        return {name: seconds / self.step_s for name, seconds in ordered}

    @property
    def main_share(self) -> float:
        """Share of :data:`MAIN` together."""
        return sum(self.shares[name] for name in MAIN)


def profile_steps(
    workshop: Workshop, variant: Variant, steps: int, progress: Progress | None = None
) -> StepProfile:
    """Profiles steps of a training on the CPU, with one thread.

    Args:
        workshop: Makes the training.
        variant: What is trained.
        steps: Steps of either kind, at least 2.
        progress: Called with steps done and steps in all.

    Raises:
        ConfigError: ``steps`` is too small.
    """
    begin(steps=steps)
    training = workshop.train(variant)
    found = StepProfile()
    parts = []
    with no_old_garbage(), _named_stretches(training):
        for _ in range(_WARM_UP_STEPS):
            training.step(training.draw())
        for step in range(steps):
            found.steps_s.append(_timed_step(training))
            with profile(activities=[ProfilerActivity.CPU], acc_events=True) as profiler:
                found.profiled_steps_s.append(_timed_step(training))
            parts.append(_by_part(profiler))
            if progress is not None:
                progress(step + 1, steps)
    pairs = zip(found.steps_s, found.profiled_steps_s, strict=True)
    counted = _undisturbed([*pairs])
    found.step_s = sum(found.steps_s[n][0] for n in counted) / len(counted)
    for name in dict.fromkeys([*_PARTS.values(), *_NAMED.values(), _OTHERS]):
        found.parts_s[name] = sum(parts[n][name] for n in counted) / len(counted)
    # The profiler's own work lies between operators, and in no other step.
    found.parts_s[_BETWEEN] = found.step_s - sum(found.parts_s.values())
    return found


def _timed_step(training: Training) -> tuple[float, float]:
    return timed(partial(training.step, training.draw()))


def _undisturbed(pairs: list[tuple[tuple[float, float], tuple[float, float]]]) -> list[int]:
    """The third of the pairs of steps in which the clock was least ahead of the processor."""
    ahead = [sum(wall - cpu for wall, cpu in pair) for pair in pairs]
    return sorted(range(len(ahead)), key=ahead.__getitem__)[: max(1, len(ahead) // 3)]


def _by_part(profiler: profile) -> Counter[str]:
    """Seconds by part of all events of one step."""
    parts: Counter[str] = Counter()
    for event in profiler.events() or ():
        parts[_part(event)] += event.self_cpu_time_total / 1e6
    return parts


def _part(event: Any) -> str:
    while event is not None:
        name = event.name.lower()
        if name in _NAMED:
            return _NAMED[name]
        for word, part in _PARTS.items():
            if word in name:
                return part
        event = event.cpu_parent
    return _OTHERS


@contextlib.contextmanager
def _named_stretches(training: Training) -> Iterator[None]:
    """Gives stretches of a training's steps their names among the profiler's events."""
    model = training.runner.model
    stretches = [
        (model.data_preprocessor, 'forward', 'clips'),
        (preprocessor, 'standardize_clips', 'clip_normalisation'),
        (model.backbone, 'forward', 'network'),
        (model.cls_head, 'loss', 'head'),
        (training.runner, 'call_hook', 'hooks'),
    ]
    before = [getattr(owner, attribute) for owner, attribute, _ in stretches]
    for (owner, attribute, name), function in zip(stretches, before, strict=True):
        setattr(owner, attribute, _named(name, function))
    try:
        yield
    finally:
        for (owner, attribute, _), function in zip(stretches, before, strict=True):
            setattr(owner, attribute, function)


def _named(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any, **options: Any) -> Any:
        with record_function(name):
            return function(*arguments, **options)

    return call
