"""Runs on this machine, as many at once as there are slots: a GPU each, or as many cores."""

import os
import subprocess

from ...errors import ConfigError
from .base import Executor, Job, Resources
from .forked import ForkedRun, RunServer
from .process import exit_in_words, start_process, stop_processes


class LocalExecutor(Executor):
    """Starts one process a run, each in a slot of its own.

    On CUDA a slot is one GPU, the only one that its run sees, and there are as many as GPUs unless
    ``jobs`` says fewer. On the CPU ``jobs`` says how many there are; by default they fill the
    cores, and runs are forked from a :class:`.RunServer`, which spares each the import of what it
    needs. On CUDA nothing may be inherited of what asks for GPUs when it is imported.

    Raises:
        ConfigError: ``jobs`` asks for more slots than there are GPUs.
    """

    def __init__(self, resources: Resources) -> None:
        super().__init__(resources)
        self._free = _slots(resources)
        self.capacity = len(self._free)
        self._running: dict[str, tuple[subprocess.Popen | ForkedRun, dict[str, str]]] = {}
        self._server: RunServer | None = None

    def start(self, job: Job) -> None:
        """Starts a run in a free slot, with its output appended to its log.

        Raises:
            ConfigError: the server that runs are forked from cannot be started.
        """
        slot = self._free.pop(0)
        fork = self.resources.devices.kind == 'cpu'
        self._running[job.key] = self._forked(job) if fork else _fresh(job, slot), slot

    def _forked(self, job: Job) -> ForkedRun:
        if self._server is None or self._server.has_ended:
            self._server = RunServer(job.variables)
        return self._server.start(job)

    def poll(self, job: Job) -> str | None:
        """None while a run is under way; then how it ended in words, and its slot is free."""
        process, slot = self._running[job.key]
        if process.poll() is None:
            return None
        assert process.returncode is not None
        del self._running[job.key]
        self._free.append(slot)
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


def _fresh(job: Job, slot: dict[str, str]) -> subprocess.Popen:
    # A run that goes on after it was cut off adds to what it had said.
    with open(job.log, 'ab') as log:
        return start_process(
            job.command,
            {**job.variables, **slot},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Interrupts reach the runs through the sweep, which stops them one by one.
            start_new_session=True,
        )


def _slots(resources: Resources) -> list[dict[str, str]]:
    """The variables that each slot gives its runs."""
    devices, jobs = resources.devices, resources.jobs
    if devices.kind == 'cpu':
        cores = len(os.sched_getaffinity(0))
        return [{}] * (jobs or max(1, cores // resources.threads))
    if jobs is not None and jobs > len(devices.gpus):
        raise ConfigError(
            f'--jobs {jobs}: every run has a GPU of its own, and --device {devices.asked} has '
            f'{len(devices.gpus)} ({devices.name})'
        )
    return [{'CUDA_VISIBLE_DEVICES': gpu} for gpu in devices.gpus[:jobs]]
