"""The estimate of a sweep: what each run that is to come takes, and what all of them do."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from ..executors.devices import Devices
from ..finished import SweepState
from ..plan import Plan, PlannedRun
from .disk import SharedDisk, Videos, run_bytes, shared_bytes
from .duration import Duration, duration_of, queue_seconds
from .earlier_runs import earlier_runs, reference_runs
from .limit import MemoryLimit, Needs, memory_limit, perhaps_too_large, too_large
from .peaks import PredictedPeak, predicted_peaks


@dataclass(frozen=True)
class RunEstimate:
    """What a run takes.

    Attributes:
        run: A run that is to be carried out.
        peak: Its peak of memory.
        disk_bytes: Its checkpoint or bank; None where that is not known.
        duration: How long it takes; None where that is not known.
    """

    run: PlannedRun
    peak: PredictedPeak
    disk_bytes: int | None
    duration: Duration | None


@dataclass(frozen=True)
class Estimate:
    """What a sweep takes.

    Attributes:
        plan: Its plan.
        runs: The runs that are to be carried out, in the order of the plan.
        shared: Disk that all runs share.
        devices: What they compute on.
        limit: Memory that there is for a run, or on the CPU for all.
        jobs: Runs at once.
        seconds: From the first start to the last end; None where a run's time is not known.
        sharing: Runs that come to share a GPU.
    """

    plan: Plan
    runs: tuple[RunEstimate, ...]
    shared: SharedDisk
    devices: Devices
    limit: MemoryLimit
    jobs: int
    seconds: float | None
    sharing: int = 1

    @property
    def num_finished(self) -> int:
        """Runs of the plan that need not be carried out."""
        return len(self.plan.runs) - len(self.runs)

    @cached_property
    def misfits(self) -> list[str]:
        """A line on each kind of run that cannot fit the memory."""
        return too_large(self._needs, self.limit)

    @cached_property
    def tight(self) -> list[str]:
        """A line on each kind of run that fits alone, and may not with what else there may be."""
        at_once = Counter(what(one.run, self.plan) for one in self.runs)
        kind = self.devices.kind
        beside = self.sharing if kind == 'cuda' else self.jobs
        return perhaps_too_large(self._needs, self.limit, at_once, beside, kind)

    @cached_property
    def _needs(self) -> list[Needs]:
        found: dict[str, Needs] = {}
        for one in self.runs:
            if one.peak.peak_bytes is not None:
                name = what(one.run, self.plan)
                needs = Needs(name, one.peak.peak_bytes, one.peak.workspace_bytes or 0)
                found[name] = max(found.get(name, needs), needs, key=lambda known: known.peak)
        return [*found.values()]


def estimate(
    state: SweepState,
    devices: Devices,
    jobs: int,
    cache_gib: float,
    limit_bytes: int | None = None,
    say: Callable[[str], None] = print,
    sharing: int = 1,
) -> Estimate:
    """Estimates what is left of a sweep. Nothing is made or trained.

    Args:
        state: The plan and its folder, refreshed.
        devices: What its runs compute on; they may not be here.
        jobs: Runs at once.
        cache_gib: GiB that cached frames may take.
        limit_bytes: Memory that a run may take; None is what the device has.
        say: Called with a line before a person has to wait.
        sharing: Runs that come to share a GPU.

    Raises:
        UkdBenchError: the process that predicts peaks died, or the videos cannot be read.
    """
    plan = state.plan
    runs = [run for key, run in plan.runs.items() if not state.is_finished(key)]
    own, published = earlier_runs(state.paths.root), reference_runs()
    # What another machine takes says nothing of this one.
    of_device = [one for one in published if one.device == devices.name]
    peaks = predicted_peaks(plan, runs, say)
    videos = {id(data): Videos(data) for data in plan.datasets}
    estimates = tuple(
        RunEstimate(
            run,
            peaks[run.spec.key],
            run_bytes(run, videos[id(run.data)], own, peaks[run.spec.key].state_bytes),
            duration_of(run, plan, own, of_device),
        )
        for run in runs
    )
    # A sweep whose runs are all finished makes neither.
    shared = SharedDisk(0, 0)
    if runs:
        shared = shared_bytes(plan, videos, [*own, *published], cache_gib)
    seconds = {
        one.run.spec.key: one.duration.seconds for one in estimates if one.duration is not None
    }
    whole = queue_seconds(state, seconds, jobs) if len(seconds) == len(runs) else None
    limit = memory_limit(devices, limit_bytes)
    return Estimate(plan, estimates, shared, devices, limit, jobs, whole, sharing)


def what(run: PlannedRun, plan: Plan) -> str:
    """What a person calls a run and those that differ from it in their seed alone."""
    spec = run.spec
    count = f'K={spec.num_teachers}' if spec.num_teachers else ''
    regime = plan.regimes_of(run)[0]
    where = f'({regime})' if regime != plan.first_regime else ''
    return ' '.join(filter(None, (spec.method, count, spec.teacher or spec.student, where)))
