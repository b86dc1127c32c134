"""``ukd-bench data pixels``: the numbers that fixed normalisation takes."""

import argparse

from ..options import add_edition, add_root
from ..progress import progress_bar

SUMMARY = 'print mean and deviation of the training clips, for fixed normalisation'
DESCRIPTION = (
    'Decodes the training clips of a split and prints the mean and the standard deviation of red, '
    'green and blue as a config takes them. Take those of what a network was pretrained on.'
)
EPILOG = """\
examples:
  %(prog)s data/darkroom-bright
  %(prog)s /data/ARID --split 2
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that say which clips count."""
    add_root(parser, 'a data set with its lists')
    parser.add_argument('--split', type=int, default=1, metavar='N', help='default: 1')
    add_edition(parser)


def run(arguments: argparse.Namespace) -> int:
    """Prints the numbers.

    Raises:
        DataError: the lists cannot be read or a video cannot be decoded.
    """
    from ...data.pixels import pixel_statistics

    with progress_bar('videos') as update:
        mean_C, std_C = pixel_statistics(arguments.root, arguments.split, arguments.edition, update)
    mean, std = (', '.join(f'{value:.1f}' for value in values) for values in (mean_C, std_C))
    print(f'normalization=dict(mean=[{mean}], std=[{std}])')
    return 0
