"""A run as a child process of the sweep: starting it, stopping it, what its exit status means."""

import os
import subprocess
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

from ...files.python import die_with_parent, exit_in_words

__all__ = ['STOP_S', 'exit_in_words', 'start_process', 'stop_processes']

STOP_S = 10.0
"""Seconds that a process has to end when it is asked to, before it is killed."""


def start_process(
    command: Sequence[str], variables: Mapping[str, str], **options: Any
) -> subprocess.Popen:
    """Starts a process that no way of ending the sweep leaves behind.

    Args:
        command: Program and arguments.
        variables: Variables of its environment, beside those of the sweep's.
        **options: Options of ``Popen``: where its output goes, in which session it is.
    """
    return subprocess.Popen(
        command,
        env={**os.environ, **variables},
        preexec_fn=partial(die_with_parent, os.getpid()),
        **options,
    )


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
