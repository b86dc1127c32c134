"""Carries out a plan on this machine: one process a run, as many at once as there is room for."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..files.atomic import write_json
from ..files.configs import PACKAGE
from ..records.record import FINAL_STATUSES
from .finished import SweepState
from .plan import Plan, PlannedRun
from .progress import Progress

_POLL_S = 0.1
_STOP_S = 10.0
_PR_SET_PDEATHSIG = 1


@dataclass
class Outcome:
    """How a sweep's runs ended, by key."""

    statuses: dict[str, str] = field(default_factory=dict)

    @property
    def lost(self) -> list[str]:
        """Keys of runs without a result."""
        return [key for key, s in self.statuses.items() if s not in FINAL_STATUSES]


def carry_out(state: SweepState, jobs: int, progress: Progress) -> Outcome:
    """Runs what is not finished yet; what depends on a failed run is skipped.

    Args:
        state: The plan and its folder, refreshed.
        jobs: Processes at once.
        progress: Told of every start and end.

    Raises:
        KeyboardInterrupt: after the running processes were stopped.
    """
    plan, outcome = state.plan, Outcome()
    priority = _critical_paths(plan)
    waiting = sorted(plan.runs.values(), key=lambda run: -priority[run.spec.key])
    running: dict[str, tuple[PlannedRun, subprocess.Popen]] = {}
    with _stopping(running):
        while waiting or running:
            for run in list(waiting):
                status = _settled(run, state, outcome, running)
                if status is not None:
                    waiting.remove(run)
                    outcome.statuses[run.spec.key] = status
                    progress.settled(run, status)
                elif len(running) < jobs and _is_ready(run, outcome):
                    waiting.remove(run)
                    running[run.spec.key] = (run, _start(run, state))
                    progress.started(run)
            for key, (run, process) in list(running.items()):
                if process.poll() is not None:
                    del running[key]
                    state.refresh()
                    outcome.statuses[key] = _ending(run, process, state)
                    progress.ended(run, outcome.statuses[key], state.folder(run))
            progress.tick()
            time.sleep(_POLL_S if running else 0)
    return outcome


def _is_ready(run: PlannedRun, outcome: Outcome) -> bool:
    return all(outcome.statuses.get(parent) == 'done' for parent in run.spec.parents)


def _settled(run: PlannedRun, state: SweepState, outcome: Outcome, running: dict) -> str | None:
    """The run's status where it needs no process (any more), or None."""
    parents = [outcome.statuses.get(parent) for parent in run.spec.parents]
    if any(status not in (None, 'done') for status in parents):
        return 'skipped'
    # Whether a finished child stands is known only when its parents do.
    if None not in parents and state.is_finished(run.spec.key):
        return state.status(run)
    return None


def _start(run: PlannedRun, state: SweepState) -> subprocess.Popen:
    paths = state.prepare(run)
    state.write_pool()
    threads = str(run.spec.threads)
    hidden = {} if run.spec.device == 'cuda' else {'CUDA_VISIBLE_DEVICES': ''}
    environment = dict(
        os.environ | hidden,
        OMP_NUM_THREADS=threads,
        MKL_NUM_THREADS=threads,
        PYTHONPATH=os.pathsep.join(
            [str(PACKAGE.parent), *filter(None, [os.environ.get('PYTHONPATH')])]
        ),
    )
    # A run that goes on after it was cut off adds to what it had said.
    with open(paths.log, 'ab') as log:
        return subprocess.Popen(
            [sys.executable, '-m', 'ukd_bench.runs', str(paths.root)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            # Interrupts reach the runs through the sweep, which stops them one by one.
            start_new_session=True,
            preexec_fn=_die_with_the_sweep,
        )


def _die_with_the_sweep() -> None:
    """Has Linux kill this process when its parent dies, so that no run outlives a killed sweep."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _ending(run: PlannedRun, process: subprocess.Popen, state: SweepState) -> str:
    if state.is_finished(run.spec.key):
        return state.status(run)
    paths = state.own_folder(run)
    if state.status(run) == 'running':
        # It had no time to say what happened.
        error = dict(type='Killed', message=_exit_in_words(process.returncode))
        write_json(paths.state, dict(status='failed', error=error))
    return 'failed'


def _exit_in_words(status: int) -> str:
    if status == -signal.SIGKILL:
        return 'the process was killed, as the system does when memory runs out'
    if status < 0:
        return f'the process ended by signal {signal.Signals(-status).name}'
    return f'the process ended with exit status {status}'


@contextlib.contextmanager
def _stopping(running: dict[str, tuple[PlannedRun, subprocess.Popen]]) -> Iterator[None]:
    """Stops all processes where the sweep itself is stopped."""
    try:
        yield
    finally:
        for _, process in running.values():
            process.terminate()
        for _, process in running.values():
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _critical_paths(plan: Plan) -> dict[str, float]:
    """Work from each run's start to the end of the longest chain of runs that hangs on it."""
    lengths: dict[str, float] = {}
    for key, run in reversed(plan.runs.items()):
        after = max((lengths[child.spec.key] for child in plan.children(key)), default=0.0)
        lengths[key] = run.work + after
    return lengths
