"""``ukd-bench measure profile``: what a plain training step spends its time on."""

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ..options import add_json
from ..progress import progress_bar
from ..values import count

if TYPE_CHECKING:
    from ...measure.speed.profile import StepProfile

SUMMARY = 'what a plain training step spends its time on'
DESCRIPTION = (
    "Profiles steps of a plain student on one thread of the CPU, by torch's profiler, and prints "
    'the share of each part of a step. Clips are made in a temporary folder.'
)
EPILOG = """\
examples:
  %(prog)s
  %(prog)s --channels-last --json profile.json
"""
SCHEMA = 1


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that say what is trained, and for how many steps."""
    add = parser.add_argument
    add(
        '--student', default='i3d-r18-w8', metavar='NAME',
        help="one of the quick sweep's backbones (default: i3d-r18-w8)",
    )  # fmt: skip
    add('--batch-size', type=count(1), default=16, metavar='N', help='clips a step (default: 16)')
    add(
        '--steps', type=count(2), default=90, metavar='N',
        help='steps that are profiled, and as many that are not (default: 90)',
    )  # fmt: skip
    add(
        '--channels-last', action='store_true',
        help='lay out the convolutions with their channels last, whatever the config says',
    )  # fmt: skip
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measures, and prints a table."""
    from dataclasses import asdict

    from ...files.atomic import write_json
    from ...measure.speed.method_steps import Variant, Workshop
    from ...measure.speed.networks import quick_networks
    from ...measure.speed.profile import profile_steps
    from ...records.execution import environment

    variant = Variant('plain', 0, True if arguments.channels_last else None)
    with tempfile.TemporaryDirectory(prefix='ukd-bench-profile-') as scratch:
        networks = quick_networks(arguments.student)
        workshop = Workshop(Path(scratch), networks, arguments.batch_size, 'cpu')
        with progress_bar('measuring') as update:
            found = profile_steps(workshop, variant, arguments.steps, update)
    print(f'{arguments.student}, batches of {arguments.batch_size}: {1e3 * found.step_s:.1f} ms\n')
    print(table(found))
    if arguments.json is not None:
        names = ('student', 'batch_size', 'steps', 'channels_last')
        setting = {name: getattr(arguments, name) for name in names}
        content = dict(schema=SCHEMA, kind='profile', environment=environment('cpu', 1))
        content |= dict(setting=setting, shares=found.shares, main_share=found.main_share)
        write_json(arguments.json, content | asdict(found))
    return 0


def table(found: 'StepProfile') -> str:
    """A table of the parts, the largest first, and of the main ones together."""
    from ...measure.speed.profile import MAIN

    rows = [
        (f'{name} *' if name in MAIN else name, share, found.parts_s[name])
        for name, share in found.shares.items()
    ]
    rows.append(('* together', found.main_share, found.main_share * found.step_s))
    return '\n'.join(
        f'{name:45} {100 * share:5.1f} %  {1e3 * seconds:7.2f} ms' for name, share, seconds in rows
    )
