"""What Slurm is asked: which jobs there are, how one ended, to put one back."""

import os
import re
import subprocess
from dataclasses import dataclass

from ....errors import ConfigError, UkdBenchError, shortened

_TIMEOUT_S = 60.0
_DOWN = re.compile(
    r'unable to contact slurm controller|socket timed out|connection refused|'
    r'temporarily unable|zero bytes were transmitted|communication connection failure|'
    r'controller.{0,30}not responding|in standby mode|try again|authentication error',
    re.IGNORECASE,
)
_STUCK = (
    'JobHeldUser', 'JobHeldAdmin', 'launch failed requeued held', 'BadConstraints',
    'PartitionTimeLimit', 'PartitionNodeLimit', 'InvalidAccount', 'InvalidQOS',
    'AccountNotAllowed', 'QOSNotAllowed',
)  # fmt: skip
_UNKNOWN_JOB = re.compile('invalid job id', re.IGNORECASE)


class ClusterDownError(UkdBenchError):
    """Slurm does not answer at the moment, and may later."""


class RefusedError(ConfigError):
    """Slurm answers, and does not do what it was asked for."""


@dataclass(frozen=True)
class Listed:
    """A job that has not ended.

    Attributes:
        number: What Slurm calls it.
        state: ``PENDING``, ``RUNNING``, ...
        reason: Why it waits.
    """

    number: str
    state: str
    reason: str = 'None'

    @property
    def is_stuck(self) -> bool:
        """Whether it waits for something that does not come by itself."""
        return self.state == 'PENDING' and self.reason in _STUCK


def jobs_by_comment() -> dict[str, Listed]:
    """All jobs of this user that have not ended, by the comments that they were submitted with.

    Raises:
        ClusterDownError: Slurm does not answer, or not what it is asked.
        ConfigError: it is not installed.
    """
    found = {}
    try:
        said = ask('squeue', '--noheader', f'--user={os.getuid()}', '--format=%i|%T|%r|%k')
    except RefusedError as error:
        # Nothing that a user has said is in the question.
        raise ClusterDownError(str(error)) from error
    for line in said.splitlines():
        number, *facts = line.strip().split('|', 3)
        # The comment of another job of the user's may have several lines.
        if number and len(facts) == 3:
            state, reason, comment = facts
            found[comment] = Listed(number, state, reason)
    return found


def facts_of(number: str) -> dict[str, str] | None:
    """What Slurm tells of a job, by its own names; None where it does not know it any more.

    Raises:
        ClusterDownError: Slurm does not answer, or not what it is asked.
        ConfigError: it is not installed.
    """
    try:
        said = ask('scontrol', '--oneliner', 'show', 'job', number)
    except RefusedError as error:
        if _UNKNOWN_JOB.search(str(error)):
            return None
        raise ClusterDownError(str(error)) from error
    pairs = (word.partition('=') for word in said.split())
    return {name: value for name, equals, value in pairs if equals}


def ask(*command: str) -> str:
    """What a command of Slurm prints.

    Raises:
        ClusterDownError: Slurm does not answer.
        ConfigError: it refuses, or is not installed.
    """
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors='replace',
            timeout=_TIMEOUT_S,
        )
    except FileNotFoundError as error:
        raise ConfigError(f'{command[0]} is not found: is this a machine of a cluster?') from error
    except subprocess.TimeoutExpired as error:
        raise ClusterDownError(f'{command[0]} did not answer in {_TIMEOUT_S:.0f} s') from error
    if done.returncode:
        raise complaint(command[0], done.stderr)
    return done.stdout


def complaint(program: str, said: str) -> UkdBenchError:
    """What a command of Slurm complained of, in one line.

    Args:
        program: Name of the command.
        said: What it wrote to its stderr.
    """
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    # Warnings and hints may stand around them, and `sbatch: error: ` before each.
    errors = [line for line in lines if 'error:' in line] or lines[:1] or ['it said nothing']
    words = '; '.join(re.sub(rf'^({program}: )?(error: )?', '', line) for line in errors)
    line = f'{program}: {shortened(words, 300)}'
    if 'submit limit' in words:
        line += '; with --jobs N there are N at once'
    return ClusterDownError(line) if _DOWN.search(said) else RefusedError(line)
