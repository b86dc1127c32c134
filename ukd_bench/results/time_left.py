"""How long the runs of a sweep will take that are left, by those that it has carried out."""

import heapq
import statistics
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .run_status import RunStatus


@dataclass(frozen=True)
class TimeLeft:
    """Time until the last run ends, and how it is reckoned.

    Attributes:
        seconds: The time; None where that of a run is not known.
        by_kind: Runs whose time is that of finished ones of their kind, or of their own epochs.
        by_work: Runs whose time is that of others, by the rough work of each.
        unknown: Runs whose time is not known.
    """

    seconds: float | None
    by_kind: int = 0
    by_work: int = 0
    unknown: int = 0


def time_left(
    runs: Sequence[RunStatus],
    left: Sequence[RunStatus],
    jobs: int,
    work: Callable[[RunStatus], float],
) -> TimeLeft:
    """Reckons how long it takes until the last run ends.

    Args:
        runs: All runs of the sweep, parents before children.
        left: Those that run or are to start, in the same order.
        jobs: Runs at once.
        work: Rough work of a run, as the plan has it.
    """
    same: dict[tuple, list[float]] = defaultdict(list)
    rates: dict[str | None, list[float]] = defaultdict(list)
    every: list[float] = []
    for run in runs:
        took = run.pace[0] if run.pace else run.wall_s if run.status == 'done' else None
        if took is not None:
            same[run.kind].append(took)
            if amount := work(run):
                rates[run.kind[1]].append(took / amount)
                every.append(took / amount)
    # Each once: thousands that are left may have thousands that are alike.
    usual = {kind: statistics.median(took) for kind, took in same.items()}
    rate_of = {network: statistics.median(rate) for network, rate in rates.items()}
    of_all = statistics.median(every) if every else None
    seconds: dict[str, float] = {}
    by_work = 0
    for run in left:
        alike = run.pace[0] if run.pace else usual.get(run.kind)
        rate = rate_of.get(run.kind[1], of_all)
        if alike is not None:
            whole = alike
        elif rate is not None and (amount := work(run)):
            whole = rate * amount
            by_work += 1
        else:
            continue
        spent = run.pace[1] if run.pace else run.elapsed_s or 0.0
        seconds[run.key] = max(0.0, whole - spent)
    unknown = len(left) - len(seconds)
    whole_time = _queue_seconds(left, seconds, jobs) if not unknown else None
    return TimeLeft(whole_time, len(seconds) - by_work, by_work, unknown)


def _queue_seconds(left: Sequence[RunStatus], seconds: Mapping[str, float], jobs: int) -> float:
    """Time until the last run ends, where those start first that the longest chain hangs on."""
    children: dict[str, list[str]] = defaultdict(list)
    needs: dict[str, int] = {}
    for run in left:
        parents = [key for key in run.parents if key in seconds]
        needs[run.key] = len(parents)
        for parent in parents:
            children[parent].append(run.key)
    chains: dict[str, float] = {}
    for run in reversed(left):
        after = max((chains.get(child, 0.0) for child in children[run.key]), default=0.0)
        chains[run.key] = seconds[run.key] + after
    running = [run.key for run in left if run.status == 'running']
    under_way, now = [(seconds[key], key) for key in running], 0.0
    heapq.heapify(under_way)
    ready = [(-chains[key], key) for key, count in needs.items() if not count]
    ready = [one for one in ready if one[1] not in {*running}]
    heapq.heapify(ready)
    while ready or under_way:
        while ready and len(under_way) < max(jobs, 1):
            _, key = heapq.heappop(ready)
            heapq.heappush(under_way, (now + seconds[key], key))
        now, key = heapq.heappop(under_way)
        for child in children[key]:
            needs[child] -= 1
            if not needs[child] and child not in running:
                heapq.heappush(ready, (-chains[child], child))
    return now
