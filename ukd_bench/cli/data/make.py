"""``ukd-bench data make``: makes a DarkRoom."""

import argparse
import dataclasses
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..options import add_root, add_workers
from ..progress import progress_bar
from ..values import count, named_path, one_of, size

if TYPE_CHECKING:
    from ...data.darkroom import DarkRoomSpec

SUMMARY = 'make a DarkRoom, synthetic dark videos of the eleven ARID actions'
DESCRIPTION = (
    'Makes a DarkRoom: synthetic dark videos of the eleven ARID actions, from a seed. A folder '
    'that was begun is completed.'
)
EPILOG = """\
presets:
  quick (of the quick sweep), full (of the size of ARID), tiny (for tests)

examples:
  %(prog)s videos
  %(prog)s videos --preset full --preview sheet.png
"""


def _presets() -> Iterable[str]:
    from ...data.darkroom import PRESETS

    return sorted(PRESETS)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that say what is made, and where."""
    add = parser.add_argument
    add_root(parser, 'a new folder, or one to complete')
    add(
        '--preset', type=one_of(_presets), default='quick', metavar='PRESET',
        help='which, see below (default: quick)',
    )  # fmt: skip
    add('--seed', type=count(0), metavar='S', help="default: the preset's")
    add('--clips', type=count(1), metavar='N', help="clips in all (default: the preset's)")
    add('--size', type=size, metavar='WxH', help="frame size in pixels (default: the preset's)")
    add_workers(parser, 'processes that make clips')
    add('--bright', action='store_true', help='the same scenes well lit, to tell what dark costs')
    add('--preview', type=named_path, metavar='PNG', help='also write a contact sheet')


def run(arguments: argparse.Namespace) -> int:
    """Makes the DarkRoom that the command line asks for."""
    from ...data.darkroom import make
    from ...data.darkroom.preview import check_name, write_preview

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


def _spec(arguments: argparse.Namespace) -> 'DarkRoomSpec':
    from ...data.darkroom import PRESETS

    changes = {'seed': arguments.seed, 'clips': arguments.clips}
    if arguments.size is not None:
        changes |= {'width': arguments.size[0], 'height': arguments.size[1]}
    given = {name: value for name, value in changes.items() if value is not None}
    return dataclasses.replace(PRESETS[arguments.preset], bright=arguments.bright, **given)
