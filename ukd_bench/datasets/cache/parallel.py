"""What building and verifying share: a lock, several processes, a few frames at a time."""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np

from ...errors import DataError
from ..video import DecodedVideo

_LOCK = '.lock'
_CHUNK = 64
"""Frames decoded at a time, so that a long video needs no more memory than a short one."""

_Job = TypeVar('_Job')
_Answer = TypeVar('_Answer')
Progress = Callable[[int, int], Any]


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[bool]:
    """Waits until no other process builds here; yields whether the system could promise that."""
    with contextlib.ExitStack() as stack:
        try:
            import fcntl

            lock = stack.enter_context(open(folder / _LOCK, 'a'))
            # Released by the system when this process ends, however it ends.
            fcntl.flock(lock, fcntl.LOCK_EX)
            alone = True
        except (ImportError, OSError):
            alone = False
        yield alone


def in_processes(
    work: Callable[[_Job], _Answer], jobs: Sequence[_Job], workers: int
) -> Iterator[_Answer]:
    """Answers in the order of the jobs, from ``workers`` processes."""
    if workers <= 1 or len(jobs) < 2:
        yield from map(work, jobs)
        return
    # Spawned, because a fork of a process with running threads may hang.
    context = multiprocessing.get_context('spawn')
    try:
        with ProcessPoolExecutor(min(workers, len(jobs)), context, _prepare_worker) as pool:
            yield from pool.map(work, jobs, chunksize=4)
    except BrokenProcessPool as error:
        raise DataError('a process that decodes videos died (out of memory?)') from error


def _prepare_worker() -> None:
    cv2.setNumThreads(1)
    # The parent is told to stop, and lets its processes finish the clip they are at.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Python's own pool leaves its processes waiting for ever where their parent is killed.
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


def in_chunks(video: DecodedVideo) -> Iterator[np.ndarray]:
    """All frames of a video, a few at a time."""
    for first in range(0, len(video), _CHUNK):
        yield video.take(range(first, min(first + _CHUNK, len(video))))
