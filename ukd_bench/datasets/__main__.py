"""``python -m ukd_bench.data``: makes and prepares data sets."""

import argparse
import sys
from collections.abc import Sequence

from ..errors import UkdBenchError
from .commands import cache, check, flow, make

COMMANDS = (make, check, flow, cache)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a subcommand; returns its status, or 2 after one line on stderr about a mistake."""
    arguments = _parser().parse_args(argv)
    try:
        return arguments.run(arguments)
    except UkdBenchError as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print('interrupted; what is finished is kept', file=sys.stderr)
        return 130


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:
        """One line, without the usage that argparse puts before it."""
        self.exit(2, f'error: {message}\n')


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog='python -m ukd_bench.data', description='Makes, checks and prepares data sets.'
    )
    commands = parser.add_subparsers(required=True, metavar='COMMAND')
    for command in COMMANDS:
        command.add(commands)
    return parser


if __name__ == '__main__':
    sys.exit(main())
