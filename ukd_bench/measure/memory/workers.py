"""Processes that rehearse side by side, and share what they import."""

import contextlib
import os
import signal
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from importlib import import_module
from multiprocessing import get_context

from ...data.processes import end_with_parent
from ...errors import UkdBenchError

_SHARED = f'{__package__}.preloaded'
"""What is imported once, by the process that forks others."""


@contextlib.contextmanager
def workers(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Processes for a block; work that has not begun at its end is not begun.

    They are forked from one that has torch and MMAction2 and no threads, so that what these take is
    in memory once.

    Args:
        jobs: How many.

    Raises:
        UkdBenchError: one of them died.
    """
    context = get_context('forkserver')
    context.set_forkserver_preload([_SHARED])
    pool = ProcessPoolExecutor(jobs, context, _begin, (dict(os.environ),))
    try:
        yield pool
    except BrokenProcessPool as error:
        raise UkdBenchError(
            'a process that rehearses died (out of memory?): try --jobs 1'
        ) from error
    except KeyboardInterrupt:
        # Nothing that is unfinished is kept, so there is nothing to wait for.
        for process in [*pool._processes.values()]:
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(environment: Mapping[str, str]) -> None:
    # An interrupt reaches the parent, which ends its processes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    # They were forked from a process that began with the environment of the first call.
    os.environ.clear()
    os.environ.update(environment)
    # A forked process cannot use a GPU, and fake tensors need none.
    os.environ['CUDA_VISIBLE_DEVICES'] = ''
    import_module(_SHARED)
