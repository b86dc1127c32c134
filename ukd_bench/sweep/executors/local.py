"""Runs on this machine, as many at once as there is room for: GPUs of their own, or cores."""

import os
import subprocess

from ...errors import ConfigError
from .base import Executor, Job, Resources, require_gpus
from .devices import visible
from .forked import ForkedRun, RunServer
from .process import exit_in_words, start_process, stop_processes


class LocalExecutor(Executor):
    """Starts one process a run, each in slots of its own.

    A run takes one slot, and one that trains in several processes takes as many. On CUDA a slot is
    a GPU; its run sees no other. There are as many as GPUs unless ``jobs`` says for fewer runs. On
    the CPU ``jobs`` says how many runs there are at once; by default they fill the cores, and runs
    are forked from a :class:`.RunServer`, which spares each the import of what it needs. On CUDA
    nothing may be inherited of what asks for GPUs when it is imported.

    Raises:
        ConfigError: ``jobs`` or a single run asks for more slots than there are GPUs.
    """

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
        slots, self._free = self._free[: job.processes], self._free[job.processes :]
        fork = self.resources.devices.kind == 'cpu'
        self._running[job.key] = self._forked(job) if fork else _fresh(job, slots), slots

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
    if devices.kind == 'cpu':
        cores = len(os.sched_getaffinity(0))
        # One that takes more than all cores has them to itself.
        return [''] * (jobs * each if jobs else max(each, cores // resources.threads))
    require_gpus(resources)
    if jobs is not None and jobs * each > len(devices.gpus):
        own = 'a GPU of its own' if each == 1 else f'{each} GPUs of its own'
        raise ConfigError(
            f'--jobs {jobs}: every run has {own}, and --device {devices.asked} has '
            f'{len(devices.gpus)} ({devices.name})'
        )
    return [*devices.gpus[: jobs * each if jobs else None]]
