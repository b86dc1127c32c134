"""``python -m ukd_bench.knowledge show``: what banks hold. It needs no torch."""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from ...errors import UkdBenchError
from ...knowledge.bank.show import ShownBank, banks_at, render


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
    """Prints what the command line names; returns 2 if a path is neither a pool nor a bank."""
    shown: list[ShownBank] = []
    status = 0
    for path in arguments.paths:
        try:
            shown += banks_at(path)
        except UkdBenchError as error:
            print(f'error: {error}', file=sys.stderr)
            status = 2
    if shown:
        Console(highlight=False).print(render(shown))
    return status
