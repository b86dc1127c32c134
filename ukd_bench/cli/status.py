"""``ukd-bench status``: follows a sweep from another terminal."""

import argparse
import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING

from .values import named_path, number

if TYPE_CHECKING:
    from rich.console import Console

    from ..results.status import Follower, SweepStatus

SUMMARY = 'tell where a sweep stands, from another terminal'
DESCRIPTION = (
    'Tells where a sweep stands: how many runs are in which state, what runs now, the last errors, '
    'and the time left. It reads the results folder and writes nothing, so that it can be called '
    'while the sweep goes on, and on a folder that can only be read.'
)
EPILOG = """\
examples:
  %(prog)s                        the sweep in results/ planned last
  %(prog)s results/quick --watch  again every 2 s, until it has ended
  %(prog)s results/quick --json   for programs

exit status:
  0 no run was lost   1 a run failed or was interrupted, or waits on one that
  came to nothing   2 a mistake
"""
_RESULTS = Path('results')
_PAUSE_S = 2.0


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the argument for the sweep's folder, and how it is shown."""
    parser.add_argument(
        'results', type=named_path, nargs='?', metavar='RESULTS',
        help='folder of a sweep (default: the one in results/ that was planned last)',
    )  # fmt: skip
    how = parser.add_mutually_exclusive_group()
    how.add_argument('--json', action='store_true', help='print all of it as one JSON object')
    how.add_argument(
        '--watch', type=number('of seconds', positive=True), nargs='?', const=_PAUSE_S,
        metavar='SECONDS',
        help=f'again every so many seconds ({_PAUSE_S:g} where none are named), until nothing runs '
        'any more; Ctrl-C ends it and not the sweep',
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Prints where a sweep stands; returns 1 where runs were lost.

    Raises:
        ResultsError: the folder holds no sweep, or its plan is broken.
    """
    from rich.console import Console

    from ..results.status import Follower, newest_sweep
    from .status_text import as_json, lines

    follower = Follower(arguments.results or newest_sweep(_RESULTS))
    console = Console(highlight=False)
    if arguments.watch is not None:
        try:
            return _exit_status(_watch(follower, console, arguments.watch))
        except KeyboardInterrupt:
            return 0
    status = follower.look()
    if arguments.json:
        print(as_json(status))
    else:
        console.print(lines(status))
    return _exit_status(status)


def _watch(follower: 'Follower', console: 'Console', pause_s: float) -> 'SweepStatus':
    """Shows where the sweep stands until nothing runs any more; returns where it stood then."""
    from rich.live import Live

    from ..results.status import RUNNING
    from .status_text import lines

    with contextlib.ExitStack() as stack:
        live = None
        if console.is_terminal:
            live = stack.enter_context(Live(console=console, auto_refresh=False))
        while True:
            status = follower.look()
            if live is None:
                console.print(lines(status))
            else:
                live.update(lines(status), refresh=True)
            if status.state != RUNNING:
                return status
            time.sleep(pause_s)
            if live is None:
                print()


def _exit_status(status: 'SweepStatus') -> int:
    return 0 if status.is_whole else 1
