"""``python -m ukd_bench.knowledge verify``: whether banks are what a student takes them for."""

import argparse

from ...knowledge.bank.student_config import read_bank_reader
from ...records.execution import device_name
from ..terminal import count
from .fill import add_config

_EPILOG = """
The exit status is 0 where nothing is wrong, 1 where something is, and 2 where the config cannot be
used. On the machine and device that filled a bank the largest error is 0.
"""


def add(commands: argparse._SubParsersAction) -> None:
    """Adds the subcommand's parser."""
    command = commands.add_parser(
        'verify',
        help='compare the banks that a config reads with clips, teachers and checksums',
        description='Compares what each bank was made for with what the config says now, its bytes '
        'with their checksums, and a random sample of its scores with those of the teacher, which '
        'is run again.',
        epilog=_EPILOG,
    )
    add_config(command)
    command.add_argument(
        '--sample',
        type=count('--sample', 1),
        default=64,
        metavar='N',
        help='(view, sample) addresses that each teacher scores again (default: 64)',
    )
    command.add_argument(
        '--seed', type=count('--seed', 0), default=0, metavar='S', help='of the sample (default: 0)'
    )
    command.add_argument(
        '--tolerance',
        type=_tolerance,
        default=1e-5,
        metavar='E',
        help='largest absolute error that is allowed (default: 1e-5)',
    )
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Prints a line a teacher and a line a defect; returns 1 if there is a defect.

    Raises:
        ConfigError, DataError: the config cannot be used.
    """
    from ...knowledge.bank.verify import Sampling, verify_banks

    device_name(arguments.device)
    reader = read_bank_reader(arguments.config, arguments.cfg_options)
    sampling = Sampling(arguments.sample, arguments.seed, arguments.tolerance, arguments.device)
    wrong = False
    for report in verify_banks(reader, sampling):
        print(*report.lines(), sep='\n', flush=True)
        wrong = wrong or bool(report.defects)
    return 1 if wrong else 0


def _tolerance(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float('inf'):
        raise argparse.ArgumentTypeError(f'{text!r} is not a number of at least 0')
    return value
