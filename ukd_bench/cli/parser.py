"""The parser of all commands, and what makes a module a command."""

import argparse
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

from ..checks import did_you_mean

WIDTH = 80


class Command(Protocol):
    """A module with one command.

    Attributes:
        SUMMARY: What the command does, as the list of commands says it.
        DESCRIPTION: What the command does, in sentences.
        EPILOG: Examples and further notes; ``%(prog)s`` is how the command was called.
    """

    SUMMARY: str
    DESCRIPTION: str
    EPILOG: str

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Adds the command's options and arguments to its parser."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Carries the command out, and returns its exit status."""


@dataclass(frozen=True)
class Room:
    """A group of commands that belong together.

    Attributes:
        SUMMARY: What the commands do, as the list of commands says it.
        DESCRIPTION: What the commands do, in sentences.
        EPILOG: Examples.
        commands: The commands by name.
    """

    SUMMARY: str
    DESCRIPTION: str
    EPILOG: str
    commands: 'Mapping[str, Command | Room]'


class Parser(argparse.ArgumentParser):
    """Parser that keeps the lines of examples, and says in one line what cannot be used."""

    @classmethod
    def of(cls, prog: str, what: Command | Room) -> 'Parser':
        """The parser of a command, or of a room and all its commands.

        What it parses has ``run``, a function of what was parsed that returns the exit status.
        """
        parser = cls(prog, **cls._texts(what))
        parser._take(what)
        return parser

    def _take(self, what: Command | Room) -> None:
        if not isinstance(what, Room):
            self.set_defaults(run=what.run)
            what.add_options(self)
            return
        self.set_defaults(run=self._explain)
        commands = self.add_subparsers(title='commands', metavar='COMMAND')
        for name, one in what.commands.items():
            parser = commands.add_parser(name, help=one.SUMMARY, **self._texts(one))
            parser._take(one)

    @staticmethod
    def _texts(what: Command | Room) -> dict[str, Any]:
        return dict(
            description=textwrap.fill(what.DESCRIPTION, WIDTH - 2),
            epilog=what.EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    def _explain(self, arguments: argparse.Namespace) -> int:
        self.print_help()
        return 0

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if isinstance(action, argparse._SubParsersAction) and value not in action.choices:
            names = list(action.choices)
            instead = did_you_mean(value, names) or f'; there are {", ".join(names)}'
            raise argparse.ArgumentError(None, f'unknown command {value!r}{instead}')
        super()._check_value(action, value)

    def error(self, message: str) -> NoReturn:
        """Ends the program with status 2 after one line, without the usage before it."""
        self.exit(2, f'error: {message} (see {self.prog} --help)\n')
