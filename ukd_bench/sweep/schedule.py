"""The queue of a plan: what may start next, how runs ended, and what is skipped because of that."""

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import HeldError, NoRoomError
from ..files.atomic import write_json
from ..files.python import module_command, python_path
from ..records.folder import RunPaths
from ..records.record import FINAL_STATUSES
from .checkpoints import Checkpoints
from .display import Progress
from .executors import own_code
from .executors.base import Executor, Job
from .finished import SweepState
from .place import Places, RunFolders
from .plan import Plan, PlannedRun

if TYPE_CHECKING:
    # It estimates, and an estimate of time asks the queue.
    from .disk_room import DiskRoom


@dataclass
class Outcome:
    """How a sweep's runs ended, by key."""

    statuses: dict[str, str] = field(default_factory=dict)

    @property
    def lost(self) -> list[str]:
        """Keys of runs without a result."""
        return [key for key, s in self.statuses.items() if s not in FINAL_STATUSES]


def carry_out(
    state: SweepState,
    places: Places,
    executor: Executor,
    progress: Progress,
    room: 'DiskRoom | None' = None,
    checkpoints: Checkpoints | None = None,
) -> Outcome:
    """Has an executor carry out what is not finished yet; what depends on a failed run is skipped.

    A run whose folder another process holds counts as failed here, and so does one that the disk
    has no room for; the others go on. One that fits alone waits until others have ended.

    Args:
        state: The plan and its folder, refreshed.
        places: Folders on this machine of what runs read.
        executor: Executor that carries them out.
        progress: Display that is told of every start and end.
        room: Knows what runs leave on the disk; None asks nobody.
        checkpoints: Deletes those that are needed no more; None deletes none.

    Raises:
        ConfigError: an executor of the user's own fails; it is told to stop first.
        KeyboardInterrupt: after the executor was told to stop.
    """
    queue, folders = Queue(state), RunFolders(state, places)
    under_way: dict[str, tuple[PlannedRun, Job]] = {}
    try:
        while queue.waiting or under_way:
            for run, status in queue.settle():
                progress.settled(run, status)
            nothing_ended = True
            while len(under_way) < executor.capacity and (ready := queue.take()) is not None:
                job = job_of(ready, state.own_folder(ready))
                with own_code(executor):
                    adopted = executor.adopt(job)
                lack = None
                if room is not None and not adopted:
                    lack = room.lack(ready, [run for run, _ in under_way.values()])
                if lack is not None and not lack.is_final:
                    queue.put_back(ready)
                    break
                under_way[job.key] = ready, job
                progress.started(ready)
                if not adopted and state.look_again(ready):
                    # It ended after the sweep had looked and before the executor did.
                    del under_way[job.key]
                    progress.ended(ready, queue.end(ready, ''), state.folder(ready))
                    nothing_ended = False
                elif not adopted:
                    try:
                        if lack is not None:
                            folders.refuse(ready, lack.words)
                        folders.prepare(ready)
                    except (HeldError, NoRoomError) as error:
                        del under_way[job.key]
                        progress.ended(ready, queue.lose(ready), state.folder(ready), str(error))
                        nothing_ended = False
                        continue
                    folders.write_pool()
                    with own_code(executor):
                        executor.start(job)
            for key, (run, job) in list(under_way.items()):
                with own_code(executor):
                    words = executor.poll(job)
                if words is not None:
                    del under_way[key]
                    progress.ended(run, queue.end(run, words), state.folder(run))
                    nothing_ended = False
            if checkpoints is not None:
                checkpoints.look(queue.outcome.statuses)
            progress.tick()
            # What has ended may have made room, and what waits for it may start.
            if nothing_ended and (queue.waiting or under_way):
                time.sleep(executor.poll_s)
    finally:
        with own_code(executor):
            executor.stop()
    folders.write_pool()
    return queue.outcome


def job_of(run: PlannedRun, paths: RunPaths) -> Job:
    """What an executor is told of a run that is carried out in a folder."""
    threads = str(run.spec.threads)
    variables = dict(OMP_NUM_THREADS=threads, MKL_NUM_THREADS=threads, PYTHONPATH=python_path())
    if run.spec.device == 'cpu':
        # MMEngine takes a GPU wherever it sees one.
        variables['CUDA_VISIBLE_DEVICES'] = ''
    command = tuple(module_command('runs', str(paths.root)))
    return Job(run.spec.key, run.label, paths.root, command, variables, paths.log)


class Queue:
    """The runs of a plan that have not started yet, those first that most work hangs on.

    Args:
        state: The plan and its folder, refreshed.

    Attributes:
        waiting: Runs that need a process and were not taken, first ones first.
        outcome: How the others ended, as far as they have.
    """

    def __init__(self, state: SweepState) -> None:
        self._state = state
        priority = _critical_paths(state.plan)
        self.waiting = sorted(state.plan.runs.values(), key=lambda run: -priority[run.spec.key])
        self.outcome = Outcome()

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
        ready = next((run for run in self.waiting if {*self._parents(run)} <= {'done'}), None)
        if ready is not None:
            self.waiting.remove(ready)
        return ready

    def put_back(self, run: PlannedRun) -> None:
        """Has the first that was taken wait until there is room for it."""
        self.waiting.insert(0, run)

    def end(self, run: PlannedRun, words: str) -> str:
        """Notes how a run ended, as its folder has it, and returns its status.

        Args:
            run: One that was taken.
            words: How its process ended, for where it had no time to say so itself.
        """
        finished = self._state.look_again(run)
        status = self._state.status(run)
        if not finished:
            # One that was killed has said nothing since; one that ended before its first word left
            # the folder as it was.
            left = self._state.left_state(run).get('status')
            if left not in ('failed', 'interrupted'):
                refusal = self._state.refusal(run) if left in FINAL_STATUSES else None
                error = dict(type='Killed', message=words)
                if refusal is not None:
                    error = dict(type='Refused', message=f'not believed: {refusal.words}')
                write_json(self._state.own_folder(run).state, dict(status='failed', error=error))
            status = 'failed'
        self.outcome.statuses[run.spec.key] = status
        return status

    def lose(self, run: PlannedRun) -> str:
        """Notes that a run that was taken could not start, and returns its status.

        Its folder is left as it is: another process works there, or it says why already.
        """
        self.outcome.statuses[run.spec.key] = 'failed'
        return 'failed'

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


def _critical_paths(plan: Plan) -> dict[str, float]:
    """Work from each run's start to the end of the longest chain of runs that hangs on it."""
    lengths: dict[str, float] = {}
    for key, run in reversed(plan.runs.items()):
        after = max((lengths[child.spec.key] for child in plan.children(key)), default=0.0)
        lengths[key] = run.work + after
    return lengths
