"""``ukd-bench measure steps``: what a training step of each method costs here."""

import argparse
import tempfile
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ..options import add_blocks, add_device, add_json
from ..progress import progress_bar
from ..values import count, number, numbers, words

if TYPE_CHECKING:
    from ...measure.speed.step_times import StepFigures

SUMMARY = "time of each method's training step, relative to the plain student's"
DESCRIPTION = (
    'Times training steps of every method on synthetic clips that it makes, with teachers of '
    'random weights, and compares each with the step of the plain student beside it.'
)
EPILOG = """\
methods:
  plain, label_smoothing, wide, shuffled, ukd, naive, naive_graph, swap, random,
  chain, mutual, two_stream_dark_light

examples:
  %(prog)s
  %(prog)s --methods ukd,naive --teachers 1,4
"""
SCHEMA = 1


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that say what is trained, and how long it is measured."""
    add = parser.add_argument
    add('--methods', type=words, metavar='A,B', help='only these (default: all, see below)')
    add(
        '--teachers', type=numbers(1), default=[1, 2, 4, 8], metavar='K,K',
        help='numbers of teachers (default: 1,2,4,8)',
    )  # fmt: skip
    add(
        '--student', default='i3d-r18-w8', metavar='NAME',
        help="one of the quick sweep's backbones (default: i3d-r18-w8)",
    )  # fmt: skip
    add('--batch-size', type=count(1), default=16, metavar='N', help='clips a step (default: 16)')
    add_blocks(parser, 16)
    add(
        '--turn-s', type=number('of seconds'), default=1.0, metavar='S',
        help='how long a method is measured in a block, two steps at least (default: 1)',
    )  # fmt: skip
    add(
        '--channels-last', action='store_true',
        help='lay out the convolutions of what is measured, not of the reference, with their '
        'channels last',
    )  # fmt: skip
    add_device(parser, 'where networks compute')
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measures, and prints a table by the clock and one of processor time."""
    import cv2

    from ...files.atomic import write_json
    from ...measure.speed.method_steps import METHODS, Workshop, variants
    from ...measure.speed.step_times import StepFigures, measure_steps
    from ...records.execution import device_name

    laid_out = True if arguments.channels_last else None
    chosen = variants(arguments.methods or METHODS, arguments.teachers, laid_out)
    device_name(arguments.device)
    cv2.setNumThreads(0)
    with tempfile.TemporaryDirectory(prefix='ukd-bench-steps-') as scratch:
        workshop = Workshop(
            Path(scratch), arguments.student, arguments.batch_size, arguments.device
        )
        with progress_bar('measuring') as update:
            figures = measure_steps(workshop, chosen, arguments.blocks, arguments.turn_s, update)
    step_s = min(each.plain_step_s for each in figures)
    layout = ', channels last' if arguments.channels_last else ''
    _print_text(
        f'{arguments.student}, batches of {arguments.batch_size}{layout}: step time relative to '
        f'plain, by the clock (a plain step takes {step_s * 1e3:.1f} ms)'
    )
    print()
    print(table(figures, StepFigures.ratio))
    print('\nThe same in processor time\n')
    print(table(figures, StepFigures.cpu_ratio))
    plain = (
        'Only the reference is laid out as usual.'
        if arguments.channels_last
        else 'plain is a second plain training: what the measurement resolves.'
    )
    print()
    _print_text(
        f'One process, 1 thread, {arguments.blocks} interleaved blocks, 95 % intervals. Loading '
        f'batches is left out. {plain}'
    )
    if arguments.json is not None:
        write_json(arguments.json, _content(arguments, figures))
    return 0


def _content(arguments: argparse.Namespace, figures: 'Sequence[StepFigures]') -> dict:
    from ...records.execution import environment

    setting = {name: getattr(arguments, name) for name in ('student', 'batch_size', 'turn_s')}
    cells = [
        dict(
            asdict(each.variant),
            ratio=each.ratio(),
            cpu_ratio=each.cpu_ratio(),
            **{name: value for name, value in asdict(each).items() if name != 'variant'},
        )
        for each in figures
    ]
    return dict(
        schema=SCHEMA,
        kind='steps',
        environment=environment(arguments.device, 1),
        setting=setting,
        cells=cells,
    )


def table(
    figures: 'Sequence[StepFigures]',
    ratio: 'Callable[[StepFigures], tuple[float, float, float]]',
) -> str:
    """A table of method by K, the interval below each ratio; 80 columns hold four K."""
    ratios = {(each.variant.method, each.variant.num_teachers): ratio(each) for each in figures}
    lines = []
    for counted in (False, True):
        mine = [(method, k) for method, k in ratios if (k > 0) == counted]
        numbers, methods = sorted({k for _, k in mine}), dict(mine)
        if numbers:
            lines.append(_line('', [f'K = {k}' if counted else 'no K' for k in numbers]))
        for method in methods:
            cells = [ratios.get((method, k)) for k in numbers]
            lines.append(_line(method, [f'{cell[0]:.3f}' if cell else '-' for cell in cells]))
            ranges = [f'{cell[1]:.3f}-{cell[2]:.3f}' if cell else '' for cell in cells]
            lines.append(_line('', ranges))
    return '\n'.join(lines)


def _print_text(text: str) -> None:
    print(textwrap.fill(text, 79))


def _line(name: str, cells: Sequence[str]) -> str:
    return (f'{name:22}' + ''.join(f'{cell:>14}' for cell in cells)).rstrip()
