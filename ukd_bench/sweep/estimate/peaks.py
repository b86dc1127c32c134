"""Predicted peaks of runs: asked of one process that has torch, once for all that are alike."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ...methods.student_config import method_hook
from ...records.questions import ask
from ..plan import Plan, PlannedRun
from .alike import memory_key


@dataclass(frozen=True)
class PredictedPeak:
    """The most that a run takes, over its phases.

    Attributes:
        allocated_bytes: What its tensors take.
        reserved_bytes: What the caching allocator holds for them; None on the CPU.
        workspace_bytes: What scratch memory may take beside the tensors at most; None where that is
            not known.
        state_bytes: The parameters and buffers that it trains; None where they are not told.
        error: One line on why there is no prediction.
    """

    allocated_bytes: int | None = None
    reserved_bytes: int | None = None
    workspace_bytes: int | None = None
    state_bytes: int | None = None
    error: str | None = None

    @property
    def peak_bytes(self) -> int | None:
        """What counts on the run's device: reserved where that is told, else allocated."""
        return self.allocated_bytes if self.reserved_bytes is None else self.reserved_bytes


def predicted_peaks(
    plan: Plan, runs: Iterable[PlannedRun], say: Callable[[str], None]
) -> dict[str, PredictedPeak]:
    """The peak of each run, by its key.

    Args:
        plan: The plan that the runs are part of.
        runs: Those that count.
        say: Called with a line before a person has to wait.
    """
    alike = {run.spec.key: memory_key(run, plan) for run in runs}
    first: dict[str, PlannedRun] = {}
    for key, kind in alike.items():
        first.setdefault(kind, plan.runs[key])
    jobs = [question(run, plan) for run in first.values()]
    answers = []
    if jobs:
        say(f'predicting peaks: {len(jobs)} kinds of runs')
        answers = ask({'peaks': jobs})['peaks']
    found = dict(zip(first, map(_of_phases, answers), strict=True))
    return {key: found[kind] for key, kind in alike.items()}


def question(run: PlannedRun, plan: Plan) -> dict[str, Any]:
    """What :data:`ukd_bench.runs.answers.QUESTIONS` is told of a run.

    Configs are literals of Python, since JSON would make lists of their tuples.
    """
    config, teachers = run.config, plan.teachers_of(run)
    if run.method.parents == 'stages':
        # A stage finds its teacher in the pool, and all but the first begin with earlier weights.
        teachers = [one for _, one, _ in plan.pools[run.regime][: run.spec.num_teachers]]
        if run.starts_from is not None:
            method_hook(config, run.method, run.label)['previous'] = 'of the stage before'
    return dict(
        config=repr(config.to_dict()),
        method=run.spec.method,
        device=run.spec.device,
        teachers=[repr(one.config.to_dict()) for one in teachers],
    )


def _of_phases(answer: dict[str, Any]) -> PredictedPeak:
    def largest(figure: str) -> int | None:
        told = [phase[figure] for phase in answer['phases'].values() if phase[figure] is not None]
        return max(told, default=None)

    return PredictedPeak(
        largest('allocated_peak_bytes'),
        largest('reserved_peak_bytes'),
        largest('workspace_bound_bytes'),
        answer['state_bytes'],
        answer['error'],
    )
