"""Several processes that train one network: the run's own is the first, and starts the others.

They find each other as under torchrun, by ``RANK``, ``LOCAL_RANK`` and ``WORLD_SIZE``. There is no
agent beside them: the first process holds the run's folder and writes all that the run leaves, and
the system kills the others when it ends, however it does.
"""

import contextlib
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import torch
from mmengine.config import Config
from mmengine.evaluator import Evaluator
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import distributed

from ..errors import ConfigError, DivergedError, ProcessError, UkdBenchError
from ..files.python import die_with_parent, exit_in_words, module_command
from ..measure.memory.phases import PhaseMemory
from ..measure.memory.shortage import out_of_memory
from ..records.execution import cuda_devices
from ..records.folder import RunPaths
from ..records.spec import RunSpec
from .facts import RunFacts
from .word import Word, read_word

GRACE_S = 20.0
"""Seconds that the first process has to find out by itself that another has ended."""
_END_S = 60.0
"""Seconds that the others have to end once the first has done its part."""
_PAUSE_S = 0.05
_HOST = '127.0.0.1'

GiveUp = Callable[[Exception], NoReturn]
"""Ends a run, from any thread, whose first process waits for one that is gone."""


@contextlib.contextmanager
def other_processes(
    paths: RunPaths,
    spec: RunSpec,
    memory: PhaseMemory,
    facts: RunFacts,
    resumes: bool,
    give_up: GiveUp,
) -> Iterator[None]:
    """Has a run's other processes train beside this one in a block; of one process it has none.

    At its end the facts and peaks of all are those of the run: sums of what each has a share of,
    and the largest of the peaks.

    Args:
        paths: The run's folder.
        spec: The run's specification.
        memory: Memory of this process.
        facts: What this process finds out.
        resumes: Whether the training goes on from the run's checkpoint.
        give_up: Called where this process waits for one that has ended.

    Raises:
        ProcessError: one of the others has ended before its time.
        ConfigError: there are not as many GPUs.
    """
    if spec.processes == 1:
        yield
        return
    _require_gpus(spec)
    store = distributed.TCPStore(_HOST, 0, spec.processes, is_master=True, wait_for_workers=False)
    variables = dict.fromkeys(_VARIABLES)
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(place_of(0, spec.processes))
    others = _Others(paths, spec, resumes, store.port)
    try:
        with others.watched(give_up), _told_of_others(others):
            join(spec, 0, store)
            yield
            distributed.destroy_process_group()
            others.require_done()
    finally:
        memory.end()
        others.stop()
        others.include_in(memory, facts)
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


_VARIABLES = ('RANK', 'LOCAL_RANK', 'WORLD_SIZE')


def place_of(rank: int, count: int) -> dict[str, str]:
    """The variables that tell a process which one of a run it is, as torchrun sets them."""
    return dict(zip(_VARIABLES, map(str, (rank, rank, count)), strict=True))


def join(spec: RunSpec, rank: int, store: 'distributed.Store | int') -> None:
    """Joins the group of a run's processes, and waits for the others.

    Args:
        spec: The run's specification.
        rank: Number of this process.
        store: Where they meet, or the port of it.
    """
    if isinstance(store, int):
        store = distributed.TCPStore(_HOST, store, spec.processes, is_master=False)
    if spec.device == 'cuda':
        torch.cuda.set_device(rank)
    # They are on one machine, whatever its name leads to.
    os.environ.setdefault('GLOO_SOCKET_IFNAME', 'lo')
    backend = 'nccl' if spec.device == 'cuda' else 'gloo'
    distributed.init_process_group(backend, store=store, rank=rank, world_size=spec.processes)


def set_processes(config: Config, spec: RunSpec) -> None:
    """Has the Runner of a config train with a run's processes; with one it stays as it is."""
    if spec.processes == 1:
        return
    config.launcher = 'pytorch'
    # Each normalises its own share of a batch. All score by the same statistics, which the
    # checkpoint has, too.
    config.default_hooks.setdefault('sync_buffers', dict(type='SyncBuffersHook'))
    if spec.device == 'cpu':
        # MMEngine counts on a GPU for each.
        options = dict(
            type='MMDistributedDataParallel',
            broadcast_buffers=False,
            find_unused_parameters=config.get('find_unused_parameters', False),
        )
        config.model_wrapper_cfg = dict(config.get('model_wrapper_cfg') or options, device_ids=None)


class GatherInMemory(Hook):
    """Has the scores of all processes gathered in memory, not in files below the working folder.

    Every clip counts once: those that were seen twice, so that all processes have as many, are
    left out.
    """

    def before_val_epoch(self, runner: Runner) -> None:
        """Sees to it for a validation."""
        self._set(runner.val_evaluator)

    def before_test_epoch(self, runner: Runner) -> None:
        """Sees to it for a test."""
        self._set(runner.test_evaluator)

    def _set(self, evaluator: Evaluator) -> None:
        for metric in evaluator.metrics:
            # It is what MMEngine calls the device, which with gloo is the CPU.
            metric.collect_device = 'gpu'


def is_aftermath(problem: BaseException) -> bool:
    """Whether a problem may be what a process sees when another is gone."""
    return isinstance(problem, RuntimeError) and not (
        isinstance(problem, UkdBenchError) or out_of_memory(problem)
    )


def _require_gpus(spec: RunSpec) -> None:
    if spec.device != 'cuda':
        return
    names = cuda_devices()[: spec.processes]
    if len(names) < spec.processes or len({*names}) > 1:
        raise ConfigError(
            f'the run is to be trained on {spec.processes} GPUs of one kind; torch finds '
            f'{", ".join(names)}'
        )


@contextlib.contextmanager
def _told_of_others(others: '_Others') -> Iterator[None]:
    """Has a block that fails because another process has ended say what became of that one."""
    try:
        yield
    except Exception as error:
        if distributed.is_initialized() and not torch.cuda.is_initialized():
            # They get to know, and say what they have found out by then.
            distributed.destroy_process_group()
        if not is_aftermath(error):
            raise
        problem = others.cause_within(GRACE_S)
        if problem is None:
            raise
        raise problem from error


class _Others:
    """The other processes of a run.

    Args:
        paths: The run's folder.
        spec: The run's specification.
        resumes: Whether the training goes on from the run's checkpoint.
        port: Port at which they meet.
    """

    def __init__(self, paths: RunPaths, spec: RunSpec, resumes: bool, port: int) -> None:
        self._count = spec.processes
        self._over = threading.Event()
        self._all = [
            _Other(paths.root, rank, spec.processes, resumes, port)
            for rank in range(1, spec.processes)
        ]

    @contextlib.contextmanager
    def watched(self, give_up: GiveUp) -> Iterator[None]:
        """Has a thread look after them in a block."""
        thread = threading.Thread(target=self._watch, args=(give_up,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _watch(self, give_up: GiveUp) -> None:
        while not self._over.wait(_PAUSE_S):
            problem = self._problem()
            # A process that waits in a collective of NCCL's would do so for minutes.
            if problem is not None and not self._over.wait(GRACE_S):
                give_up(problem)

    def require_done(self) -> None:
        """Waits until all have done their part.

        Raises:
            ProcessError: one has not.
        """
        deadline = time.monotonic() + _END_S
        while not all(one.has_ended for one in self._all) and time.monotonic() < deadline:
            time.sleep(_PAUSE_S)
        if problem := self._problem():
            raise problem
        for one in self._all:
            if not one.has_ended:
                raise ProcessError(f'{self._name(one)} does not end')

    def cause_within(self, seconds: float) -> Exception | None:
        """What went wrong in one of them of itself, as soon as that is known."""
        deadline = time.monotonic() + seconds
        while True:
            over = all(one.has_ended for one in self._all) or time.monotonic() > deadline
            one = self._failed()
            if one is not None and not one.suffers:
                return self._problem()
            if over:
                return None
            time.sleep(_PAUSE_S)

    def stop(self) -> None:
        """Ends those that are under way."""
        deadline = time.monotonic() + 5
        while not all(one.has_ended for one in self._all) and time.monotonic() < deadline:
            time.sleep(_PAUSE_S)
        for one in self._all:
            one.kill()

    def include_in(self, memory: PhaseMemory, facts: RunFacts) -> None:
        """Adds what they have found out to what this process has, see :func:`other_processes`."""
        words = [one.word() for one in self._all]
        facts.memory_of_processes = [memory.peaks, *(word.memory if word else {} for word in words)]
        for word in filter(None, words):
            memory.include(word.memory)
            word.add_to(facts)

    def _problem(self) -> Exception | None:
        """What went wrong in the one that ended first, as far as can be told."""
        one = self._failed()
        if one is None:
            return None
        word = one.word()
        if word is None:
            return ProcessError(f'{self._name(one)}: {exit_in_words(one.status or 0)}')
        said = f'{self._name(one)}: {word.message}'
        kinds: dict[str, Any] = dict(diverged=DivergedError, oom=torch.OutOfMemoryError)
        return kinds.get(word.status, ProcessError)(said)

    def _failed(self) -> '_Other | None':
        # What others say may come of one that could say nothing any more.
        failed = (one for one in self._all if one.has_failed)
        return min(failed, key=lambda one: one.suffers, default=None)

    def _name(self, one: '_Other') -> str:
        return f'process {one.rank + 1} of {self._count}'


class _Other:
    """A process that :mod:`.rank` is carried out in."""

    def __init__(self, folder: Path, rank: int, count: int, resumes: bool, port: int) -> None:
        self.rank = rank
        self._word = tempfile.TemporaryFile()  # noqa: SIM115
        descriptor = self._word.fileno()
        order = (str(folder), str(port), str(descriptor), str(int(resumes)))
        self._process = subprocess.Popen(
            module_command('runs.rank', *order),
            env={**os.environ, **place_of(rank, count)},
            stdin=subprocess.DEVNULL,
            # What the first says stands for all.
            stdout=subprocess.DEVNULL,
            pass_fds=[descriptor],
            preexec_fn=partial(die_with_parent, os.getpid()),
        )

    @property
    def status(self) -> int | None:
        """Its exit status; None while it is under way."""
        return self._process.poll()

    @property
    def has_ended(self) -> bool:
        return self.status is not None

    @property
    def has_failed(self) -> bool:
        """Whether it has ended without having done its part."""
        return self.has_ended and ((word := self.word()) is None or word.status != 'done')

    @property
    def suffers(self) -> bool:
        """Whether what it says may come of another that is gone."""
        return (word := self.word()) is not None and word.is_aftermath

    def word(self) -> Word | None:
        """What it has said at its end; None where it has said nothing (yet)."""
        return read_word(self._word) if self.has_ended else None

    def kill(self) -> None:
        """Ends it."""
        if not self.has_ended:
            self._process.kill()
            self._process.wait()
