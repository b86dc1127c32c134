"""Exceptions whose message is meant for the person at the terminal."""


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


class DivergedError(UkdBenchError, ArithmeticError):
    """A training whose loss is no longer a number: a result, not a defect."""
