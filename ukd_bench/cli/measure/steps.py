"""``ukd-bench measure steps``: what a training step of each method costs here."""

import argparse
import tempfile
import textwrap
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ..options import add_blocks, add_device, add_json, require_gpu_for_amp
from ..progress import progress_bar
from ..values import count, number, numbers, words
from .steps_text import speed_table, table
from .sweep_students import has_config, sweep_students

if TYPE_CHECKING:
    from ...measure.speed.networks import Networks
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
  %(prog)s --sweep arid_v1 --amp --device cuda
"""
SCHEMA = 1
QUICK = 'quick'


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that say what is trained, and how long it is measured."""
    add = parser.add_argument
    add(
        '--methods', type=words, metavar='A,B',
        help='only these (default: all that the student has a config for, see below)',
    )  # fmt: skip
    add(
        '--teachers', type=numbers(1), default=[1, 2, 4, 8], metavar='K,K',
        help='numbers of teachers (default: 1,2,4,8)',
    )  # fmt: skip
    add(
        '--sweep', default=QUICK, metavar='CONFIG',
        help='the sweep whose student and kinds of teachers are used: a file, or a shipped one by '
        f'name (default: {QUICK})',
    )  # fmt: skip
    add(
        '--student', metavar='NAME',
        help="one of the sweep's backbones (default: its first, of quick i3d-r18-w8)",
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
    add(
        '--amp', action='store_true',
        help="train in mixed precision, as --amp of MMAction2's tools/train.py does; on CUDA alone",
    )  # fmt: skip
    add(
        '--one-at-a-time', action='store_true',
        help='make a training when the one before it is measured and gone, as on CUDA anyway',
    )  # fmt: skip
    add_device(parser, 'where networks compute')
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measures, and prints tables by the clock, of processor time, and of what a step takes."""
    import cv2

    from ...files.atomic import write_json
    from ...measure.speed.method_steps import METHODS, Variant, Workshop, variants
    from ...measure.speed.step_times import StepFigures, measure_steps
    from ...records.execution import device_name, environment
    from ...runs.build import precision

    require_gpu_for_amp(arguments)
    networks = _networks(arguments.sweep, arguments.student)
    laid_out = True if arguments.channels_last else None
    methods = arguments.methods or [
        method for method in METHODS if has_config(networks.template, networks.student, method)
    ]
    chosen = variants(methods, arguments.teachers, laid_out)
    device_name(arguments.device)
    one_at_a_time = arguments.one_at_a_time or arguments.device == 'cuda'
    cv2.setNumThreads(0)
    with tempfile.TemporaryDirectory(prefix='ukd-bench-steps-') as scratch:
        workshop = Workshop(
            Path(scratch), networks, arguments.batch_size, arguments.device, arguments.amp
        )
        computes_in = precision(workshop.config(Variant('plain', 0)), arguments.device)
        with progress_bar('measuring') as update:
            figures = measure_steps(
                workshop, chosen, arguments.blocks, arguments.turn_s, update, one_at_a_time
            )
    measured = [each for each in figures if each.wall_s]
    layout = ', channels last' if arguments.channels_last else ''
    mixed = f', {computes_in}' if arguments.amp else ''
    plain_s = min((each.plain_step_s for each in measured), default=None)
    plain = '' if plain_s is None else f' (a plain step takes {plain_s * 1e3:.1f} ms)'
    _print_text(
        f'{networks.student}, batches of {arguments.batch_size}{layout}{mixed}: step time relative '
        f'to plain, by the clock{plain}'
    )
    print()
    print(table(figures, StepFigures.ratio))
    print('\nThe same in processor time\n')
    print(table(figures, StepFigures.cpu_ratio))
    print('\nA step by the clock, median over the blocks\n')
    print(speed_table(figures, arguments.batch_size))
    plain = (
        'Only the reference is laid out as usual.'
        if arguments.channels_last
        else 'plain is a second plain training: what the measurement resolves.'
    )
    order = 'one training after another' if one_at_a_time else 'interleaved'
    lacking = '' if len(measured) == len(figures) else ' oom ran out of memory.'
    print()
    _print_text(
        f'One process, 1 thread, {arguments.blocks} blocks, {order}, 95 % intervals. Loading '
        f'batches is left out. {plain}{lacking}'
    )
    if arguments.json is not None:
        names = ('sweep', 'batch_size', 'turn_s', 'blocks', 'channels_last', 'amp')
        setting = dict(student=networks.student, teacher_kinds=[*networks.pool])
        setting |= {name: getattr(arguments, name) for name in names}
        setting |= dict(one_at_a_time=one_at_a_time, precision=computes_in)
        content = dict(
            schema=SCHEMA,
            kind='steps',
            environment=environment(arguments.device, 1, computes_in),
            setting=setting,
            cells=[_cell(each, arguments.batch_size) for each in figures],
        )
        write_json(arguments.json, content)
    return 0


def _networks(sweep: str, student: str | None) -> 'Networks':
    """The student and its teachers; of the quick sweep all kinds of teachers, of others its own."""
    from ...files.configs import configs_root, find_config_by_name
    from ...measure.speed.networks import Networks, quick_networks

    asked = [] if student is None else [student]
    path = find_config_by_name(sweep, 'sweeps')
    if path.resolve() == (configs_root() / 'sweeps' / f'{QUICK}.py').resolve():
        ((_, first, _),) = sweep_students(sweep, [])
        return quick_networks(student or first)
    ((template, name, pool),) = sweep_students(sweep, asked)
    return Networks(name, template, tuple(pool))


def _cell(figures: 'StepFigures', batch_size: int) -> dict:
    """Figures as a file holds them; those that follow from blocks are None where there are none."""
    known = bool(figures.wall_s)
    content = asdict(figures)
    return dict(
        content.pop('variant'),
        status=content.pop('status'),
        ratio=figures.ratio() if known else None,
        cpu_ratio=figures.cpu_ratio() if known else None,
        step_ms=figures.step_s * 1e3 if known else None,
        clips_per_s=batch_size / figures.step_s if known else None,
        **content,
    )


def _print_text(text: str) -> None:
    print(textwrap.fill(text, 79))
