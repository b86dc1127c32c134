"""``python -m ukd_bench.data make``: makes a DarkRoom."""

import argparse
import dataclasses
import os
from pathlib import Path
from ..terminal import count
from ..terminal import progress_bar
from ..terminal import size
from ...data.darkroom import PRESETS
from ...data.darkroom import DarkRoomSpec
from ...data.darkroom import make
from ...data.darkroom.preview import check_name
from ...data.darkroom.preview import write_preview


def add(commands: argparse._SubParsersAction) -> None:
    """Adds the subcommand's parser."""
    command = commands.add_parser(
        'make', help='make a DarkRoom, synthetic dark videos of the eleven ARID actions'
    )
    command.add_argument('root', type=Path, metavar='ROOT', help='a new folder, or one to complete')
    command.add_argument('--preset', choices=sorted(PRESETS), default='quick')
    command.add_argument('--seed', type=count('--seed', 0), help="default: the preset's")
    command.add_argument('--clips', type=count('--clips', 1), metavar='N', help='clips in all')
    command.add_argument('--size', type=size, metavar='WxH', help='frame size in pixels')
    command.add_argument(
        '--workers', type=count('--workers', 1), default=min(4, os.cpu_count() or 1), metavar='N'
    )
    command.add_argument(
        '--bright',
        action='store_true',
        help='the same scenes well lit, to tell what the dark costs',
    )
    command.add_argument('--preview', type=Path, metavar='PNG', help='also write a contact sheet')
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Makes what the command line asks for."""
    spec = _spec(arguments)
    if arguments.preview is not None:
        check_name(arguments.preview)
    with progress_bar('clips') as update:
        manifest = make(arguments.root, spec, arguments.workers, update)
    if arguments.preview is not None:
        write_preview(arguments.preview, arguments.root, manifest)
    clips = len(manifest['clips'])
    print(f'{arguments.root}: {clips} clips, fingerprint {manifest["fingerprint"]}')
    return 0


def _spec(arguments: argparse.Namespace) -> DarkRoomSpec:
    changes = {'seed': arguments.seed, 'clips': arguments.clips}
    if arguments.size is not None:
        changes |= {'width': arguments.size[0], 'height': arguments.size[1]}
    given = {name: value for name, value in changes.items() if value is not None}
    return dataclasses.replace(PRESETS[arguments.preset], bright=arguments.bright, **given)
