"""``python -m ukd_bench.data cache``: makes a clip cache, or brings one up to date."""

import argparse
import os
import shutil
from pathlib import Path
from ..terminal import count
from ..terminal import gibibytes
from ..terminal import progress_bar
from ...errors import DataError
from ...data.cache import build
from ...data.cache import default_folder
from ...data.cache import needed_bytes
from ...data.cache import verify
from ...data.cache.store import CACHE
from ...data.cache.store import Manifest
from ...data.arid.editions import EDITIONS
from ...data.arid.layout import find_layout


_GIB = 2**30


def add(commands: argparse._SubParsersAction) -> None:
    """Adds the subcommand's parser."""
    command = commands.add_parser(
        'cache',
        help='decode and resize all clips once, so that loaders need not',
        description='Stores the frames of all listed clips as they are after decoding and '
        'resizing. A loader given the folder (OpenVideo(cache=...)) maps them instead of decoding.',
    )
    command.add_argument('root', type=Path, metavar='ROOT', help='a data set with its lists')
    command.add_argument(
        '--out', type=Path, metavar='DIR', help='default: ROOT-cache, or ROOT-cache-N'
    )
    command.add_argument(
        '--short-side',
        type=count('--short-side', 1),
        metavar='N',
        help="pixels of the frames' shorter side; default: the videos' own",
    )
    command.add_argument(
        '--workers', type=count('--workers', 1), default=min(4, os.cpu_count() or 1), metavar='N'
    )
    command.add_argument(
        '--budget',
        type=gibibytes(positive=True),
        metavar='GIB',
        help='refuse to take more than that',
    )
    command.add_argument(
        '--verify', action='store_true', help='also decode all clips anew and compare every frame'
    )
    command.add_argument(
        '--edition', choices=sorted(EDITIONS), help='which, where the lists of two lie at ROOT'
    )
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Makes the cache that the command line asks for.

    Raises:
        DataError: it would exceed the budget or the free space, or differs from the videos.
    """
    root, short_side, workers = arguments.root, arguments.short_side, arguments.workers
    folder = arguments.out or default_folder(root, short_side)
    paths = find_layout(root, arguments.edition).all_paths()
    _require_room(root, folder, paths, short_side, arguments.budget)
    with progress_bar('clips') as update:
        cache = build(root, folder, paths, short_side, workers, update)
    if arguments.verify:
        with progress_bar('compared') as update:
            differing = verify(root, folder, paths, workers, update)
        if differing:
            raise DataError(
                f'{folder}: frames of {len(differing)} of {len(paths)} clips were not those of '
                f'their videos ({differing[0]} is the first); they are removed, the next call '
                'makes them anew'
            )
    size = '' if short_side is None else f', short side {short_side}'
    print(f'{folder}: {len(cache)} clips, {cache.num_bytes} bytes ({_size(cache.num_bytes)}){size}')
    return 0


def _require_room(
    root: Path, folder: Path, paths: list[str], short_side: int | None, budget: float | None
) -> None:
    # Of what is cached already the size is known, and no container need be opened again.
    held = dict(Manifest.read(folder).clips) if (folder / CACHE.manifest).is_file() else {}
    missing = needed_bytes(root, [path for path in paths if path not in held], short_side)
    needed = missing + sum(held[path].file_bytes for path in paths if path in held)
    if budget is not None and needed > budget * _GIB:
        raise DataError(
            f'{folder}: {len(paths)} clips need about {_size(needed)}, '
            f'more than --budget {budget:g} (GiB)'
        )
    existing = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if missing > free:
        raise DataError(
            f'{folder}: about {_size(missing)} more are needed, but {_size(free)} are free'
        )


def _size(number: int) -> str:
    return f'{number / _GIB:.1f} GiB' if number >= _GIB else f'{number / 2**20:.1f} MiB'
