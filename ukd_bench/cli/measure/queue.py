"""``ukd-bench measure queue``: how long a sweep takes from one run to the next."""

import argparse
import statistics
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ..options import add_blocks, add_json
from ..progress import progress_bar
from ..values import count, number, numbers

if TYPE_CHECKING:
    from ...sweep.queue_speed import QueueFigures

SUMMARY = 'time from the end of one run of a sweep to the start of the next'
DESCRIPTION = (
    'Times what a sweep does between two runs, beside some numbers of finished ones. Runs are made '
    'up in a temporary folder, each with a checkpoint of its own, and end at once.'
)
EPILOG = """\
examples:
  %(prog)s
  %(prog)s --finished 10,1000 --mib 8
"""
SCHEMA = 1


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that say how many runs there are, and of what size."""
    add = parser.add_argument
    add(
        '--finished', type=numbers(1), default=[10, 200], metavar='N,N',
        help='numbers of finished runs (default: 10,200)',
    )  # fmt: skip
    add(
        '--ending', type=count(2), default=6, metavar='N',
        help='runs that start and end beside them (default: 6)',
    )  # fmt: skip
    add(
        '--mib', type=number('of MiB'), default=1.0, metavar='MIB',
        help="size of each run's checkpoint (default: 1)",
    )  # fmt: skip
    add_blocks(parser, 5)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measures, and prints a table."""
    from ...files.atomic import write_json
    from ...records.execution import environment
    from ...sweep.queue_speed import MIB, measure_queue

    with (
        tempfile.TemporaryDirectory(prefix='ukd-bench-queue-') as scratch,
        progress_bar('measuring') as update,
    ):
        figures = measure_queue(
            Path(scratch),
            arguments.finished,
            arguments.ending,
            int(arguments.mib * MIB),
            arguments.blocks,
            update,
        )
    print(table(figures))
    print(
        f'One process, {arguments.blocks} interleaved blocks, the median and the range of all; '
        'files in\nthe page cache.'
    )
    if arguments.json is not None:
        content = dict(schema=SCHEMA, kind='queue', environment=environment('cpu', 1))
        write_json(arguments.json, content | asdict(figures))
    return 0


def table(figures: 'QueueFigures') -> str:
    """A table of the figures, for a person."""
    lines = [f'  {"finished runs":>13}   {"end to next start, ms":28}   {"look at the start, ms"}']
    for finished, blocks in figures.gaps_s.items():
        gaps = [gap for block in blocks for gap in block]
        lines.append(f'  {finished:13}   {_range(gaps):28}   {_range(figures.start_s[finished])}')
    return '\n'.join(lines)


def _range(seconds: list[float]) -> str:
    low, middle, high = (
        1e3 * value for value in (min(seconds), statistics.median(seconds), max(seconds))
    )
    return f'{middle:.1f} ({low:.1f} to {high:.1f})'
