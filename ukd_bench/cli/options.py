"""Options that several commands take, each described once."""

import argparse
import os

from ..data.arid.editions import EDITIONS
from ..errors import ConfigError
from ..records.execution import DEVICES
from .values import count, named_path


def add_root(parser: argparse.ArgumentParser, text: str) -> None:
    """Adds the argument for a data set's folder."""
    parser.add_argument('root', type=named_path, metavar='ROOT', help=text)


def add_edition(parser: argparse.ArgumentParser) -> None:
    """Adds the option for the edition whose lists count at a root that has those of two."""
    parser.add_argument(
        '--edition', choices=sorted(EDITIONS), help='which, where the lists of two lie at ROOT'
    )


def add_workers(parser: argparse.ArgumentParser, text: str) -> None:
    """Adds the option for the number of processes that work on videos."""
    default = min(4, os.cpu_count() or 1)
    parser.add_argument(
        '--workers', type=count(1), default=default, metavar='N',
        help=f'{text} (default: {default})',
    )  # fmt: skip


def add_device(parser: argparse.ArgumentParser, text: str) -> None:
    """Adds the option for the device that networks compute on."""
    parser.add_argument('--device', choices=DEVICES, default='cpu', help=f'{text} (default: cpu)')


def add_check(parser: argparse.ArgumentParser) -> None:
    """Adds the option by which a sweep that differs from its reference is an exit status."""
    parser.add_argument(
        '--check', action='store_true',
        help='exit with status 1 if a cell differs from the reference or is missing',
    )  # fmt: skip


def add_memory(parser: argparse.ArgumentParser) -> None:
    """Adds the option for figures of memory that were not got at the sweep's own scale."""
    parser.add_argument(
        '--memory', type=named_path, metavar='DIR',
        help='folder of what measure memory --json wrote, for the section and the claims on memory '
        'at full size (default: the figures that come with a clone)',
    )  # fmt: skip


def require_reference(arguments: argparse.Namespace) -> None:
    """Refuses ``--check`` where there is nothing to compare with.

    Raises:
        ConfigError: there is no ``--reference``.
    """
    if arguments.check and not arguments.reference:
        raise ConfigError('--check needs --reference')


def require_gpu_for_amp(arguments: argparse.Namespace) -> None:
    """Refuses ``--amp`` on a CPU, where MMEngine has no mixed precision.

    Raises:
        ConfigError: ``--device`` is the CPU.
    """
    if arguments.amp and arguments.device == 'cpu':
        raise ConfigError("--amp: MMEngine's AmpOptimWrapper needs a GPU, and --device is cpu")


def add_json(parser: argparse.ArgumentParser) -> None:
    """Adds the option for a file of the figures that a command prints."""
    parser.add_argument(
        '--json', type=named_path, metavar='FILE', help='also write all figures there'
    )


def add_blocks(parser: argparse.ArgumentParser, default: int) -> None:
    """Adds the option for how many times everything is measured."""
    parser.add_argument(
        '--blocks', type=count(2), default=default, metavar='N',
        help=f'how many times each is measured, in turn (default: {default})',
    )  # fmt: skip
