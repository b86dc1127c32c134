"""``ukd-bench results export``: the runs of sweeps as one table."""

import argparse

from ..values import named_path

SUMMARY = 'write the runs of sweeps as CSV, a row a run'
DESCRIPTION = 'Writes the table that ukd_bench.results.load returns: a row a run.'
EPILOG = """\
example:
  %(prog)s results/quick results/reference/quick --csv runs.csv
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments for the sweeps' folders and the table's file."""
    parser.add_argument(
        'sweeps', type=named_path, nargs='+', metavar='SWEEP', help='folder of a sweep'
    )
    parser.add_argument(
        '--csv', type=named_path, required=True, metavar='FILE', help='file to write, or to replace'
    )


def run(arguments: argparse.Namespace) -> int:
    """Writes the table, and prints how many runs it has.

    Raises:
        ResultsError: a folder holds no sweep, or the file cannot be written.
    """
    from ...errors import ResultsError
    from ...results.frames import load

    frame = load(*arguments.sweeps)
    try:
        frame.to_csv(arguments.csv, index=False)
    except OSError as error:
        raise ResultsError(f'{arguments.csv}: {error.strerror or error}') from error
    print(f'{arguments.csv}: {len(frame)} runs')
    return 0
