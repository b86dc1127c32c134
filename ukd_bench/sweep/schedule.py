"""Carries out the runs of a plan: hands them to an executor, and notes how they end."""

import contextlib
import os
import time
from typing import TYPE_CHECKING

from ..errors import HeldError, NoRoomError
from ..files.hosts import Hosts, told_of
from ..files.python import module_command, python_path
from ..records.folder import RunPaths
from ..records.lease import find_lease
from ..records.shared_gpu import told_of_sharing
from .checkpoints import Checkpoints
from .display import Progress
from .executors import own_code
from .executors.base import Detached, Executor, Job
from .finished import SweepState
from .place import Places, RunFolders
from .plan import PlannedRun
from .queue import AGAIN, HELD, Outcome, Queue

if TYPE_CHECKING:
    from .disk_room import DiskRoom, Lack

_LOOK_S = 1.0
"""Seconds between two looks at what other sweeps carry out."""


def carry_out(
    state: SweepState,
    places: Places,
    executor: Executor,
    progress: Progress,
    room: 'DiskRoom | None' = None,
    checkpoints: Checkpoints | None = None,
    sharing: int = 1,
) -> Outcome:
    """Has an executor carry out what is not finished yet; what depends on a failed run is skipped.

    What another process carries out, a second sweep in the same folder for instance, is waited for.
    A run that the disk has no room for fails; one that fits alone waits until others have ended.

    Args:
        state: The plan and its folder, refreshed.
        places: Folders on this machine of what runs read.
        executor: Executor that carries them out.
        progress: Display that is told of every start and end.
        room: Knows what runs leave on the disk; None asks nobody.
        checkpoints: Deletes those that are needed no more; None deletes none.
        sharing: Runs that come to share a GPU, which their records say.

    Raises:
        ConfigError: an executor of the user's own fails; it is told to stop first.
        Detached: the executor leaves its runs alone.
        KeyboardInterrupt: after the executor was told to stop.
    """
    folders = RunFolders(state, places)
    round_ = _Rounds(state, folders, executor, progress, room, sharing)
    try:
        while round_.is_open:
            round_.settle()
            moved = round_.start() | round_.poll() | round_.look_elsewhere()
            if checkpoints is not None:
                checkpoints.look(round_.queue.outcome.statuses)
            progress.tick()
            # What has ended may have made room, and what waits for it may start.
            if not moved and round_.is_open:
                with own_code(executor):
                    executor.wait()
    except Detached as detached:
        detached.left = round_.queue.not_handed_over
        raise
    finally:
        with own_code(executor):
            executor.stop()
    folders.write_pool()
    return round_.queue.outcome


class _Rounds:
    """What a sweep does again and again; the later steps say whether a run has ended by them."""

    def __init__(
        self,
        state: SweepState,
        folders: RunFolders,
        executor: Executor,
        progress: Progress,
        room: 'DiskRoom | None',
        sharing: int,
    ) -> None:
        self.queue = Queue(state, executor.ahead)
        self._state = state
        self._folders = folders
        self._executor = executor
        self._progress = progress
        self._room = room
        self._sharing = sharing
        self._jobs: dict[str, Job] = {}
        # Runs that have ended, with the words, and until when what they left may be yet to be seen.
        self._ended: dict[str, tuple[str, float]] = {}
        self._looked = 0.0

    @property
    def is_open(self) -> bool:
        """Whether a run may still end."""
        return bool(self.queue.waiting or self.queue.under_way or self.queue.elsewhere)

    def settle(self) -> None:
        """Notes the runs that need no process (any more)."""
        for run, status in self.queue.settle():
            self._progress.settled(run, status, self._state.folder(run))

    def start(self) -> bool:
        """Starts as many runs as there is room for."""
        ended = False
        while (
            len(self.queue.under_way) < self._executor.capacity
            and (run := self.queue.take()) is not None
        ):
            lack, job = self._lack(run), self._job_of(run)
            if (lack is not None and not lack.is_final) or not self._has_room(job):
                self.queue.put_back(run)
                break
            ended |= self._start(run, job, lack)
        return ended

    def _lack(self, run: PlannedRun) -> 'Lack | None':
        """Why the disk has no room for a run now; None where it has, as far as is known."""
        if self._room is None:
            return None
        beside = (one for one in self.queue.under_way.values() if one is not run)
        return self._room.lack(run, beside)

    def _job_of(self, run: PlannedRun) -> Job:
        after = self.queue.parents_under_way(run)
        hosts = self._state.plan.hosts
        return job_of(run, self._state.own_folder(run), after, hosts, self._sharing)

    def _has_room(self, job: Job) -> bool:
        with own_code(self._executor):
            return self._executor.has_room(job)

    def _start(self, run: PlannedRun, job: Job, lack: 'Lack | None') -> bool:
        state, executor, queue = self._state, self._executor, self.queue
        paths = state.own_folder(run)
        with own_code(executor):
            adopted = executor.adopt(job)
        if not adopted:
            try:
                # It may have ended after the sweep had looked and before the executor did.
                over = state.look_again(run) or queue.failed_elsewhere(run)
                if not over and lack is not None:
                    self._folders.refuse(run, lack.words)
                wanted = not over and self._folders.prepare(run)
            except NoRoomError as error:
                self._progress.settled(run, queue.fail(run), paths, str(error))
                return True
            except HeldError as error:
                queue.postpone(run)
                self._progress.elsewhere(run, str(error))
                return False
            if not wanted:
                status = queue.end(run, '')
                if status not in (AGAIN, HELD):
                    self._progress.settled(run, status, state.folder(run))
                return True
            self._folders.write_pool()
        self._jobs[job.key] = job
        self._progress.started(run)
        if not adopted:
            with own_code(executor):
                executor.start(job)
        return False

    def poll(self) -> bool:
        """Notes the runs that have ended."""
        moved = False
        for key, run in list(self.queue.under_way.items()):
            job = self._jobs[key]
            if key not in self._ended:
                with own_code(self._executor):
                    words = self._executor.poll(job)
                if words is None:
                    continue
                self._ended[key] = words, time.monotonic() + self._executor.linger_s
            words, deadline = self._ended[key]
            if time.monotonic() < deadline and not self._has_its_say(run):
                continue
            del self._ended[key], self._jobs[key]
            with own_code(self._executor):
                again = self._executor.again(job)
            status = self.queue.end(run, words, again)
            if status in (AGAIN, HELD):
                self._progress.put_off(run, status)
            else:
                self._progress.ended(run, status, self._state.folder(run))
            moved = True
        return moved

    def _has_its_say(self, run: PlannedRun) -> bool:
        """Whether a run that has ended has left a result, or a word of its own."""
        with contextlib.suppress(OSError):
            # A client of a network's file system asks the server then.
            os.listdir(self._state.own_folder(run).root)
        if self._state.look_again(run):
            return True
        return self._state.left_state(run).get('status') in ('failed', 'interrupted')

    def look_elsewhere(self) -> bool:
        """Notes how runs that other processes carry out have ended, or takes them back."""
        if not self.queue.elsewhere or time.monotonic() - self._looked < _LOOK_S:
            return False
        self._looked, moved = time.monotonic(), False
        for run in list(self.queue.elsewhere.values()):
            paths = self._state.own_folder(run)
            found = find_lease(paths)
            # Whether it is finished is asked last: what has just been released may be.
            free = self._folders.watch.is_free(paths, found)
            if self._state.look_again(run) or free:
                status = self.queue.come_back(run)
                if status is not None:
                    self._progress.settled(run, status, self._state.folder(run))
                moved = True
        return moved


def job_of(
    run: PlannedRun,
    paths: RunPaths,
    after: tuple[str, ...] = (),
    hosts: Hosts | None = None,
    sharing: int = 1,
) -> Job:
    """What an executor is told of a run that is carried out in a folder.

    Args:
        run: The run.
        paths: Its folder.
        after: Keys of runs under way that it needs.
        hosts: Which paths begin otherwise on which hosts.
        sharing: Runs that come to share a GPU, itself among them.
    """
    threads = str(run.spec.threads)
    variables = dict(OMP_NUM_THREADS=threads, MKL_NUM_THREADS=threads, PYTHONPATH=python_path())
    variables |= told_of(hosts or {})
    if run.spec.device == 'cpu':
        # MMEngine takes a GPU wherever it sees one.
        variables['CUDA_VISIBLE_DEVICES'] = ''
    else:
        variables |= told_of_sharing(sharing)
    command = tuple(module_command('runs', str(paths.root)))
    processes = run.spec.processes
    return Job(
        *(run.spec.key, run.label, paths.root, command, variables, paths.log, after),
        processes=processes,
        gpus=processes if run.spec.device == 'cuda' else 0,
    )
