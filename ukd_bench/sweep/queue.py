"""The queue of a plan: what may start next, how runs ended, and what is skipped because of that."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import ResultsError
from ..files.atomic import read_json, write_json
from ..files.hashes import Stamp, stamp_of
from ..records.folder import RunPaths
from ..records.lease import Watch, find_lease
from ..records.record import FINAL_STATUSES
from .finished import SweepState
from .plan import Plan, PlannedRun

MOST_ATTEMPTS = 3
"""How often a call of a sweep starts a run that is interrupted again and again."""

AGAIN = 'again'
"""What :meth:`Queue.end` says of a run that will be started once more."""

HELD = 'held'
"""What it says of one that another process carries out."""


@dataclass
class Outcome:
    """How a sweep's runs ended, by key."""

    statuses: dict[str, str] = field(default_factory=dict)

    @property
    def lost(self) -> list[str]:
        """Keys of runs without a result."""
        return [key for key, s in self.statuses.items() if s not in FINAL_STATUSES]


class Queue:
    """The runs of a plan that have not ended yet, those first that most work hangs on.

    Args:
        state: The plan and its folder, refreshed.
        ahead: Whether runs are given out while those that they need are under way.

    Attributes:
        waiting: Runs that need a process and were not taken, first ones first.
        under_way: Those that were taken, by key.
        elsewhere: Those that other processes carry out, by key.
        outcome: How the others ended, as far as they have.
    """

    def __init__(self, state: SweepState, ahead: bool = False) -> None:
        self._state = state
        self._ahead = ahead
        priority = _critical_paths(state.plan)
        self.waiting = sorted(state.plan.runs.values(), key=lambda run: -priority[run.spec.key])
        self.under_way: dict[str, PlannedRun] = {}
        self.elsewhere: dict[str, PlannedRun] = {}
        self.outcome = Outcome()
        self._attempts: dict[str, int] = {}
        # How processes ended whose runs were held then: by another process or, as a host that has
        # died lets go of nothing, by themselves.
        self._ended_held: dict[str, str] = {}
        # A failure that is not there now is one of another sweep at work.
        self._before = {run.spec.key: self._stamp(run) for run in self.waiting}

    @property
    def not_handed_over(self) -> int:
        """Number of runs that have no result and are not under way here."""
        return len(self.waiting) + len(self.elsewhere) + len(self.outcome.lost)

    def settle(self) -> list[tuple[PlannedRun, str]]:
        """Takes out the runs that need no process (any more), with the status of each."""
        settled = []
        # Parents come before children, so one round is enough.
        for run in list(self.waiting):
            status = self._settled(run)
            if status is not None:
                self.waiting.remove(run)
                self.outcome.statuses[run.spec.key] = status
                settled.append((run, status))
        return settled

    def take(self) -> PlannedRun | None:
        """Takes out the first run that may start now."""
        ready = next((run for run in self.waiting if self._may_start(run)), None)
        if ready is not None:
            self.waiting.remove(ready)
            self.under_way[ready.spec.key] = ready
        return ready

    def parents_under_way(self, run: PlannedRun) -> tuple[str, ...]:
        """Keys of the runs that a run needs and that have not ended."""
        return tuple(key for key in run.spec.parents if key in self.under_way)

    def failed_elsewhere(self, run: PlannedRun) -> bool:
        """Whether a run has failed in another sweep since this one began."""
        if self._stamp(run) == self._before[run.spec.key]:
            return False
        return self._state.left_state(run).get('status') == 'failed'

    def put_back(self, run: PlannedRun) -> None:
        """Has a run that was taken wait until there is room for it."""
        self.waiting.insert(0, self.under_way.pop(run.spec.key))

    def fail(self, run: PlannedRun) -> str:
        """Notes that a run that was taken could not start, and returns its status."""
        return self._end_as(run, 'failed')

    def postpone(self, run: PlannedRun) -> None:
        """Sets a run that was taken aside, since another process carries it out."""
        self.elsewhere[run.spec.key] = self.under_way.pop(run.spec.key)

    def come_back(self, run: PlannedRun) -> str | None:
        """Notes how a run ended that another process has carried out.

        Returns:
            Its status; None where it has come to no end there, and waits here again.
        """
        del self.elsewhere[run.spec.key]
        words = self._ended_held.pop(run.spec.key, None)
        if self._state.is_finished(run.spec.key):
            return self._end_as(run, self._state.status(run))
        if self.failed_elsewhere(run):
            return self._end_as(run, 'failed')
        if words is not None and not self._try_again(run):
            return self._lose(run, words)
        self.waiting.insert(0, run)
        return None

    def end(self, run: PlannedRun, words: str, again: bool = False) -> str:
        """Notes how a run ended, as its folder has it, and returns its status.

        Args:
            run: One that was taken.
            words: How its process ended, for where it had no time to say so itself.
            again: Whether it is to be started again where it had none.

        Returns:
            Its status; :data:`AGAIN` where it waits again, :data:`HELD` where another process has
            it.
        """
        key = run.spec.key
        if self._state.look_again(run):
            return self._end_as(run, self._state.status(run))
        parents = self._parents(run)
        if any(status not in (None, 'done') for status in parents):
            return self._end_as(run, 'skipped')
        left = self._state.left_state(run).get('status')
        if left == 'failed':
            return self._end_as(run, 'failed')
        if self._is_held(run):
            if words:
                self._ended_held[key] = words
            self.postpone(run)
            return HELD
        if None in parents:
            # It was handed over ahead of what it needs, and that is to be had once more.
            return self._wait_again(run)
        if left == 'interrupted' or again:
            return (
                self._wait_again(run) if self._try_again(run) else self._end_as(run, 'interrupted')
            )
        return self._lose(run, words)

    def _try_again(self, run: PlannedRun) -> bool:
        """Counts a start that came to nothing; returns whether there may be one more."""
        key = run.spec.key
        self._attempts[key] = self._attempts.get(key, 0) + 1
        return self._attempts[key] < MOST_ATTEMPTS

    def _lose(self, run: PlannedRun, words: str) -> str:
        """Says in the folder of a run why it has failed, which had no time to say so itself."""
        # One that was killed has said nothing since; one that ended before its first word left the
        # folder as it was.
        left = self._state.left_state(run).get('status')
        refusal = self._state.refusal(run) if left in FINAL_STATUSES else None
        error = dict(type='Killed', message=words)
        if refusal is not None:
            error = dict(type='Refused', message=f'not believed: {refusal.words}')
        write_json(self._state.own_folder(run).state, dict(status='failed', error=error))
        return self._end_as(run, 'failed')

    def _end_as(self, run: PlannedRun, status: str) -> str:
        self.under_way.pop(run.spec.key, None)
        self.outcome.statuses[run.spec.key] = status
        return status

    def _wait_again(self, run: PlannedRun) -> str:
        self.put_back(run)
        return AGAIN

    def _stamp(self, run: PlannedRun) -> Stamp | None:
        return stamp_of(self._state.own_folder(run).state)

    def _is_held(self, run: PlannedRun) -> bool:
        """Whether another process may hold the folder of a run whose own has ended."""
        paths = self._state.own_folder(run)
        found = find_lease(paths)
        if Watch().is_free(paths, found):
            return False
        assert found is not None
        # The very job of a cluster that has ended holds nothing, though its host cannot be seen.
        job = found.content.get('job')
        return job is None or job != _submitted(paths)

    def _may_start(self, run: PlannedRun) -> bool:
        statuses: Mapping[str, str] = self.outcome.statuses
        return all(
            statuses.get(key) == 'done' or (self._ahead and key in self.under_way)
            for key in run.spec.parents
        )

    def _settled(self, run: PlannedRun) -> str | None:
        parents = self._parents(run)
        if any(status not in (None, 'done') for status in parents):
            return 'skipped'
        # Whether a finished child stands is known only when its parents do.
        if None not in parents and self._state.is_finished(run.spec.key):
            return self._state.status(run)
        return None

    def _parents(self, run: PlannedRun) -> list[str | None]:
        return [self.outcome.statuses.get(parent) for parent in run.spec.parents]


def _submitted(paths: RunPaths) -> str | None:
    """What a cluster calls the run's job; None where it was not submitted to one."""
    try:
        told = read_json(paths.job)
    except ResultsError:
        return None
    return told.get('job') if isinstance(told, dict) else None


def _critical_paths(plan: Plan) -> dict[str, float]:
    """Work from each run's start to the end of the longest chain of runs that hangs on it."""
    lengths: dict[str, float] = {}
    for key, run in reversed(plan.runs.items()):
        after = max((lengths[child.spec.key] for child in plan.children(key)), default=0.0)
        lengths[key] = run.work + after
    return lengths
