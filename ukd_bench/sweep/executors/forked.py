"""Runs as processes that a server forks, which has imported what they need."""

import contextlib
import json
import os
import select
import subprocess
import tempfile
from collections.abc import Mapping
from signal import SIGKILL

from ...errors import ConfigError, shortened
from ...files.python import module_command
from . import process
from .base import Job


class ForkedRun:
    """A run that :class:`RunServer` has started; asked as a ``Popen`` is."""

    def __init__(self, server: 'RunServer') -> None:
        self._server = server
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """None while the run is under way, then its exit status, negative for a signal."""
        self._server.listen()
        return self.returncode


class RunServer:
    """The process that runs are forked from, see :mod:`ukd_bench.runs.server`.

    It ends with the sweep, however that does, and all runs with it.

    Args:
        variables: Variables of its environment beside those of the sweep's, those that libraries
            read when they are imported above all.

    Raises:
        ConfigError: it came to its end before it was ready.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._runs: dict[str, ForkedRun] = {}
        self._unread = b''
        with tempfile.TemporaryFile() as errors:
            self._process = process.start_process(
                module_command('runs.server', str(process.STOP_S)),
                variables,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                # Interrupts reach it through the sweep, which ends its input.
                start_new_session=True,
                bufsize=0,
            )
            assert self._process.stdin is not None and self._process.stdout is not None
            self._orders, self._answers = self._process.stdin, self._process.stdout
            try:
                ready = self._answers.readline()
            except BaseException:
                self._process.kill()
                raise
            if not ready:
                status = self._process.wait()
                errors.seek(0)
                lines = errors.read().decode(errors='replace').strip().splitlines()
                reason = shortened(lines[-1].strip(), 200) if lines else 'it said nothing'
                raise ConfigError(
                    f'the server that runs are forked from did not start: '
                    f'{process.exit_in_words(status)} ({reason})'
                )
        os.set_blocking(self._answers.fileno(), False)

    @property
    def has_ended(self) -> bool:
        """Whether no run can be started any more."""
        return self._process.poll() is not None

    def start(self, job: Job) -> ForkedRun:
        """Starts a run whose command is a module of Python, with its output appended to its log."""
        order = dict(key=job.key, command=job.command, variables=job.variables, log=str(job.log))
        run = self._runs[job.key] = ForkedRun(self)
        # A server that has just been killed has killed the run, too.
        with contextlib.suppress(BrokenPipeError):
            self._orders.write(json.dumps(order).encode() + b'\n')
        return run

    def wait(self, seconds: float) -> None:
        """Waits until the server has something to say, for so long at most."""
        select.select([self._answers], [], [], seconds)

    def listen(self) -> None:
        """Takes in what the server has said of runs that have ended."""
        while piece := self._answers.read(1 << 16):
            self._unread += piece
        *lines, self._unread = self._unread.split(b'\n')
        for line in lines:
            answer = json.loads(line)
            self._runs.pop(answer['key']).returncode = answer['status']
        # Nothing is there where no piece is None but empty: nobody can say more.
        if piece == b'':
            for run in self._runs.values():
                run.returncode = -SIGKILL
            self._runs.clear()

    def stop(self) -> None:
        """Ends the runs that are under way, and the server, and waits for them."""
        self._orders.close()
        self._process.wait()
        self.listen()
