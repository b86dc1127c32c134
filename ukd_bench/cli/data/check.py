"""``ukd-bench data check``: whether a data set is what it should be."""

import argparse
import json
import textwrap

from ...data.arid.editions import HOW_TO_GET
from ..options import add_edition, add_root, add_workers
from ..parser import WIDTH
from ..progress import progress_bar

SUMMARY = 'check lists, counts and videos of a data set against what is known of it'
DESCRIPTION = (
    'Checks lists, counts and videos of a data set against what is known of it. It knows ARID '
    "v1.0, ARID v1.5, UG2+ 2.1, DarkRoom, and MMAction2's lists of your own videos."
)
_NO_VIDEOS = textwrap.fill(f'No videos yet? {HOW_TO_GET}.', WIDTH - 2)
EPILOG = f"""\
examples:
  %(prog)s /data/ARID
  %(prog)s videos --decode --json

{_NO_VIDEOS}

exit status:
  0 nothing is wrong   1 something is   2 ROOT cannot be checked at all
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that say what is checked, and how thoroughly."""
    add_root(parser, 'the folder of the data set')
    parser.add_argument(
        '--decode', action='store_true', help='decode every video to its last frame'
    )
    add_workers(parser, 'processes that decode')
    parser.add_argument('--json', action='store_true', help='print everything, for programs')
    add_edition(parser)


def run(arguments: argparse.Namespace) -> int:
    """Checks the data set that the command line names; returns 1 if something is wrong."""
    from rich.console import Console

    from ...data.check import check
    from ...data.check.text import render

    with progress_bar('videos') as update:
        report = check(
            arguments.root, arguments.edition, arguments.decode, arguments.workers, update
        )
    if arguments.json:
        print(json.dumps(report.to_dict(), indent=1))
    else:
        Console(highlight=False, soft_wrap=False).print(render(report))
    return 1 if report.problems else 0
