"""``python -m ukd_bench.knowledge show``: what banks hold. It needs no torch."""

import argparse
from pathlib import Path

from rich.console import Console

from ..show import banks_at, render


def add(commands: argparse._SubParsersAction) -> None:
    """Adds the subcommand's parser."""
    command = commands.add_parser(
        'show',
        help="print what banks hold, each teacher's accuracy, and how far teachers agree",
        description='Prints what banks hold, how often each teacher is right on those training '
        'clips, and how often two teachers name the same class.',
    )
    command.add_argument(
        'paths', type=Path, nargs='+', metavar='POOL_OR_BANK', help='a pool.json or a folder'
    )
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Prints what the command line names.

    Raises:
        BankError, ConfigError: a path is neither a pool nor a bank.
    """
    shown = [bank for path in arguments.paths for bank in banks_at(path)]
    Console(highlight=False).print(render(shown))
    return 0
