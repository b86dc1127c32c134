"""``ukd-bench knowledge show``: what banks hold. It needs no torch."""

import argparse
import sys
from typing import TYPE_CHECKING

from ...errors import UkdBenchError
from ..values import named_path

if TYPE_CHECKING:
    from ...knowledge.bank.show import ShownBank

SUMMARY = "print what banks hold, each teacher's accuracy, and how far teachers agree"
DESCRIPTION = (
    'Prints what banks hold, how often each teacher is right on those training clips, and how '
    'often two teachers name the same class.'
)
EPILOG = """\
examples:
  %(prog)s results/quick/pool.json
  %(prog)s bank other-bank
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the argument that names pools and banks."""
    parser.add_argument(
        'paths', type=named_path, nargs='+', metavar='POOL_OR_BANK', help='a pool.json or a folder'
    )


def run(arguments: argparse.Namespace) -> int:
    """Prints the banks that the command line names; returns 2 if a path is no pool or bank."""
    from rich.console import Console

    from ...knowledge.bank.show import banks_at, render

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
