"""What a sweep's own display shows of its runs, from their folders and from those that ended."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from ..errors import ResultsError
from ..methods.table import TRAINS_NOTHING
from ..records.record import read_record
from ..results.run_status import RunStatus, largest_peak, of_state
from ..results.time_left import time_left
from ..sweep.display import HowFar, Seen
from ..sweep.finished import SweepState
from ..sweep.plan import PlannedRun

_ENOUGH = 3
"""Records of earlier calls that are read of each kind of run, for how long such a run takes."""


class SweepWatch:
    """Reads the states of runs that are under way, and each record of this call once.

    Args:
        state: The plan and its folder, refreshed.
        jobs: Runs at once.
    """

    def __init__(self, state: SweepState, jobs: int) -> None:
        self._state = state
        self._jobs = jobs
        self._runs = {key: _planned(run, state) for key, run in state.plan.runs.items()}
        self._work = {key: run.work for key, run in state.plan.runs.items()}
        self._running: set[str] = set()
        self._known: Counter[tuple] = Counter()
        self._peak: tuple[int, str] | None = None

    def started(self, run: PlannedRun) -> None:
        """Takes note of a run that is under way."""
        self._running.add(run.spec.key)

    def ended(self, run: PlannedRun, status: str) -> None:
        """Takes note of how a run ended, and of what it took where that helps."""
        key = run.spec.key
        was_here = key in self._running
        self._running.discard(key)
        now = replace(self._runs[key], status=status)
        if status == 'done' and (was_here or self._known[now.kind] < _ENOUGH):
            try:
                record = read_record(self._state.folder(run).record)
            except ResultsError:
                pass
            else:
                now = replace(now, wall_s=record['time'].get('wall_s'))
                self._known[now.kind] += 1
                if was_here:
                    self._note_peak(largest_peak(record['memory']), now.label)
        self._runs[key] = now

    def look(self, running: Sequence[PlannedRun]) -> Seen:
        """Looks at the folders of the runs that are under way."""
        now, found = datetime.now(UTC), {}
        runs = dict(self._runs)
        for run in running:
            key = run.spec.key
            told = of_state(self._runs[key], self._state.own_folder(run), now)
            if told.status != 'running':
                # It has not said a word yet, or has just said its last.
                told = self._runs[key]
            runs[key] = replace(told, status='running')
            self._note_peak(told.peak_bytes, told.label)
            found[key] = _how_far(told)
        left = [one for one in runs.values() if one.status in ('pending', 'running')]
        seconds = time_left([*runs.values()], left, self._jobs, lambda one: self._work[one.key])
        return Seen(found, seconds.seconds, self._peak)

    def _note_peak(self, peak: int | None, label: str) -> None:
        if peak is not None and (self._peak is None or peak > self._peak[0]):
            self._peak = peak, label


def _planned(run: PlannedRun, state: SweepState) -> RunStatus:
    spec, network = run.spec, run.spec.student
    if spec.method == 'bank':
        network = state.plan.made[spec.parents[0]].spec.student
    return RunStatus(
        key=spec.key,
        label=run.label,
        method=spec.method,
        folder=run.folder,
        parents=spec.parents,
        status='pending',
        kind=(spec.method, network, spec.teacher, spec.num_teachers, spec.epochs),
    )


def _how_far(told: RunStatus) -> HowFar:
    if told.method in TRAINS_NOTHING:
        return HowFar(told.view, told.views, None, told.peak_bytes, of_views=True)
    return HowFar(told.epoch, told.epochs, told.loss, told.peak_bytes)
