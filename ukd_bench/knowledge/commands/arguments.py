"""Arguments that several subcommands share."""

import argparse
from pathlib import Path

from mmengine.config import DictAction

from ...provenance import DEVICES


def add_config(command: argparse.ArgumentParser) -> None:
    """Adds a config, what overrides it, and the device that teachers run on."""
    command.add_argument(
        'config', type=Path, metavar='CONFIG', help='a training config with a hook that has a pool'
    )
    command.add_argument(
        '--device', choices=DEVICES, default='cpu', help='where teachers run (default: cpu)'
    )
    command.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        metavar='KEY=VALUE',
        help='overrides, as for tools/train.py',
    )
