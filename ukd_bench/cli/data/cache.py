"""``ukd-bench data cache``: makes a clip cache, or brings one up to date."""

import argparse

from ..options import add_edition, add_root, add_workers
from ..progress import progress_bar
from ..values import count, named_path, number

SUMMARY = 'decode and resize all clips once, so that loaders need not'
DESCRIPTION = (
    'Stores the frames of all listed clips as they are after decoding and resizing. A loader given '
    'the folder, as in OpenVideo(cache=...), maps them instead of decoding.'
)
EPILOG = """\
examples:
  %(prog)s /data/ARID --short-side 128
  %(prog)s videos --budget 20 --verify
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that say what is cached, and where."""
    add = parser.add_argument
    add_root(parser, 'a data set with its lists')
    add('--out', type=named_path, metavar='DIR', help='default: ROOT-cache, or ROOT-cache-PX')
    add(
        '--short-side', type=count(1), metavar='PX',
        help="the frames' shorter side (default: the videos' own)",
    )  # fmt: skip
    add_workers(parser, 'processes that decode')
    add(
        '--budget', type=number('of GiB', positive=True), metavar='GIB',
        help='refuse to take more than that',
    )  # fmt: skip
    add('--verify', action='store_true', help='decode all clips anew and compare every frame')
    add_edition(parser)


def run(arguments: argparse.Namespace) -> int:
    """Makes the cache that the command line asks for.

    Raises:
        DataError: the cache would exceed budget or free space, or differs from the videos.
    """
    from ...data.arid.layout import find_layout
    from ...data.cache.build import build, verify
    from ...data.cache.estimate import require_room, size_in_words
    from ...data.cache.store import default_folder
    from ...errors import DataError

    root, short_side, workers = arguments.root, arguments.short_side, arguments.workers
    folder = arguments.out or default_folder(root, short_side)
    paths = find_layout(root, arguments.edition).all_paths()
    require_room(root, folder, paths, short_side, arguments.budget)
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
    resized = '' if short_side is None else f', short side {short_side}'
    size = size_in_words(cache.num_bytes)
    print(f'{folder}: {len(cache)} clips, {cache.num_bytes} bytes ({size}){resized}')
    return 0
