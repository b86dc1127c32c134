"""``ukd-bench run``: carries out one run of a sweep in this process."""

import argparse
import gc
from pathlib import Path

from .values import named_path

SUMMARY = 'carry out one run of a sweep, as a sweep itself does'
DESCRIPTION = (
    'Carries out one run of a sweep in this process, from the run.json and config.py that the '
    'sweep has written, and writes its record. A run that was cut off goes on, one that is '
    'finished is left as it is, and one that was planned with other versions or source is refused.'
)
EPILOG = """\
example:
  %(prog)s results/quick/6d3b8f305f7e-1c0f9a3e

exit status:
  0 done   1 a defect   2 a mistake to mend   3 out of memory
  4 diverged
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the argument for the run's folder."""
    parser.add_argument(
        'folder', type=named_path, metavar='FOLDER', help='folder with run.json and config.py'
    )


def run(arguments: argparse.Namespace) -> int:
    """Carries out the run; returns what it ended in as an exit status.

    Raises:
        UkdBenchError: the folder holds no run, or another process carries it out.
    """
    from ..files.hosts import moved_path
    from ..records.folder import RunPaths
    from ..runs.carry_out import EXIT_STATUS, carry_out

    # What was imported stays; whoever looks through all objects need not look through these.
    gc.freeze()
    return EXIT_STATUS[carry_out(RunPaths(Path(moved_path(str(arguments.folder)))))]
