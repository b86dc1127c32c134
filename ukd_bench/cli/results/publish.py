"""``ukd-bench results publish``: copies what may be shared of a sweep."""

import argparse

from ..values import named_path

SUMMARY = 'copy plan, records, scores and curves of a sweep'
DESCRIPTION = (
    'Copies what may be shared of a finished sweep: its plan, records, scores and curves. Weights, '
    'banks, logs and whatever names a place on this machine stay behind.'
)
EPILOG = """\
example:
  %(prog)s results/quick results/reference/quick
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments for the sweep's folder and the copy's."""
    parser.add_argument(
        'sweep', type=named_path, metavar='SWEEP', help='folder of a finished sweep'
    )
    parser.add_argument(
        'target', type=named_path, metavar='DIR', help='folder to write, or to replace'
    )


def run(arguments: argparse.Namespace) -> int:
    """Copies a sweep, and prints how many runs were copied.

    Raises:
        ResultsError: something must not be copied, or cannot be.
    """
    from ...errors import ResultsError
    from ...results.publish import publish

    try:
        count = publish(arguments.sweep, arguments.target)
    except ResultsError:
        raise
    except OSError as error:
        raise ResultsError(f'{error.filename}: {error.strerror or error}') from error
    print(f'{arguments.target}: {count} runs')
    return 0
