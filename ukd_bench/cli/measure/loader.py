"""``python -m ukd_bench.measure loader``: what a clip cache saves on this machine."""

import argparse
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ...errors import ConfigError
from ...files.atomic import write_json
from ...measure.speed.loader import MODES, LoaderFigures, LoaderSetting, measure_loader
from ...measure.speed.synthetic import MAKERS, Synthetic
from ...records.execution import environment
from ..terminal import count, size

SCHEMA = 1
_CLIPS_OF_ROOT = 64


CASES = {
    'quick': (Synthetic(), LoaderSetting()),
    "ARID's size": (
        Synthetic(width=320, height=240, frames=(80, 80), clips=22),
        LoaderSetting(short_side=128, clip_len=16, crop=112),
    ),
}
"""What is measured where nothing is asked for: the quick sweep's clips, and real ones' size."""


def add(commands: argparse._SubParsersAction) -> None:
    """Adds the subcommand's parser."""
    command = commands.add_parser(
        'loader',
        help='clips a second with decoding, with a clip cache, and of plain reading',
        description='Times a training pipeline that decodes, the same one with a clip cache, and '
        'plain reading of the same frames. Without ROOT it makes synthetic clips in a temporary '
        'folder, of the quick preset and of the size of ARID.',
    )
    command.add_argument('root', type=Path, nargs='?', metavar='ROOT', help='a data set')
    command.add_argument('--size', type=size, metavar='WxH', help='of synthetic clips')
    command.add_argument(
        '--frames', type=count('--frames', 2), metavar='N', help='of every synthetic clip'
    )
    command.add_argument('--clips', type=count('--clips', 1), metavar='N', help='how many at most')
    command.add_argument(
        '--short-side',
        type=count('--short-side', 1),
        metavar='N',
        help='resize frames to it, in the cache once',
    )
    command.add_argument(
        '--clip-len', type=count('--clip-len', 1), metavar='N', help='frames of a view'
    )
    command.add_argument('--crop', type=count('--crop', 1), metavar='N', help='side of the output')
    command.add_argument(
        '--blocks', type=count('--blocks', 2), default=6, metavar='N', help='default: 6'
    )
    command.add_argument(
        '--workers',
        type=count('--workers', 1),
        default=MAKERS,
        metavar='N',
        help='processes that make clips and cache; the measurement takes one',
    )
    command.add_argument('--json', type=Path, metavar='PATH', help='also write all figures there')
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measures what the command line asks for, and prints a table a case."""
    cases = []
    for name, synthetic, setting in _cases(arguments):
        with tempfile.TemporaryDirectory(prefix='ukd-bench-loader-') as scratch:
            if synthetic is None:
                root, clips = arguments.root, arguments.clips or _CLIPS_OF_ROOT
            else:
                root, clips = Path(scratch) / 'videos', synthetic.clips
                synthetic.make(root, arguments.workers)
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
) -> list[tuple[str, Synthetic | None, LoaderSetting]]:
    """Name, clips and setting of what is measured; the clips are None where ROOT has them."""
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
    shape: dict[str, Any] = {}
    if arguments.size is not None:
        shape |= {'width': arguments.size[0], 'height': arguments.size[1]}
    if arguments.frames is not None:
        shape |= {'frames': (arguments.frames, arguments.frames)}
    if arguments.clips is not None:
        shape |= {'clips': arguments.clips}
    # A size of one's own is one case; anything else changes both.
    cases = CASES if arguments.size is None else {'synthetic': CASES['quick']}
    return [
        (name, replace(clips, **shape), replace(setting, **chosen))
        for name, (clips, setting) in cases.items()
    ]


def table(
    name: str, synthetic: Synthetic | None, setting: LoaderSetting, figures: LoaderFigures
) -> str:
    """The figures of one case, for a person."""
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
