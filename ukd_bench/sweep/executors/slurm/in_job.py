"""What a job of Slurm does: it carries a run out in a process, and is put back where it is cut off.

Slurm tells a job twice that its time is up. Some time before the limit, and where a site has set
it, on preemption, submitit gets SIGUSR2, asks for a checkpoint and puts the job back. SIGTERM comes
on preemption with a time of grace, and when a job is cancelled; it reaches the run as well.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ....errors import UkdBenchError
from ....files.python import die_with_parent
from ..process import STOP_S
from .commands import ask, facts_of

_WARNING = signal.SIGUSR2
_INTERRUPTED = (-signal.SIGTERM, -signal.SIGINT, 128 + signal.SIGINT, 128 + signal.SIGTERM)
_LOOK_S = 0.1


class RunInJob:
    """A run of a sweep as submitit calls it; its exit status becomes the job's.

    Args:
        command: Program and arguments.
        variables: Variables of its environment beside those of the job.
        log: File that its output is appended to.
    """

    def __init__(self, command: tuple[str, ...], variables: Mapping[str, str], log: Path) -> None:
        self._facts = command, dict(variables), log
        self._process: subprocess.Popen | None = None

    def __call__(self) -> None:
        """Carries the run out.

        Raises:
            SystemExit: with the run's exit status, unless that is 0.
        """
        command, variables, path = self._facts
        with open(path, 'ab') as log:
            self._process = subprocess.Popen(
                command,
                env={**os.environ, **variables},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=partial(_begin, os.getpid()),
            )
        _wait(self._process)
        status = self._process.wait()
        if status in _INTERRUPTED:
            _put_back()
        if status:
            # A shell's way to tell of a signal; Slurm takes no negative ones.
            raise SystemExit(status if status > 0 else 128 - status)

    def checkpoint(self) -> Any:
        """Has the run end; submitit puts the job back, where it goes on from its last epoch.

        It is called by the handler of a signal, wherever the process is.
        """
        from submitit.helpers import DelayedSubmission

        if self._process is not None:
            self._process.terminate()
            if not _wait(self._process, STOP_S):
                self._process.kill()
        return DelayedSubmission(RunInJob(*self._facts))


def _begin(parent: int) -> None:
    """What the run's process does first."""
    die_with_parent(parent)
    # Slurm sends it to all processes of a job.
    signal.signal(_WARNING, signal.SIG_IGN)


def _wait(process: subprocess.Popen, most_s: float | None = None) -> bool:
    """Waits for the end of a process and leaves its status for others; returns whether it ended.

    ``Popen.wait`` holds a lock, on which a handler of a signal would wait for ever.
    """
    until = None if most_s is None else time.monotonic() + most_s
    while until is None or time.monotonic() < until:
        if process.returncode is not None:
            return True
        flags = os.WEXITED | os.WNOWAIT | os.WNOHANG
        if os.waitid(os.P_PID, process.pid, flags) is not None:
            return True
        time.sleep(_LOOK_S)
    return False


def _put_back() -> None:
    """Puts this job back where it is still meant to run: its node is wanted for something else.

    A job that is cancelled has another state by now.
    """
    number = os.environ['SLURM_JOB_ID']
    try:
        facts = facts_of(number)
        if facts is not None and facts.get('JobState') == 'RUNNING':
            print('the run was interrupted; the job is put back', file=sys.stderr, flush=True)
            ask('scontrol', 'requeue', number)
    except UkdBenchError as error:
        print(error, file=sys.stderr)
