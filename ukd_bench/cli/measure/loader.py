"""``ukd-bench measure loader``: what a clip cache saves on this machine."""

import argparse
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ConfigError
from ..options import add_blocks, add_json, add_workers
from ..progress import progress_bar
from ..values import count, named_path, size

if TYPE_CHECKING:
    from ...measure.speed.loader import LoaderFigures, LoaderSetting
    from ...measure.speed.synthetic import Synthetic

SUMMARY = 'clips a second with decoding, with a clip cache, and of plain reading'
DESCRIPTION = (
    'Times a training pipeline that decodes, the same one with a clip cache, and plain reading of '
    'the same frames. Without ROOT it makes synthetic clips in a temporary folder, of the quick '
    'preset and of the size of ARID.'
)
EPILOG = """\
examples:
  %(prog)s
  %(prog)s /data/ARID --short-side 128 --crop 112
"""
SCHEMA = 1
_CLIPS_OF_ROOT = 64


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that say which clips are read, and what is taken of them."""
    add = parser.add_argument
    add('root', type=named_path, nargs='?', metavar='ROOT', help='a data set')
    add('--size', type=size, metavar='WxH', help='of synthetic clips')
    add('--frames', type=count(2), metavar='N', help='of every synthetic clip')
    add('--clips', type=count(1), metavar='N', help='how many at most')
    add('--short-side', type=count(1), metavar='PX', help='resize frames to it, in the cache once')
    add('--clip-len', type=count(1), metavar='N', help='frames of a view')
    add('--crop', type=count(1), metavar='PX', help='side of the output')
    add_blocks(parser, 6)
    add_workers(parser, 'processes that make clips and cache; the measurement takes one')
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measures what the command line asks for, and prints a table a case."""
    from ...files.atomic import write_json
    from ...measure.speed.loader import MODES, measure_loader
    from ...records.execution import environment

    cases = []
    for name, synthetic, setting in _cases(arguments):
        with tempfile.TemporaryDirectory(prefix='ukd-bench-loader-') as scratch:
            if synthetic is None:
                root, clips = arguments.root, arguments.clips or _CLIPS_OF_ROOT
            else:
                root, clips = Path(scratch) / 'videos', synthetic.clips
                synthetic.make(root, arguments.workers, bars=progress_bar)
            figures = measure_loader(
                root, Path(scratch) / 'cache', setting, clips, arguments.blocks, arguments.workers
            )
        print(table(name, synthetic, setting, figures), flush=True)
        made = None if synthetic is None else asdict(synthetic)
        ratios = dict(
            speed_up={mode: figures.speed_up(mode) for mode in MODES[1:]},
            cpu_saving={mode: figures.cpu_saving(mode) for mode in MODES[1:]},
        )
        cases.append(
            dict(name=name, synthetic=made, setting=asdict(setting)) | ratios | asdict(figures)
        )
    print(
        'One process without loader workers, 1 thread, files in the page cache,\n'
        f'{arguments.blocks} interleaved blocks, 95 % intervals. '
        'MB: uint8 frames taken of a clip,\nafter resizing and before the crop.'
    )
    if arguments.json is not None:
        content = dict(schema=SCHEMA, kind='loader', environment=environment('cpu', 1))
        write_json(arguments.json, content | {'cases': cases})
    return 0


def _cases(
    arguments: argparse.Namespace,
) -> list[tuple[str, 'Synthetic | None', 'LoaderSetting']]:
    """Name, clips and setting of each case; the clips are None where ROOT has them."""
    from ...measure.speed.loader import LoaderSetting
    from ...measure.speed.synthetic import Synthetic

    chosen = {
        name: getattr(arguments, name)
        for name in ('short_side', 'clip_len', 'crop')
        if getattr(arguments, name) is not None
    }
    if arguments.root is not None:
        for name in ('size', 'frames'):
            if getattr(arguments, name) is not None:
                raise ConfigError(f'--{name} is of clips that are made, not of those at ROOT')
        return [(arguments.root.resolve().name, None, replace(LoaderSetting(), **chosen))]
    # What is measured where nothing is asked for: the quick sweep's clips, and real ones' size.
    cases = {
        'quick': (Synthetic(), LoaderSetting()),
        "ARID's size": (
            Synthetic(width=320, height=240, frames=(80, 80), clips=22),
            LoaderSetting(short_side=128, clip_len=16, crop=112),
        ),
    }
    shape: dict[str, Any] = {}
    if arguments.size is not None:
        shape |= {'width': arguments.size[0], 'height': arguments.size[1]}
        # A size of one's own is one case; anything else changes both.
        cases = {'synthetic': cases['quick']}
    if arguments.frames is not None:
        shape |= {'frames': (arguments.frames, arguments.frames)}
    if arguments.clips is not None:
        shape |= {'clips': arguments.clips}
    return [
        (name, replace(clips, **shape), replace(setting, **chosen))
        for name, (clips, setting) in cases.items()
    ]


def table(
    name: str, synthetic: 'Synthetic | None', setting: 'LoaderSetting', figures: 'LoaderFigures'
) -> str:
    """A table of one case's figures, for a person."""
    from ...measure.speed.loader import MODES

    extent = '' if synthetic is None else f' of {synthetic.width}x{synthetic.height}'
    resized = '' if setting.short_side is None else f', short side {setting.short_side}'
    lines = [
        f'{name}: {figures.clips} clips{extent}, {setting.clip_len} frames of each{resized},',
        f'  crop {setting.crop}; cache {figures.cache_bytes / 1e6:.1f} MB',
        f'  {"":13} {"clips/s":>9} {"MB/s":>9}   times as fast        in processor time',
    ]
    for mode in MODES:
        line = (
            f'  {mode:13} {figures.clips_per_s(mode):9.1f} {figures.bytes_per_s(mode) / 1e6:9.1f}'
        )
        if mode != MODES[0]:
            for ratio, low, high in (figures.speed_up(mode), figures.cpu_saving(mode)):
                line += f'   {f"{ratio:.1f} ({low:.1f} to {high:.1f})":21}'
        lines.append(line.rstrip())
    return '\n'.join(lines)
