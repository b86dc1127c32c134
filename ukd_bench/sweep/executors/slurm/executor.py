"""Hands the runs of a sweep to Slurm, one job a run, and follows them."""

import re
import sys
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ....errors import ConfigError
from ....files.atomic import write_json
from ....files.hashes import digest
from ....records.folder import RunPaths
from ..base import Detached, Executor, Job, Resources
from ..devices import Devices
from .commands import ClusterDownError, Listed, facts_of, jobs_by_comment
from .ends import end_of
from .in_job import RunInJob
from .options import SlurmOptions
from .probe import asked_device, known_device
from .submission import require_installed, submit, waiting_for_slurm

_ALL = 1_000_000
_ROUND_S = 1.0
_LATE_S = 60.0
"""Seconds by which a network's file system may show late what another machine has written."""


class SlurmExecutor(Executor):
    """Submits each run as a job, and leaves jobs alone when the sweep ends.

    A job is known by its comment, which holds a hash of the run's folder: numbers are given anew
    where a cluster is set up anew, and a process that submits may be killed before it can write the
    number down.

    Raises:
        ConfigError: submitit or Slurm is absent, or an option cannot be used.
    """

    ahead = True
    outlives = True

    def __init__(self, resources: Resources) -> None:
        super().__init__(resources)
        self._options = _options(resources)
        # What cannot be asked for is told before the first job.
        self._asked(1)
        require_installed()
        self.capacity = resources.jobs or _ALL
        # A display moves on between two questions.
        self.poll_s = min(_ROUND_S, self._options.poll_s)
        # By run, what Slurm calls the job; runs that have ended are in it no more.
        self._numbers: dict[str, str] = {}
        self._again: dict[str, bool] = {}
        # Runs of which it was said that they will not start.
        self._stuck: set[str] = set()
        self._listed: dict[str, Listed] = {}
        self._asked_at: float | None = None
        self._is_down = False
        self._folder: Path | None = None

    @classmethod
    def find_devices(cls, resources: Resources, ask: bool) -> Devices:
        """The device of the machines that Slurm gives, which may be others than this one.

        Raises:
            ConfigError: one GPU is asked for by its number, or no device is found out.
        """
        devices, options = resources.devices, _options(resources)
        if ':' in devices.asked:
            raise ConfigError(f'--device {devices.asked}: the executor slurm takes cpu or cuda')
        name = known_device(resources, options)
        if name is None and ask:
            require_installed()
            name = asked_device(resources, options, _say)
        absence = f'device {devices.asked}: no machine of the cluster has been asked for its name'
        return Devices(devices.asked, devices.kind, name, absence='' if name else absence)

    def adopt(self, job: Job) -> bool:
        """Whether Slurm has a job of the run that has not ended."""
        # Without an answer a second job might be submitted beside the first.
        waiting_for_slurm(
            lambda: self._look(now=self._is_down), self._say_down, self._options.poll_s
        )
        found = self._listed.get(_comment(job))
        if found is not None:
            self._numbers[job.key] = found.number
        return found is not None

    def start(self, job: Job) -> None:
        """Submits a run; where Slurm does not answer, waits until it does.

        Raises:
            ConfigError: Slurm refuses the job.
        """
        pause_s = self._options.poll_s
        number = waiting_for_slurm(lambda: self._submit(job), self._say_down, pause_s)
        self._is_down = False
        self._numbers[job.key] = number
        self._listed[_comment(job)] = Listed(number, 'PENDING')
        self._folder = job.folder.parent
        write_json(RunPaths(job.folder).job, dict(job=number, comment=_comment(job)))

    def _asked(self, processes: int) -> Mapping[str, Any]:
        """What a job of so many processes asks for."""
        kind = self.resources.devices.kind
        return self._options.asked(kind, self.resources.threads, processes)

    def _submit(self, job: Job) -> str:
        return submit(
            RunInJob(job.command, job.variables, job.log.resolve()),
            _name(job),
            _comment(job),
            RunPaths(job.folder).slurm,
            self._asked(job.processes),
            self._options.requeues,
            tuple(self._numbers[key] for key in job.after if key in self._numbers),
        )

    def poll(self, job: Job) -> str | None:
        """None while Slurm has the job, or does not answer; then how it ended.

        Raises:
            Detached: nobody is to wait for the end.
        """
        if self.resources.detach:
            raise Detached
        try:
            self._look()
            if (found := self._listed.get(_comment(job))) is not None:
                self._say_stuck(job, found)
            if found is not None or self._is_down:
                return None
            facts = facts_of(self._numbers[job.key])
        except ClusterDownError as error:
            self._say_down(str(error))
            return None
        end = end_of(self._numbers[job.key], facts)
        if end is None:
            return None
        del self._numbers[job.key]
        self._again[job.key] = end.again
        self.linger_s = _LATE_S if end.had_node else 0.0
        return end.words

    def again(self, job: Job) -> bool:
        """Whether the cluster ended the run, and not the run itself or a person."""
        return self._again.pop(job.key)

    def stop(self) -> None:
        """Leaves the jobs alone, and says so."""
        if self._numbers:
            count = len(self._numbers)
            jobs = 'job goes' if count == 1 else 'jobs go'
            _say(
                f'{count} {jobs} on in Slurm; the same command follows them again, and '
                f'`ukd-bench status {self._folder}` says where they stand'
            )

    def _look(self, now: bool = False) -> None:
        """Asks for all jobs at once, unless that was done a moment ago.

        Args:
            now: Whether to ask all the same.
        """
        asked_at = self._asked_at
        if now or asked_at is None or time.monotonic() - asked_at >= self._options.poll_s:
            try:
                self._listed = jobs_by_comment()
                self._is_down = False
            finally:
                # One that does not answer takes its time, and is not asked again for the next job.
                self._asked_at = time.monotonic()

    def _say_stuck(self, job: Job, found: Listed) -> None:
        if found.is_stuck and job.key not in self._stuck:
            self._stuck.add(job.key)
            _say(f'{job.label}: Slurm job {found.number} waits and will not start: {found.reason}')

    def _say_down(self, why: str) -> None:
        if not self._is_down:
            self._is_down = True
            _say(f'{why}; waiting for Slurm')


def _options(resources: Resources) -> SlurmOptions:
    options = resources.options.get('slurm', SlurmOptions())
    assert isinstance(options, SlurmOptions)
    return options


def _comment(job: Job) -> str:
    return _mark(job.folder)


@cache
def _mark(folder: Path) -> str:
    # All jobs are looked for every round, and a network's file system takes a while to resolve one.
    return f'ukd-bench:{digest(str(folder.resolve()), 24)}'


def _name(job: Job) -> str:
    """What is read in a column of ``squeue``, and in a line of a script."""
    return re.sub(r'[^\w.=+-]+', '_', job.label).strip('_')


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
