"""Processes that rehearse side by side, and share what they import."""

import contextlib
import gc
import os
import signal
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

from ...data.processes import end_with_parent
from ...errors import UkdBenchError

_SHARED = (
    'ukd_bench.measure.memory.predict',
    *('mmaction.datasets', 'mmaction.engine', 'mmaction.evaluation', 'mmaction.models'),
    *('mmaction.structures', 'mmaction.visualization'),
)
"""Modules that are imported once, with all that they import, by the process that forks others."""


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
    context.set_forkserver_preload([*_SHARED])
    pool = ProcessPoolExecutor(jobs, context, _begin, (dict(os.environ),))
    try:
        yield pool
    except BrokenProcessPool as error:
        raise UkdBenchError(
            'a process that rehearses died (out of memory?): try --jobs 1'
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(environment: Mapping[str, str]) -> None:
    import torch
    from mmaction.utils import register_all_modules

    # An interrupt reaches the parent, which lets its processes finish the cell they are at.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    # They were forked from a process that began with the environment of the first call.
    os.environ.clear()
    os.environ.update(environment)
    torch.set_num_threads(1)
    register_all_modules(init_default_scope=True)
    # What is imported stays, and need not be looked at by whoever collects garbage.
    gc.collect()
    gc.freeze()
