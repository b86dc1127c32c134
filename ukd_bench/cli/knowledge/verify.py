"""``ukd-bench knowledge verify``: checks that banks are what a student takes them for."""

import argparse

from ..values import count, number
from .fill import add_config

SUMMARY = 'compare the banks that a config reads with clips, teachers and checksums'
DESCRIPTION = (
    'Compares what each bank was made for with what the config says now, its bytes with their '
    'checksums, and a random sample of its scores with those of the teacher, which is run again. '
    'On the machine and device that filled a bank the largest error is 0.'
)
EPILOG = """\
examples:
  %(prog)s student.py
  %(prog)s student.py --sample 1000 --device cuda

exit status:
  0 nothing is wrong   1 something is   2 the config cannot be used
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that say what is compared, and how closely."""
    add = parser.add_argument
    add_config(parser)
    add(
        '--sample', type=count(1), default=64, metavar='N',
        help='(view, sample) addresses that each teacher scores again (default: 64)',
    )  # fmt: skip
    add('--seed', type=count(0), default=0, metavar='S', help='of the sample (default: 0)')
    add(
        '--tolerance', type=number('of at least 0'), default=1e-5, metavar='E',
        help='largest absolute error that is allowed (default: 1e-5)',
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Prints a line a teacher and a line a defect; returns 1 if there is a defect.

    Raises:
        ConfigError, DataError: the config cannot be used.
    """
    from ...knowledge.bank.student_config import read_bank_reader
    from ...knowledge.bank.verify import Sampling, verify_banks
    from ...records.execution import device_name

    device_name(arguments.device)
    reader = read_bank_reader(arguments.config, arguments.cfg_options)
    sampling = Sampling(arguments.sample, arguments.seed, arguments.tolerance, arguments.device)
    wrong = False
    for report in verify_banks(reader, sampling):
        print(*report.lines(), sep='\n', flush=True)
        wrong = wrong or bool(report.defects)
    return 1 if wrong else 0
