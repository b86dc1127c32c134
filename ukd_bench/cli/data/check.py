"""``python -m ukd_bench.data check``: whether a data set is what it should be."""

import argparse
import json
import os
from pathlib import Path
from rich.console import Console
from ..terminal import count
from ..terminal import progress_bar
from ...data.check import check
from ...data.check.text import render
from ...data.arid.editions import EDITIONS
from ...data.arid.layout import HOW_TO_GET


_EPILOG = f"""
It knows ARID v1.0, ARID v1.5, UG2+ 2.1, DarkRoom, and MMAction2's lists of your own videos.
No videos yet? {HOW_TO_GET}. The exit status is 0 where nothing is wrong, 1 where something
is, and 2 where ROOT cannot be checked at all.
"""


def add(commands: argparse._SubParsersAction) -> None:
    """Adds the subcommand's parser."""
    command = commands.add_parser(
        'check',
        help='check lists, counts and videos of a data set against what is known of it',
        description='Checks lists, counts and videos of a data set against what is known of it.',
        epilog=_EPILOG,
    )
    command.add_argument('root', type=Path, metavar='ROOT', help='the folder of the data set')
    command.add_argument(
        '--decode', action='store_true', help='decode every video to its last frame'
    )
    command.add_argument(
        '--workers',
        type=count('--workers', 1),
        default=min(4, os.cpu_count() or 1),
        metavar='N',
        help='processes that decode',
    )
    command.add_argument('--json', action='store_true', help='print everything, for programs')
    command.add_argument(
        '--edition', choices=sorted(EDITIONS), help='which, where the lists of two lie at ROOT'
    )
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Checks what the command line names; returns 1 if something is wrong."""
    with progress_bar('videos') as update:
        report = check(
            arguments.root, arguments.edition, arguments.decode, arguments.workers, update
        )
    if arguments.json:
        print(json.dumps(report.to_dict(), indent=1))
    else:
        Console(highlight=False, soft_wrap=False).print(render(report))
    return 1 if report.problems else 0
