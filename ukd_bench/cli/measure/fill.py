"""``ukd-bench measure fill``: how near the bank fill comes to the teacher alone."""

import argparse
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..options import add_blocks, add_device, add_json, add_workers
from ..progress import progress_bar
from ..values import count, size

if TYPE_CHECKING:
    from ...measure.speed.fill_rate import FillFigures, FillSetting

SUMMARY = "clips a second of the bank fill, beside the teacher's bare forward"
DESCRIPTION = (
    'Times a teacher that scores clips in memory, and the bank fill with it from a clip cache, on '
    'synthetic videos that it makes, by default of the size of those of ARID.'
)
EPILOG = """\
examples:
  %(prog)s
  %(prog)s --network mc3_18 --device cuda
"""
SCHEMA = 1
_OPTIONS = {
    'frames': ('N', 2, 'of a video (default: 80)'),
    'clips': ('N', 1, 'clips a view (default: 32)'),
    'clip_len': ('N', 1, 'frames of a clip (default: 8)'),
    'crop': ('PX', 1, 'side of a clip in pixels (default: 112)'),
    'short_side': ('PX', 1, 'of the cached frames (default: 128)'),
    'views': ('N', 2, 'views a call of fill scores (default: 2)'),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that say which teacher scores, and what it sees."""
    parser.add_argument(
        '--network', metavar='NAME', help="of torchvision's video networks (default: r2plus1d_18)"
    )
    parser.add_argument('--size', type=size, metavar='WxH', help='of videos (default: 320x240)')
    for name, (metavar, least, text) in _OPTIONS.items():
        option = f'--{name.replace("_", "-")}'
        parser.add_argument(option, type=count(least), metavar=metavar, help=text)
    add_blocks(parser, 4)
    add_workers(parser, 'processes that make clips and cache; the measurement has its own')
    add_device(parser, 'where the teacher runs')
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measures the fill beside the teacher alone, and prints a table."""
    from ...files.atomic import write_json
    from ...measure.speed.fill_rate import WORKERS, FillSetting, measure_fill
    from ...records.execution import device_name, environment

    chosen = {
        name: getattr(arguments, name)
        for name in ('network', 'size', *_OPTIONS)
        if getattr(arguments, name) is not None
    }
    setting = replace(FillSetting(), **chosen)
    device_name(arguments.device)
    with (
        tempfile.TemporaryDirectory(prefix='ukd-bench-fill-') as scratch,
        progress_bar('measuring') as update,
    ):
        figures = measure_fill(
            Path(scratch), setting, arguments.blocks, arguments.device, arguments.workers, update
        )
    print(table(setting, figures))
    print(
        f'One process, 1 thread, {arguments.blocks} interleaved blocks, 95 % intervals. A call\n'
        f'scores {setting.views} views; all that it does is in its rate, loading and hashing the '
        'teacher\nincluded.'
    )
    if arguments.json is not None:
        derived = dict(
            efficiency={str(n): figures.efficiency(n) for n in WORKERS},
            cpu_efficiency={str(n): figures.cpu_efficiency(n) for n in WORKERS},
            later_efficiency={str(n): figures.later_efficiency(n) for n in WORKERS},
        )
        content = dict(schema=SCHEMA, kind='fill', environment=environment(arguments.device, 1))
        write_json(
            arguments.json, content | dict(setting=asdict(setting)) | derived | asdict(figures)
        )
    return 0


def table(setting: 'FillSetting', figures: 'FillFigures') -> str:
    """A table of the figures, for a person."""
    from ...measure.speed.fill_rate import WORKERS

    lines = [
        f'{setting.network}: {setting.clips} clips of {setting.clip_len}x{setting.crop}x'
        f'{setting.crop} from frames of short side {setting.short_side}',
        f'  {"":16} {"clips/s":>9}   {"share of bare":23}  in processor time',
        f'  {"bare teacher":16} {figures.bare_clips_per_s:9.2f}',
        f'  {"loading alone":16} {figures.loaded_clips_per_s:9.2f}',
    ]
    for workers in WORKERS:
        shares = [
            f'{share:.3f} ({low:.3f} to {high:.3f})'
            for share, low, high in (figures.efficiency(workers), figures.cpu_efficiency(workers))
        ]
        name = f'fill, {workers} worker{"" if workers == 1 else "s"}'
        lines.append(f'  {name:16} {figures.clips_per_s(workers):9.2f}   {"  ".join(shares)}')
        share, low, high = figures.later_efficiency(workers)
        lines.append(f'  {"  later views":28} {share:.3f} ({low:.3f} to {high:.3f})')
    return '\n'.join(lines)
