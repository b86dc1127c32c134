"""How long runs will take, by the runs that came before, and their queue as a whole."""

import heapq
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...methods.table import METHOD_TABLE, RUN_KINDS
from ..finished import SweepState
from ..plan import Plan, PlannedRun
from ..queue import Queue
from .earlier_runs import EarlierRun, network_of


@dataclass(frozen=True)
class Duration:
    """How long a run will take.

    Attributes:
        seconds: The median of earlier runs.
        is_scaled: Whether these were others, whose time was scaled by the work of their methods.
        devices: Names of the devices that they ran on.
    """

    seconds: float
    is_scaled: bool
    devices: tuple[str, ...]


def duration_of(
    run: PlannedRun, plan: Plan, own: Sequence[EarlierRun], published: Sequence[EarlierRun]
) -> Duration | None:
    """How long a run will take; None where no earlier run tells.

    Args:
        run: A run that is to be carried out.
        plan: Its plan.
        own: Finished runs in the sweep's own folder, which are asked first.
        published: Those of published sweeps on a device of the same name.
    """
    network = network_of(run, plan)
    rows = METHOD_TABLE | RUN_KINDS | {one.method.name: one.method for one in plan.runs.values()}
    for earlier in (own, published):
        alike = [
            (one, rows[one.method].work(one.epochs, one.num_teachers))
            for one in earlier
            if one.wall_s is not None
            and (one.network, one.kind, one.data) == (network, run.spec.device, run.data.name)
            and one.method in rows
        ]
        if found := _nearest(run, alike):
            return found
    return None


def queue_seconds(state: SweepState, seconds: Mapping[str, float], capacity: int) -> float:
    """How long all runs that are not finished take from the first start to the last end.

    Args:
        state: A plan and its folder, refreshed.
        seconds: How long each of these runs takes, by its key.
        capacity: Runs at once; one that trains in several processes counts as so many.
    """
    queue, under_way, now = Queue(state), list[tuple[float, str]](), 0.0
    free = capacity
    while queue.waiting or under_way:
        queue.settle()
        while free > 0 and (run := queue.take()) is not None:
            if run.spec.processes > free and under_way:
                queue.put_back(run)
                break
            free -= run.spec.processes
            heapq.heappush(under_way, (now + seconds[run.spec.key], run.spec.key))
        if under_way:
            now, key = heapq.heappop(under_way)
            free += state.plan.runs[key].spec.processes
            queue.outcome.statuses[key] = 'done'
    return now


def _nearest(run: PlannedRun, alike: Sequence[tuple[EarlierRun, float]]) -> Duration | None:
    """By the runs that are most like a run, of those of its network, videos and kind of device."""
    spec, work = run.spec, run.work
    shape = spec.num_teachers, spec.epochs
    same = [
        one
        for one, _ in alike
        if (one.method, one.num_teachers, one.epochs) == (spec.method, *shape)
    ]
    # What a teacher sees, such as flow, has a time of its own.
    if same := [one for one in same if one.teacher == spec.teacher] or same:
        return _median([(one, one.wall_s or 0.0) for one in same], is_scaled=False)

    def distance(one: EarlierRun, its_work: float) -> tuple[bool, float]:
        return one.method != spec.method, abs(math.log(work / its_work))

    scalable = [(one, its_work) for one, its_work in alike if work > 0 and its_work > 0]
    if not scalable:
        return None
    least = min(distance(*one) for one in scalable)
    near = [one for one in scalable if distance(*one) == least]
    return _median([(one, (one.wall_s or 0.0) * work / its) for one, its in near], is_scaled=True)


def _median(timed: Sequence[tuple[EarlierRun, float]], is_scaled: bool) -> Duration:
    devices = tuple(dict.fromkeys(one.device for one, _ in timed))
    return Duration(statistics.median(seconds for _, seconds in timed), is_scaled, devices)
