"""``ukd-bench leaderboard``: writes one page of many sweeps."""

import argparse
import sys

from .values import named_path

SUMMARY = 'write one page of many sweeps, ranked by accuracy'
DESCRIPTION = (
    'Ranks the students of many sweeps by accuracy, within the data that they have in common, and '
    'says which of them cannot be told from the best. A folder of a sweep must hold a valid record '
    'of each planned run and no other, as results publish leaves it; one that does not is refused, '
    'and named. What is no folder of a sweep is passed over.'
)
EPILOG = """\
examples:
  %(prog)s results/* --out board
  %(prog)s results/reference/* theirs/quick --out board

exit status:
  0 written   1 written, and a folder was refused   2 a mistake, nothing written
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments for the sweeps' folders and the page's."""
    parser.add_argument(
        'sweeps', type=named_path, nargs='+', metavar='SWEEP', help='folder of a sweep'
    )
    parser.add_argument(
        '--out', type=named_path, required=True, metavar='DIR', help='folder to write'
    )


def run(arguments: argparse.Namespace) -> int:
    """Writes the page; returns 1 where a folder was refused.

    Raises:
        ResultsError: a folder does not exist, none can be ranked, or the page cannot be written.
    """
    from ..report.leaderboard import write_leaderboard

    written = write_leaderboard(arguments.sweeps, arguments.out)
    for one in written.leaderboard.left_out:
        what = 'refused' if one.refused else 'passed over'
        print(f'{what}: {one.name}: {one.reason}', file=sys.stderr)
    for text in written.summary:
        print(text)
    print(f'Page: {written.index}')
    return 1 if written.leaderboard.refused else 0
