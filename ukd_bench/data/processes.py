"""Works on many videos in several processes."""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.process import BaseProcess
from typing import TypeVar

import cv2

from ..errors import DataError

_Job = TypeVar('_Job')
_Answer = TypeVar('_Answer')


def in_processes(
    work: Callable[[_Job], _Answer],
    jobs: Sequence[_Job],
    workers: int,
    prepare: Callable[[], None] | None = None,
    chunk: int = 1,
) -> Generator[_Answer, None, None]:
    """Yields answers in the order of the jobs; closing the generator ends the work.

    Args:
        work: A function of a module, or a partial one.
        jobs: Arguments, one a call.
        workers: Processes; one is this process itself.
        prepare: Called once in every process before its first job.
        chunk: Neighbouring jobs that one process gets at a time.

    Raises:
        DataError: a process died, as it does where memory runs out.
    """
    if workers <= 1 or len(jobs) < 2:
        with _one_thread():
            if prepare is not None and jobs:
                prepare()
            yield from map(work, jobs)
        return
    # Spawned, because a fork of a process with running threads may hang.
    context = multiprocessing.get_context('spawn')
    pool = ProcessPoolExecutor(min(workers, len(jobs)), context, _begin, (prepare,))
    try:
        yield from pool.map(work, jobs, chunksize=chunk)
    except BrokenProcessPool as error:
        raise DataError(
            'a process that works on videos died (out of memory?): try fewer workers'
        ) from error
    finally:
        # Not by a `with`, which would wait for all jobs after an interrupt.
        pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _one_thread() -> Generator[None, None, None]:
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)


def _begin(prepare: Callable[[], None] | None) -> None:
    cv2.setNumThreads(1)
    # An interrupt reaches the parent, which lets its processes finish the clip they are at.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    if prepare is not None:
        prepare()


def end_with_parent() -> None:
    """Has this process end when the one that started it does, even where that is killed.

    Python leaves processes that it started waiting for ever then.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)
