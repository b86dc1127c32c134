"""``ukd-bench knowledge fill``: fills the banks that a config reads."""

import argparse
from collections.abc import Sequence
from typing import Any

from ..options import add_device
from ..values import count, named_path

SUMMARY = 'fill the banks that a config reads'
DESCRIPTION = (
    'Scores every view of every training clip with each teacher, loaded alone. May be stopped at '
    'any instant and called again, and several times at once.'
)
EPILOG = """\
examples:
  %(prog)s student.py --device cuda
  %(prog)s student.py --storage float16 --processes 2
"""


class _Overrides(argparse.Action):
    """Reads KEY=VALUE as MMEngine's own action does, and refuses what has no ``=``."""

    def __call__(
        self, parser: Any, namespace: Any, values: str | Sequence[Any] | None, *rest: Any
    ) -> None:
        # Imported here, because help does without it.
        from mmengine.config import DictAction

        for value in values or ():
            if not value.partition('=')[1]:
                raise argparse.ArgumentError(self, f'{value!r} is not of the form KEY=VALUE')
        DictAction(self.option_strings, self.dest)(parser, namespace, values, *rest)


def add_config(parser: argparse.ArgumentParser) -> None:
    """Adds the options of a config, its overrides, and the device that teachers run on."""
    parser.add_argument(
        'config',
        type=named_path,
        metavar='CONFIG',
        help='a training config with a hook that has a pool',
    )
    add_device(parser, 'where teachers run')
    parser.add_argument(
        '--cfg-options', nargs='+', action=_Overrides, metavar='KEY=VALUE',
        help='overrides, as for tools/train.py',
    )  # fmt: skip


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that say what is filled, and how."""
    add = parser.add_argument
    add_config(parser)
    add(
        '--num-views', type=count(1), metavar='V',
        help="views a bank (default: the hook's num_views, or the config's epochs)",
    )  # fmt: skip
    add(
        '--storage', metavar='S',
        help='float32, float16 or topK with a number K, as in top5 (default: as the bank is, or '
        'float32)',
    )  # fmt: skip
    add(
        '--processes', type=count(1), default=1, metavar='N',
        help='that share the views among them (default: 1)',
    )  # fmt: skip
    add(
        '--overwrite', action='store_true',
        help='fill folders anew that hold a whole bank of something else, or part of a larger one',
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Fills the banks that the command line asks for.

    Raises:
        ConfigError: the config cannot be used, or a teacher cannot be loaded.
        BankError: a bank that does not fit belongs to a sweep, or may not be overwritten.
    """
    from ...knowledge.bank.fill_all import fill_banks
    from ...knowledge.bank.storage import Storage
    from ...knowledge.bank.student_config import read_bank_reader
    from ...records.execution import device_name

    if arguments.storage is not None:
        Storage.of(arguments.storage)
    device_name(arguments.device)
    fill_banks(
        read_bank_reader(arguments.config, arguments.cfg_options),
        arguments.device,
        print_at_once,
        arguments.num_views,
        arguments.storage,
        arguments.processes,
        arguments.overwrite,
    )
    return 0


def print_at_once(line: str) -> None:
    """Prints a line at once, past any buffer, from whichever process."""
    print(line, flush=True)
