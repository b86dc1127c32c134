"""Runs one after another in the foreground, with the terminal theirs: for debugging."""

import signal
import subprocess

from ...errors import ConfigError
from .base import Executor, Job, Resources, require_gpus
from .devices import visible
from .process import exit_in_words, start_process, stop_processes

_INTERRUPTED = (130, -signal.SIGINT)


class InlineExecutor(Executor):
    """Starts one fresh process after another, on the sweep's own terminal.

    What a run prints is seen at once and goes to no log, and ``breakpoint()`` works in it.

    Raises:
        ConfigError: ``jobs`` asks for several at once, or a run for more GPUs than there are.
    """

    has_terminal = True

    def __init__(self, resources: Resources) -> None:
        super().__init__(resources)
        if self.capacity > 1:
            raise ConfigError(
                f'--jobs {self.capacity}: the executor inline carries out one run after another'
            )
        require_gpus(resources)
        self._process: subprocess.Popen | None = None

    def start(self, job: Job) -> None:
        """Carries a run out in the foreground; returns when it has ended."""
        gpus = self.resources.devices.gpus
        self._process = start_process(
            job.command, {**job.variables, **visible(gpus[: job.processes])}
        )
        # The terminal interrupts both; what that means is for the run to say, as under a shell.
        handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            status = self._process.wait()
        finally:
            signal.signal(signal.SIGINT, handler)
        if status in _INTERRUPTED:
            raise KeyboardInterrupt

    def poll(self, job: Job) -> str | None:
        """How the run ended, in words; it has ended by now."""
        assert self._process is not None, 'a run is polled that was not started'
        return exit_in_words(self._process.returncode)

    def stop(self) -> None:
        """Ends the run that is under way, if any."""
        if self._process is not None and self._process.poll() is None:
            stop_processes([self._process])
