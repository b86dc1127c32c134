"""A run as a child process of the sweep: starting it, stopping it, what its exit status means."""

import contextlib
import ctypes
import os
import signal
import subprocess
from collections.abc import Collection, Mapping
from typing import Any

from .base import Job

STOP_S = 10.0
"""Seconds that a process has to end when it is asked to, before it is killed."""
_PR_SET_PDEATHSIG = 1


def start_process(
    job: Job, variables: Mapping[str, str] | None = None, **options: Any
) -> subprocess.Popen:
    """Starts a run that no way of ending the sweep leaves behind.

    Args:
        job: The run.
        variables: Variables of its environment, beside the job's own.
        **options: Options of ``Popen``: where its output goes, in which session it is.
    """
    return subprocess.Popen(
        job.command,
        env={**os.environ, **job.variables, **(variables or {})},
        preexec_fn=_die_with_the_sweep,
        **options,
    )


def _die_with_the_sweep() -> None:
    """Has Linux kill this process when its parent dies, so that no run outlives a killed sweep."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def stop_processes(processes: Collection[subprocess.Popen]) -> None:
    """Has all processes end, and waits for them."""
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def exit_in_words(status: int) -> str:
    """What an exit status says, for a person."""
    if status == -signal.SIGKILL:
        return 'the process was killed, as the system does when memory runs out'
    if status < 0:
        return f'the process ended by signal {signal.Signals(-status).name}'
    return f'the process ended with exit status {status}'
