"""Arguments that several subcommands share."""

import argparse
from pathlib import Path
from typing import Any

from mmengine.config import DictAction

from ...provenance import DEVICES


class _Overrides(DictAction):
    """MMEngine's, which splits what has no ``=`` all the same."""

    def __call__(self, parser: Any, namespace: Any, values: Any, *rest: Any) -> None:
        for value in values:
            if not value.partition('=')[1]:
                raise argparse.ArgumentError(self, f'{value!r} is not of the form KEY=VALUE')
        super().__call__(parser, namespace, values, *rest)


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
        action=_Overrides,
        metavar='KEY=VALUE',
        help='overrides, as for tools/train.py',
    )
