"""Where a sweep stands, read from its folder while it goes on; nothing is written or locked."""

import time
from collections import Counter
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..errors import ResultsError
from ..files import schema
from ..files.atomic import read_json
from ..files.hashes import Stamp, stamp_of
from ..methods.known import KnownMethods
from ..records.folder import RunPaths, SweepPaths
from ..records.lease import Watch, find_lease
from ..records.process import is_gone
from ..records.record import FINAL_STATUSES, STATUSES
from .loading import load_plan
from .run_status import RecordStamps, RunStatus, of_state, planned_run, seconds_since
from .time_left import TimeLeft, time_left

RUNNING, STOPPED, FINISHED = 'running', 'stopped', 'finished'
"""States of a sweep."""
LOST = ('failed', 'interrupted', 'unreadable')
"""States of runs that are to be carried out again."""
_DEAD_ENDS = ('oom', 'diverged')
"""States of runs that nothing can be built on, and that stay as they are."""

_STATE = schema.table(
    {},
    dict(
        host=schema.line,
        pid=schema.whole,
        jobs=schema.positive,
        started=schema.line,
        finished=schema.maybe(schema.line),
    ),
)


@dataclass(frozen=True)
class SweepStatus:
    """Where a sweep stands. What is not known is None.

    Attributes:
        name: The sweep's name.
        folder: Its folder.
        state: ``running``, while a sweep or a run is at work; ``stopped``, where runs are left that
            can be carried out; ``finished``, where none are.
        host, pid: The sweep's process, while it is at work.
        jobs: Runs at once, as the last call has it.
        elapsed_s: Seconds since the last call began to carry runs out; where it has ended, those
            that it took.
        runs: All runs, parents before children.
        left: Time until the last run ends that can be carried out.
    """

    name: str
    folder: Path
    state: str
    host: str | None
    pid: int | None
    jobs: int | None
    elapsed_s: float | None
    runs: tuple[RunStatus, ...]
    left: TimeLeft

    @property
    def counts(self) -> dict[str, int]:
        """Number of runs in each state; ``unreadable`` is there only where some are."""
        found = Counter(run.status for run in self.runs)
        return {name: found[name] for name in STATUSES} | {
            name: count for name, count in found.items() if name not in STATUSES
        }

    @property
    def running(self) -> list[RunStatus]:
        """Runs that are carried out now."""
        return [run for run in self.runs if run.status == 'running']

    @property
    def errors(self) -> list[RunStatus]:
        """Runs that came to nothing, the last first, then those out of memory or diverged."""
        lost = [run for run in self.runs if run.status in LOST]
        lost.sort(key=lambda run: -run.failed_ns)
        return lost + [run for run in self.runs if run.status in _DEAD_ENDS]

    @property
    def waiting(self) -> list[RunStatus]:
        """Runs that cannot start, because one that they need came to nothing."""
        return [run for run in self.runs if run.waits_on]

    @property
    def is_whole(self) -> bool:
        """Whether no run has failed, was lost, or waits on one that came to nothing."""
        return not self.waiting and not any(run.status in LOST for run in self.runs)


def newest_sweep(results: Path) -> Path:
    """The folder of the sweep that was planned last.

    Args:
        results: Parent of results folders.

    Raises:
        ResultsError: there is none.
    """
    plans = {path: stamp_of(path) for path in results.glob('*/plan.json')}
    stamps = [(stamp[1], path) for path, stamp in plans.items() if stamp is not None]
    if not stamps:
        raise ResultsError(f'{results}: holds no sweep; name the folder of one')
    return max(stamps)[1].parent


class Follower:
    """Looks at a sweep's folder again and again, and reads no plan or record twice.

    Args:
        root: The folder.
    """

    def __init__(self, root: Path) -> None:
        self.paths = SweepPaths(root)
        self._records = RecordStamps()
        self._watch = Watch()
        self._plan: tuple[dict[str, Any], KnownMethods] | None = None
        self._plan_stamp: Stamp | None = None

    def look(self) -> SweepStatus:
        """Where the sweep stands now.

        Raises:
            ResultsError: the folder is absent or empty, or its plan is absent or broken.
        """
        now = datetime.now(UTC)
        plan, methods = self._read_plan()
        told = self._sweep_state()
        works = bool(told.get('host')) and told.get('finished') is None and not is_gone(told)
        runs = self._runs(plan['runs'], now, self._began_ns() if works else 0)
        is_running = works or any(run.status == 'running' for run in runs)
        again = () if is_running else LOST
        runs = _with_waits(runs, {*_DEAD_ENDS, *LOST})
        # The next call carries out again what failed, and after it what waits on it.
        startable = runs if is_running else _with_waits(runs, {*_DEAD_ENDS})
        left = [
            run
            for run in startable
            if run.status in ('pending', 'running', *again) and not run.waits_on
        ]
        state = RUNNING if is_running else STOPPED if left else FINISHED
        jobs, end = told.get('jobs'), told.get('finished')
        elapsed = seconds_since(told.get('started'), _time(end) if end else now)
        at_once = jobs or sum(run.status == 'running' for run in runs)
        return SweepStatus(
            name=plan['name'],
            folder=self.paths.root,
            state=state,
            host=told.get('host') if works else None,
            pid=told.get('pid') if works else None,
            jobs=jobs,
            # When one that was killed ended is not known.
            elapsed_s=elapsed if works or end else None,
            runs=tuple(runs),
            left=time_left(runs, left, at_once, _work_by(methods)),
        )

    def _read_plan(self) -> tuple[dict[str, Any], KnownMethods]:
        stamp = stamp_of(self.paths.plan)
        if self._plan is None or stamp != self._plan_stamp:
            try:
                self._plan = load_plan(self.paths)
            except ResultsError:
                # It may be written right now, on a file system whose renames are seen late.
                time.sleep(0.2)
                self._plan = load_plan(self.paths)
            self._plan_stamp = stamp
        return self._plan

    def _sweep_state(self) -> dict[str, Any]:
        """What the last sweep in the folder tells of itself; nothing where that cannot be read."""
        try:
            told = read_json(self.paths.state)
        except ResultsError:
            return {}
        return {} if schema.first_misfit(_STATE, told) else dict(told)

    def _began_ns(self) -> int:
        stamp = stamp_of(self.paths.state)
        return stamp[1] if stamp else 0

    def _runs(self, rows: list[dict[str, Any]], now: datetime, began_ns: int) -> list[RunStatus]:
        students = {row['key']: row['student'] for row in rows}
        runs = []
        for row in rows:
            network = row['student']
            if row['method'] == 'bank':
                network = students.get(next(iter(row['parents']), ''))
            planned = planned_run(row, network)
            paths = RunPaths(self.paths.root / row['folder'])
            run = self._records.settled(planned, row, paths) or of_state(planned, paths, now)
            if run.status == 'running':
                run = self._alive(run, paths)
            # The sweep at work carries out again what an earlier one left.
            runs.append(planned if run.status in LOST and run.failed_ns < began_ns else run)
        return runs

    def _alive(self, run: RunStatus, paths: RunPaths) -> RunStatus:
        """A run that says it is under way, or what becomes of one whose host has fallen silent."""
        found = find_lease(paths)
        if found is None or found.is_released or not self._watch.is_free(paths, found):
            return run
        silent, stamp = f'{found.holder} gives no sign of life', stamp_of(paths.state)
        written = stamp[1] if stamp else 0
        return replace(run, status='interrupted', problem=silent, failed_ns=written)


def _with_waits(runs: Iterable[RunStatus], blocking: Container[str]) -> list[RunStatus]:
    """The runs, with those of them that each waits on.

    Args:
        runs: Runs, parents before children.
        blocking: States of runs that what needs them waits on.
    """
    found: dict[str, RunStatus] = {}
    for run in runs:
        waits_on: dict[str, None] = {}
        for parent in (found[key] for key in run.parents if key in found):
            # What is finished needs its parents no more.
            if run.status not in FINAL_STATUSES:
                own = [parent.key] if parent.status in blocking else []
                waits_on.update(dict.fromkeys(own or parent.waits_on))
        found[run.key] = replace(run, waits_on=tuple(waits_on))
    return [*found.values()]


def _work_by(methods: KnownMethods) -> Callable[[RunStatus], float]:
    def work(run: RunStatus) -> float:
        method, _, _, num_teachers, epochs = run.kind
        return methods.row(method).work(epochs, num_teachers)

    return work


def _time(told: str) -> datetime:
    try:
        return datetime.fromisoformat(told)
    except ValueError:
        return datetime.now(UTC)
