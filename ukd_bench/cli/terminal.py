"""What command lines share: subcommands, one-line complaints, parsers of values, a progress bar."""

import argparse
import contextlib
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import NoReturn, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ..errors import UkdBenchError


class Command(Protocol):
    """A module with one subcommand, whose parser sets ``run(arguments) -> status``."""

    def add(self, commands: 'argparse._SubParsersAction') -> None: ...


def run_command(
    prog: str, description: str, commands: Sequence[Command], argv: Sequence[str] | None = None
) -> int:
    """Runs the subcommand that the arguments name.

    Returns:
        Its status; 0 after the help; 2 after one line on stderr about a user's mistake.
    """
    # What mmcv-lite lacks, nothing here needs.
    warnings.filterwarnings('ignore', 'Fail to import ``MultiScaleDeformableAttention``')
    parser = Parser(prog=prog, description=description)
    parser.set_defaults(run=None)
    subparsers = parser.add_subparsers(metavar='COMMAND')
    for command in commands:
        command.add(subparsers)
    arguments = parser.parse_args(argv)
    if arguments.run is None:
        parser.print_help()
        return 0
    try:
        return arguments.run(arguments)
    except UkdBenchError as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print('interrupted; what is finished is kept', file=sys.stderr)
        return 130


class Parser(argparse.ArgumentParser):
    """Complains as everything else here does."""

    def error(self, message: str) -> NoReturn:
        """One line, without the usage that argparse puts before it."""
        self.exit(2, f'error: {message}\n')


def count(name: str, least: int) -> Callable[[str], int]:
    """A parser of whole numbers of at least ``least``, for the option ``name``."""

    def parse(text: str) -> int:
        if not re.fullmatch(r'\d+', text) or int(text) < least:
            raise argparse.ArgumentTypeError(f'{text!r} is not a whole number of at least {least}')
        return int(text)

    return parse


def gibibytes(positive: bool = False) -> Callable[[str], float]:
    """A parser of a finite number of GiB that is not negative, or is above zero."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not 0 <= value < float('inf') or (positive and not value):
            kind = 'a positive number' if positive else 'a number'
            raise argparse.ArgumentTypeError(f'{text!r} is not {kind} of GiB')
        return value

    return parse


def size(text: str) -> tuple[int, int]:
    """Width and height from ``WxH``."""
    match = re.fullmatch(r'(\d+)x(\d+)', text)
    if not match:
        raise argparse.ArgumentTypeError(f'{text!r} is not of the form 96x72')
    return int(match[1]), int(match[2])


@contextlib.contextmanager
def progress_bar(what: str, console: Console | None = None) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, by default on stderr, once there is something to do.

    Yields:
        ``update(done, total)``.
    """
    console = console or Console(stderr=True)
    bar = Progress(
        TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=console, transient=True, disable=not console.is_terminal,
    )  # fmt: skip
    with bar:
        task = bar.add_task(what, total=None, visible=False)
        yield lambda done, total: bar.update(task, completed=done, total=total, visible=True)
