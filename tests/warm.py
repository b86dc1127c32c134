"""Commands in processes that begin with the libraries imported, on which a new one spends seconds.

They are forked from a server that has imported these and done nothing else, so that no process
inherits anything from a test or from another process. Output, working directory, environment and
exit status are those of ``python -m``.
"""

import contextlib
import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

from ukd_bench.sweep.executors import Executor, Job

REPOSITORY = Path(__file__).resolve().parents[1]
_server = multiprocessing.get_context('forkserver')
_server.set_forkserver_preload(['tests.warm_imports'])


def run_module(
    *arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess:
    """``python -m MODULE ...`` as a user calls it, with the clone on the path."""
    words = [str(word) for word in arguments]
    return run(_run_module, words, cwd=cwd, env=env)


def run(
    work: Callable, *arguments, cwd: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess:
    """Calls a module's function in a process of its own; a signal that ends it is negative.

    Args:
        work: Exits by ``SystemExit`` with its status, or with 0.
        *arguments: Can be pickled.
        cwd: Working directory.
        env: Variables beside those of this process.
    """
    started = start(work, *arguments, cwd=cwd, env=env)
    return started()


def start(
    work: Callable, *arguments, cwd: Path, env: Mapping[str, str] | None = None
) -> Callable[[], subprocess.CompletedProcess]:
    """As :func:`run`, but returns at once, with what waits for the end."""
    folder = tempfile.TemporaryDirectory()
    outputs = [Path(folder.name, name) for name in ('stdout', 'stderr')]
    own = dict(PYTHONPATH=str(REPOSITORY), OMP_NUM_THREADS='1')
    variables = {**os.environ, **own, **(env or {})}
    process = _server.Process(target=_begin, args=(work, arguments, cwd, variables, outputs))
    process.start()

    def end() -> subprocess.CompletedProcess:
        with folder:
            process.join()
            texts = [path.read_text() if path.exists() else '' for path in outputs]
        return subprocess.CompletedProcess(arguments, process.exitcode, *texts)

    return end


def _begin(work, arguments, cwd, variables, outputs) -> None:
    for descriptor, path in enumerate(outputs, start=1):
        _redirect(path, descriptor)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(variables)
    sys.path[:0] = ['', *variables['PYTHONPATH'].split(os.pathsep)]
    work(*arguments)


def _run_module(words: list[str]) -> None:
    sys.argv = words
    # That it is imported already is the point.
    warnings.filterwarnings('ignore', '.*found in sys.modules', RuntimeWarning)
    runpy.run_module(words[0], run_name='__main__', alter_sys=True)


def _redirect(path: Path, *descriptors: int) -> None:
    with open(path, 'ab') as file:
        for descriptor in descriptors:
            os.dup2(file.fileno(), descriptor)


class ForkingExecutor(Executor):
    """Forks the runs from the sweep's own process, which has imported what they need."""

    def __init__(self, resources) -> None:
        super().__init__(resources)
        self.capacity = resources.jobs or len(os.sched_getaffinity(0))
        self._running = {}

    def start(self, job: Job) -> None:
        process = multiprocessing.get_context('fork').Process(target=_carry_out, args=(job,))
        process.start()
        self._running[job.key] = process

    def poll(self, job: Job) -> str | None:
        if self._running[job.key].exitcode is None:
            return None
        return f'the process ended with exit status {self._running.pop(job.key).exitcode}'

    def stop(self) -> None:
        for process in self._running.values():
            process.terminate()
            process.join()


def _carry_out(job: Job) -> None:
    _redirect(job.log, 1, 2)
    os.environ.update(job.variables)
    with contextlib.suppress(KeyboardInterrupt):
        _run_module([*job.command[job.command.index('-m') + 1 :]])
