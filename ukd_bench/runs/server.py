"""A process that has imported what runs need, and forks one for each: the import takes seconds.

A sweep starts ``python -m ukd_bench.runs.server`` and writes a line of JSON for each run to its
standard input::

    {"key": KEY, "command": ["python", "-P", "-m", MODULE, ...], "variables": {...}, "log": LOG}

The answers come on its standard output: ``{"ready": true}`` when all is imported, and
``{"key": KEY, "status": STATUS}`` when a run has ended, negative for a signal. When the input ends,
so do the runs.

What it has imported is all that a run inherits: it computes nothing and asks for no GPU. So it has
no threads but the idle ones of the libraries' linear algebra, which these end before a fork and
start again when there is work.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import random
import runpy
import select
import signal
import sys
import threading
import time
import traceback
from typing import Any, NoReturn

from ..files.python import die_with_parent

_PAUSE_S = 0.02
# Beside what these import: what MMAction2 registers, and libraries that are imported in functions.
_MODULES = ('ukd_bench.cli.commands', 'ukd_bench.runs.carry_out', 'decord', 'matplotlib.pyplot')


def main(stop_s: float) -> None:
    """Forks runs until the input ends; in a forked process, carries its run out.

    Args:
        stop_s: Seconds that runs have to end when the input does, before they are killed.
    """
    # Whatever prints while it is imported must not stand among the answers.
    answers = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    _preload()
    server = _Server(answers, stop_s)
    order = server.serve()
    if order is not None:
        os.close(answers)
        _carry_out(order)


def _preload() -> None:
    for name in _MODULES:
        importlib.import_module(name)
    from mmaction.utils import register_all_modules

    from ..registry import DATASETS, HOOKS, METRICS, MODELS, TRANSFORMS

    register_all_modules(init_default_scope=False)
    for registry in (DATASETS, HOOKS, METRICS, MODELS, TRANSFORMS):
        registry.import_from_location()
    from ..records.execution import environment

    # What was imported here is what runs compute with, whatever lies on the disk by then.
    environment('cpu', 1)
    # Runs share the pages of what is here, as long as no collector writes into it.
    gc.collect()
    gc.freeze()


class _Server:
    """Forks runs, and tells how they end."""

    def __init__(self, answers: int, stop_s: float) -> None:
        self._answers = answers
        self._stop_s = stop_s
        self._running: dict[int, str] = {}

    def serve(self) -> dict[str, Any] | None:
        """Returns None when the input has ended; in a forked process, the order of its run."""
        self._tell(ready=True)
        unread = b''
        while True:
            self._reap()
            if not select.select([0], [], [], _PAUSE_S)[0]:
                continue
            piece = os.read(0, 1 << 16)
            if not piece:
                self._stop()
                return None
            *lines, unread = (unread + piece).split(b'\n')
            for line in lines:
                order = json.loads(line)
                server = os.getpid()
                pid = os.fork()
                if pid == 0:
                    die_with_parent(server)
                    return order
                self._running[pid] = order['key']

    def _stop(self) -> None:
        """Has all runs end, and waits for them."""
        self._signal(signal.SIGTERM)
        deadline = time.monotonic() + self._stop_s
        while self._running and time.monotonic() < deadline:
            time.sleep(_PAUSE_S)
            self._reap()
        self._signal(signal.SIGKILL)
        while self._running:
            time.sleep(_PAUSE_S)
            self._reap()

    def _signal(self, number: signal.Signals) -> None:
        for pid in self._running:
            os.kill(pid, number)

    def _reap(self) -> None:
        for pid in [*self._running]:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                self._tell(key=self._running.pop(pid), status=os.waitstatus_to_exitcode(status))

    def _tell(self, **answer: Any) -> None:
        os.write(self._answers, json.dumps(answer).encode() + b'\n')


def _carry_out(order: dict[str, Any]) -> None:
    """Becomes what the command of an order would be in a process of its own."""
    # Interrupts reach the runs through the sweep, which stops them.
    os.setsid()
    with open(os.devnull, 'rb') as nothing, open(order['log'], 'ab') as log:
        for file, descriptors in ((nothing, (0,)), (log, (1, 2))):
            for descriptor in descriptors:
                os.dup2(file.fileno(), descriptor)
    os.environ.update(order['variables'])
    folders = os.environ.get('PYTHONPATH', '').split(os.pathsep)
    sys.path[:0] = [folder for folder in folders if folder and folder not in sys.path]
    importlib.invalidate_caches()
    _begin()
    _, safe, of_module, module, *arguments = order['command']
    assert (safe, of_module) == ('-P', '-m'), 'a run is a module'
    sys.argv = [module, *arguments]
    try:
        runpy.run_module(module, run_name='__main__', alter_sys=True)
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        _leave(end.code if isinstance(end.code, int) else int(end.code is not None))
    except BaseException:
        traceback.print_exc()
        _leave(1)
    _leave(0)


def _leave(status: int) -> NoReturn:
    """Ends as Python does, without freeing all that was imported, which takes half a second."""
    threading._shutdown()  # type: ignore[attr-defined]
    # Processes that others wait for are ended here, loaders' workers above all.
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


def _begin() -> None:
    """Has all streams seeded by chance, as those of a new process are, and notes what is here."""
    import numpy as np
    import torch

    from ..measure.memory.phases import note_preloaded

    random.seed()
    np.random.seed()
    torch.default_generator.seed()
    note_preloaded()


if __name__ == '__main__':
    main(float(sys.argv[1]))
