"""``python -m ukd_bench.data``: makes data sets."""

import argparse
import dataclasses
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ..errors import UkdBenchError
from .darkroom import PRESETS, DarkRoomSpec, make
from .darkroom.preview import check_name, write_preview


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a subcommand; returns 0, or 2 after one line on stderr about a user's mistake."""
    arguments = _parser().parse_args(argv)
    try:
        arguments.run(arguments)
    except UkdBenchError as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    return 0


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:
        """One line, without the usage that argparse puts before it."""
        self.exit(2, f'error: {message}\n')


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog='python -m ukd_bench.data', description='Makes data sets.')
    commands = parser.add_subparsers(required=True, metavar='COMMAND')
    command = commands.add_parser(
        'make', help='make a DarkRoom, synthetic dark videos of the eleven ARID actions'
    )
    command.add_argument('root', type=Path, metavar='ROOT', help='a new folder, or one to complete')
    command.add_argument('--preset', choices=sorted(PRESETS), default='quick')
    command.add_argument('--seed', type=_count('--seed', 0), help="default: the preset's")
    command.add_argument('--clips', type=_count('--clips', 1), metavar='N', help='clips a group')
    command.add_argument('--size', type=_size, metavar='WxH', help='frame size in pixels')
    command.add_argument(
        '--workers', type=_count('--workers', 1), default=min(4, os.cpu_count() or 1), metavar='N'
    )
    command.add_argument('--preview', type=Path, metavar='PNG', help='also write a contact sheet')
    command.set_defaults(run=_make)
    return parser


def _count(name: str, least: int):
    def parse(text: str) -> int:
        if not re.fullmatch(r'\d+', text) or int(text) < least:
            raise argparse.ArgumentTypeError(f'{text!r} is not a whole number of at least {least}')
        return int(text)

    return parse


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r'(\d+)x(\d+)', text)
    if not match:
        raise argparse.ArgumentTypeError(f'{text!r} is not of the form 96x72')
    return int(match[1]), int(match[2])


def _spec(arguments: argparse.Namespace) -> DarkRoomSpec:
    changes = {'seed': arguments.seed, 'clips_per_group': arguments.clips}
    if arguments.size is not None:
        changes |= {'width': arguments.size[0], 'height': arguments.size[1]}
    given = {name: value for name, value in changes.items() if value is not None}
    return dataclasses.replace(PRESETS[arguments.preset], **given)


def _make(arguments: argparse.Namespace) -> None:
    spec = _spec(arguments)
    if arguments.preview is not None:
        check_name(arguments.preview)
    console = Console(stderr=True)
    bar = Progress(
        TextColumn('clips'), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=console, transient=True, disable=not console.is_terminal,
    )  # fmt: skip
    with bar:
        task = bar.add_task('clips', total=None)
        manifest = make(
            arguments.root, spec, arguments.workers,
            lambda done, total: bar.update(task, completed=done, total=total),
        )  # fmt: skip
    if arguments.preview is not None:
        write_preview(arguments.preview, arguments.root, manifest)
    count = len(manifest['clips'])
    print(f'{arguments.root}: {count} clips, fingerprint {manifest["fingerprint"]}')


if __name__ == '__main__':
    sys.exit(main())
