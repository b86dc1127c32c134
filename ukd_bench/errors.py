"""Exceptions whose message is meant for the person at the terminal."""

import contextlib
import traceback
from collections.abc import Iterator


class UkdBenchError(Exception):
    """A mistake or a missing thing that a user can mend.

    The message is one line that names the file, key or value at fault; the command-line entries
    print it without a traceback and exit with status 2.
    """


class ConfigError(UkdBenchError, ValueError):
    """A config key or value that cannot be used."""


class DataError(UkdBenchError, ValueError):
    """A data set, list file or video that cannot be used."""


class BankError(UkdBenchError, ValueError):
    """A knowledge bank that is absent, incomplete or made for something else."""


class ResultsError(UkdBenchError, OSError):
    """A results folder or record that cannot be read or written."""


class HeldError(ResultsError):
    """A run's folder in which another process works."""


class NoRoomError(ResultsError):
    """A disk that has no room for what is to be written."""


class LimitError(UkdBenchError):
    """A run that has taken longer than it may; it can go on."""


class ProcessError(UkdBenchError):
    """One of a run's processes that came to an end before the others."""


class DivergedError(UkdBenchError, ArithmeticError):
    """A training whose loss is no longer a number: a result, not a defect."""


def is_unreadable(error: UkdBenchError) -> bool:
    """Whether an error comes of a file that is there, as far as is known, and cannot be read.

    Such a file may be whole, and be read again later. One that is absent, or holds something else,
    is not.
    """
    absent = (FileNotFoundError, NotADirectoryError, IsADirectoryError)
    cause = error.__cause__
    # One of ours may be an OSError itself, and stand between.
    if isinstance(cause, UkdBenchError):
        return is_unreadable(cause)
    return isinstance(cause, OSError) and not isinstance(cause, absent)


@contextlib.contextmanager
def told_in_one_line(whose: str) -> Iterator[None]:
    """Has a user's own code fail in one line that names it, whatever goes wrong in it.

    Args:
        whose: How the line begins, as in ``executor 'mine.Queue'``.

    Raises:
        ConfigError: for any exception in the block but those that are meant for a person already.
    """
    try:
        yield
    except UkdBenchError:
        raise
    # Anybody's code may fail in any way.
    except Exception as error:
        raise ConfigError(f'{whose}: {type(error).__name__}: {one_line(error)}') from error


def shortened(text: str, limit: int = 80) -> str:
    """A text for a message: cut where it has more characters than ``limit``, with their number."""
    return text if len(text) <= limit else f'{text[:limit]}... ({len(text)} characters)'


def quoted(value: object, limit: int = 80) -> str:
    """A value as Python writes it, for a message, :func:`shortened`."""
    try:
        return shortened(repr(value), limit)
    # Python writes no whole number of more than some thousand digits.
    except ValueError:
        return f'of type {type(value).__name__} and too long to be written'


def one_line(problem: BaseException, limit: int = 300) -> str:
    """Describes an exception in one line, for a person who will not see the traceback.

    It is the last line of the message, since a loader worker's exception carries its traceback
    before it, or the failing source line where there is no message, as after a bare ``assert``.
    """
    lines = str(problem).strip().splitlines()
    if not lines:
        frames = traceback.extract_tb(problem.__traceback__)
        where = f': {frames[-1].line}' if frames else ''
        lines = [type(problem).__name__ + where]
    return lines[-1].strip()[:limit]
