"""What every executor does, and all that it is told.

The queue of :mod:`ukd_bench.sweep.schedule` decides which run starts next; an executor carries it
out. How a run ended stands in the run's folder, where the queue reads it: an executor only says
whether the run is still under way. So one that hands runs to other machines needs nothing of a
sweep but this file.
"""

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import ConfigError
from .devices import Devices


class Detached(BaseException):
    """All runs that can be are submitted, and nobody is to wait for their end.

    It is no error, so nothing that catches the errors of a user's executor catches it.

    Attributes:
        left: Number of runs without a result that are not submitted, as the queue has it.
    """

    left = 0


@dataclass(frozen=True)
class Resources:
    """What the command line lets a sweep use.

    Attributes:
        devices: What runs compute on; they are here, unless the executor finds them elsewhere.
        jobs: Runs at once, as ``--jobs`` says; None leaves it to the executor.
        threads: Threads that each process of a run uses.
        gpus_per_run: Processes that runs have which train, each with a GPU of its own; all others
            have one.
        folder: The sweep's folder.
        detach: Whether nobody is to wait for the end of runs that outlive the sweep.
        options: What the sweep's config and the command line say to executors, by their names.
        runs_per_gpu: Runs that may share each GPU, where every run has one process.
    """

    devices: Devices
    jobs: int | None = None
    threads: int = 1
    folder: Path | None = None
    detach: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    gpus_per_run: int = 1
    runs_per_gpu: int = 1

    @property
    def sharing(self) -> int:
        """Runs that come to share a GPU: fewer than may, where ``jobs`` are spread over more."""
        if self.jobs is None or not self.devices.gpus:
            return self.runs_per_gpu
        return min(self.runs_per_gpu, math.ceil(self.jobs / len(self.devices.gpus)))


@dataclass(frozen=True)
class Job:
    """A run as an executor has it: a command that carries it out where its folder is in reach.

    A machine that is not like the sweep's own, in device, versions or source, refuses the run.

    Attributes:
        key: Key that tells it from all other runs of the sweep, in this call and in later ones.
        label: What a person calls it.
        folder: The run's folder: all it needs is in it, and all it leaves goes into it.
        command: Program and arguments. The working directory must be that of the sweep.
        variables: Variables of its environment beside those of the sweep's.
        log: File that its output is appended to, unless a person shall see it at once.
        after: Keys of jobs that are under way and must end with exit status 0 before this one may
            start; empty unless the executor takes runs :attr:`~Executor.ahead`.
        processes: Processes that train together, which the command starts itself.
        gpus: GPUs that it needs, one for each of them; 0 on the CPU.
    """

    key: str
    label: str
    folder: Path
    command: tuple[str, ...]
    variables: dict[str, str]
    log: Path
    after: tuple[str, ...] = ()
    processes: int = 1
    gpus: int = 0


def require_gpus(resources: Resources) -> None:
    """Refuses runs that need more GPUs than there are.

    Raises:
        ConfigError: they do.
    """
    devices, wanted = resources.devices, resources.gpus_per_run
    if devices.kind == 'cuda' and wanted > len(devices.gpus):
        raise ConfigError(
            f'gpus_per_run = {wanted}: --device {devices.asked} has {len(devices.gpus)} '
            f'({devices.name})'
        )


def require_shareable(resources: Resources) -> None:
    """Refuses to have runs share what cannot be shared.

    Raises:
        ConfigError: ``runs_per_gpu`` is no number of runs, there are no GPUs, or a run has several.
    """
    each, option = resources.runs_per_gpu, f'--runs-per-gpu {resources.runs_per_gpu}'
    if each < 1:
        raise ConfigError(f'{option} is not positive')
    if each > 1 and resources.devices.kind != 'cuda':
        raise ConfigError(f'{option}: --device {resources.devices.asked} has no GPU to share')
    if each > 1 and resources.gpus_per_run > 1:
        raise ConfigError(
            f'{option}: gpus_per_run = {resources.gpus_per_run} gives every run that trains GPUs '
            'of its own'
        )


class Executor(ABC):
    """Carries out runs; the queue calls it from one thread.

    Args:
        resources: What it may use. One that cannot do with them raises a ``ConfigError``, before
            anything is made for the sweep.

    Attributes:
        capacity: Runs that may be under way at once.
        poll_s: Seconds between two rounds of :meth:`poll`.
        has_terminal: Whether its runs have the terminal, so that no live display may be on it.
        ahead: Whether it takes runs before those that they need have ended, and holds them back
            itself, as a cluster's scheduler does.
        outlives: Whether its runs go on when the sweep ends.
        shares_gpus: Whether it can have several runs on one GPU at once.
        linger_s: Seconds for which what a run has left may not be visible yet when :meth:`poll`
            says that it has ended, as on a file system of several hosts.
    """

    capacity: int
    poll_s = 0.1
    has_terminal = False
    ahead = False
    outlives = False
    shares_gpus = False
    linger_s = 0.0

    def __init__(self, resources: Resources) -> None:
        self.resources = resources
        self.capacity = resources.jobs or 1

    @classmethod
    def find_devices(cls, resources: Resources, ask: bool) -> Devices:
        """The devices that runs compute on: those that are here, unless it knows of others.

        Args:
            resources: What it may use, with the devices that are here.
            ask: Whether to wait for an answer of other machines, where none is known yet.
        """
        return resources.devices

    def adopt(self, job: Job) -> bool:
        """Whether an earlier call of the sweep started the run and it is still under way.

        It is asked before the run's folder is made ready, which is left alone where the answer is
        yes; :meth:`poll` is called for it from then on. An executor whose runs end with the sweep
        has nothing to adopt.
        """
        return False

    def has_room(self, job: Job) -> bool:
        """Whether a run may start now; one that takes more than others may have to wait.

        It is asked where fewer are under way than :attr:`capacity`. The run that waits is the next
        to start.
        """
        return True

    @abstractmethod
    def start(self, job: Job) -> None:
        """Starts a run whose folder is ready. It may return at once, or when the run has ended."""

    @abstractmethod
    def poll(self, job: Job) -> str | None:
        """None while a run is under way; then once how it ended, in words.

        The words are what a person reads of a run that had no time to leave its own, as ``the
        process ended with exit status 1``.
        """

    def wait(self) -> None:
        """Waits :attr:`poll_s` seconds, or less where it learns that a run has ended."""
        time.sleep(self.poll_s)

    def again(self, job: Job) -> bool:
        """Whether a run is to be started again that has ended without a word of its own.

        It is asked after :meth:`poll` has said that the run has ended. A cluster's scheduler ends
        runs that could go on: at a time limit, or where a machine fails. A run that is killed on
        this machine most likely took more memory than there was, and would do so again.
        """
        return False

    @abstractmethod
    def stop(self) -> None:
        """Ends the runs that are under way and waits; called at the end, however that comes.

        An executor whose runs outlive the sweep leaves them alone, and adopts them in the next
        call.
        """
