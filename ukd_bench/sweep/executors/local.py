"""Runs on this machine, as many at once as there are slots: a GPU each, or as many cores."""

import os
import subprocess

from ...errors import ConfigError
from .base import Executor, Job, Resources
from .process import exit_in_words, start_process, stop_processes


class LocalExecutor(Executor):
    """Starts one process a run, each in a slot of its own.

    On CUDA a slot is one GPU, the only one that its run sees, and there are as many as GPUs unless
    ``jobs`` says fewer. On the CPU ``jobs`` says how many there are; by default they fill the
    cores.

    Raises:
        ConfigError: ``jobs`` asks for more slots than there are GPUs.
    """

    def __init__(self, resources: Resources) -> None:
        super().__init__(resources)
        self._free = _slots(resources)
        self.capacity = len(self._free)
        self._running: dict[str, tuple[subprocess.Popen, dict[str, str]]] = {}

    def start(self, job: Job) -> None:
        """Starts a run in a free slot, with its output appended to its log."""
        slot = self._free.pop(0)
        # A run that goes on after it was cut off adds to what it had said.
        with open(job.log, 'ab') as log:
            process = start_process(
                job,
                slot,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Interrupts reach the runs through the sweep, which stops them one by one.
                start_new_session=True,
            )
        self._running[job.key] = process, slot

    def poll(self, job: Job) -> str | None:
        """None while a run is under way; then how it ended in words, and its slot is free."""
        process, slot = self._running[job.key]
        if process.poll() is None:
            return None
        del self._running[job.key]
        self._free.append(slot)
        return exit_in_words(process.returncode)

    def stop(self) -> None:
        """Ends the runs that are under way, and waits for them."""
        stop_processes([process for process, _ in self._running.values()])


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
