"""``python -m ukd_bench.measure``: measurements on this machine."""

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from ..errors import UkdBenchError
from . import loader_command

COMMANDS = (loader_command,)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a subcommand; returns its status, or 2 after one line on stderr about a mistake."""
    parser = _parser()
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
        print('interrupted', file=sys.stderr)
        return 130


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, without the usage that argparse puts before it."""
        self.exit(2, f'error: {message}\n')


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog='python -m ukd_bench.measure', description='Measures what depends on this machine.'
    )
    parser.set_defaults(run=None)
    commands = parser.add_subparsers(metavar='COMMAND')
    for command in COMMANDS:
        command.add(commands)
    return parser


if __name__ == '__main__':
    sys.exit(main())
