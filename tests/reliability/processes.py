"""Processes that descend from a test's own, found by a mark in their environment."""

import contextlib
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

MARK = 'UKD_BENCH_TEST_MARK'


@dataclass(frozen=True)
class Process:
    """One process, as it was seen.

    Attributes:
        pid: Its number.
        parent: That of the process that started it, or of who inherited it.
        command: Its command line.
        kind: ``sweep``, ``server``, ``run``, ``worker`` or ``other``.
    """

    pid: int
    parent: int
    command: str
    kind: str

    def kill(self, number: int = signal.SIGKILL) -> bool:
        """Sends a signal; returns whether the process was there."""
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return False
        return True


def marked(mark: str) -> list[Process]:
    """All processes that carry a mark and have not ended.

    A forked process shows the environment of the one that it was forked from.
    """
    seen: dict[int, tuple[int, str]] = {}
    for folder in Path('/proc').iterdir():
        if not folder.name.isdecimal():
            continue
        with contextlib.suppress(OSError, IndexError):
            if f'{MARK}={mark}'.encode() not in (folder / 'environ').read_bytes().split(b'\0'):
                continue
            facts = (folder / 'stat').read_bytes().rpartition(b')')[2].split()
            if facts[0] in (b'Z', b'X'):
                continue
            command = (folder / 'cmdline').read_bytes().replace(b'\0', b' ').decode()
            seen[int(folder.name)] = int(facts[1]), command
    kinds = {pid: _kind(command) for pid, (_, command) in seen.items()}
    found = []
    for pid, (parent, command) in seen.items():
        kind = kinds[pid]
        above = kinds.get(parent)
        # What the server forks are runs, and what these fork loads clips.
        if kind == 'server' and above == 'server':
            grandparent = kinds.get(seen[parent][0])
            kind = 'worker' if grandparent == 'server' else 'run'
        found.append(Process(pid, parent, command, kind))
    return found


def _kind(command: str) -> str:
    if 'ukd_bench.runs.server' in command:
        return 'server'
    if '-m ukd_bench.runs' in command:
        return 'run'
    return 'sweep' if 'ukd_bench.sweep' in command else 'other'


def wait_until(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Waits for a condition; returns whether it came about in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
