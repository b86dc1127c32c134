"""Runs on this machine, as many at once as there is room for: GPUs of their own, or cores."""

import math
import os
import subprocess

from ...errors import ConfigError
from .base import Executor, Job, Resources, require_gpus, require_shareable
from .devices import visible
from .forked import ForkedRun, RunServer
from .process import exit_in_words, start_process, stop_processes


class LocalExecutor(Executor):
    """Starts one process a run, each in slots of its own.

    A run takes one slot, and one that trains in several processes takes as many. On CUDA a slot is
    a GPU, or a place on one that several runs share; its run sees no other. There are as many as
    GPUs, or as their places, unless ``jobs`` says for fewer runs. On the CPU ``jobs`` says how many
    runs there are at once; by default they fill the cores, and runs are forked from a
    :class:`.RunServer`, which spares each the import of what it needs. On CUDA nothing may be
    inherited of what asks for GPUs when it is imported.

    Raises:
        ConfigError: ``jobs`` or a single run asks for more slots than there are, or runs shall
            share what cannot be shared.
    """

    shares_gpus = True

    def __init__(self, resources: Resources) -> None:
        super().__init__(resources)
        self._free = _slots(resources)
        self.capacity = resources.jobs or len(self._free)
        self._running: dict[str, tuple[subprocess.Popen | ForkedRun, list[str]]] = {}
        self._server: RunServer | None = None

    def has_room(self, job: Job) -> bool:
        """Whether as many slots are free as the run takes."""
        return job.processes <= len(self._free)

    def start(self, job: Job) -> None:
        """Starts a run in free slots, with its output appended to its log.

        Raises:
            ConfigError: the server that runs are forked from cannot be started.
        """
        slots = [self._take() for _ in range(job.processes)]
        fork = self.resources.devices.kind == 'cpu'
        self._running[job.key] = self._forked(job) if fork else _fresh(job, slots), slots

    def _take(self) -> str:
        """Takes a free slot, of a GPU with the fewest runs on it."""
        slot = max(self._free, key=self._free.count)
        self._free.remove(slot)
        return slot

    def _forked(self, job: Job) -> ForkedRun:
        if self._server is None or self._server.has_ended:
            self._server = RunServer(job.variables)
        return self._server.start(job)

    def poll(self, job: Job) -> str | None:
        """None while a run is under way; then how it ended in words, and its slots are free."""
        process, slots = self._running[job.key]
        if process.poll() is None:
            return None
        assert process.returncode is not None
        del self._running[job.key]
        self._free += slots
        return exit_in_words(process.returncode)

    def wait(self) -> None:
        """Waits until a forked run has ended, for :attr:`poll_s` seconds at most."""
        if self._server is None or self._server.has_ended:
            super().wait()
        else:
            self._server.wait(self.poll_s)

    def stop(self) -> None:
        """Ends the runs that are under way, and waits for them."""
        if self._server is not None:
            self._server.stop()
        running = (process for process, _ in self._running.values())
        stop_processes([process for process in running if isinstance(process, subprocess.Popen)])


def _fresh(job: Job, gpus: list[str]) -> subprocess.Popen:
    # A run that goes on after it was cut off adds to what it had said.
    with open(job.log, 'ab') as log:
        return start_process(
            job.command,
            {**job.variables, **visible(gpus)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Interrupts reach the runs through the sweep, which stops them one by one.
            start_new_session=True,
        )


def _slots(resources: Resources) -> list[str]:
    """What each slot is called; on CUDA it is its GPU's name."""
    devices, jobs, each = resources.devices, resources.jobs, resources.gpus_per_run
    require_shareable(resources)
    if devices.kind == 'cpu':
        cores = len(os.sched_getaffinity(0))
        # One that takes more than all cores has them to itself.
        return [''] * (jobs * each if jobs else max(each, cores // resources.threads))
    require_gpus(resources)
    # In rounds, so that no GPU has two runs while another has none.
    slots = [*devices.gpus] * resources.runs_per_gpu
    if jobs is not None and jobs * each > len(slots):
        raise ConfigError(f'--jobs {jobs}: {_too_many(resources, jobs)}')
    return slots[: jobs * each if jobs else None]


def _too_many(resources: Resources, jobs: int) -> str:
    """Why there cannot be so many runs at once, and which option would let there be."""
    devices, each, sharing = resources.devices, resources.gpus_per_run, resources.runs_per_gpu
    number = len(devices.gpus)
    here = f'--device {devices.asked} has {number} ({devices.name})'
    if each > 1:
        return f'every run has {each} GPUs of its own, and {here}'
    enough = f'--runs-per-gpu {math.ceil(jobs / number)} lets so many share them'
    if sharing > 1:
        return f'--runs-per-gpu {sharing} has {sharing} share a GPU, and {here}; {enough}'
    return f'every run has a GPU of its own, and {here}; {enough}'
