"""``ukd-bench measure memory``: what training takes by method and K, and what fits a card."""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ConfigError
from ...records.execution import DEVICES, device_name, environment
from ..options import add_json, require_gpu_for_amp
from ..progress import progress_bar
from ..values import clip, count, memory_sizes, named_path, numbers, words
from .memory_budget import WANTED_TEACHERS, answer_budget
from .memory_files import (
    Table,
    command_of,
    content,
    csv_text,
    figure_text,
    json_path,
    require_a_file_each,
)
from .memory_predicted import predicted_before
from .memory_subjects import ALL, STUDENT, SWEEP, methods_of, subjects, title_of

if TYPE_CHECKING:
    from ...measure.memory.boundary import Need
    from ...measure.memory.compare import Comparison
    from ...measure.memory.measured import Outcome
    from ...measure.memory.rehearsal.subject import Cell, Subject
    from ...measure.memory.room import Room
    from ...measure.memory.table import Row

METHODS = ('plain', 'ukd', 'naive', 'naive_graph', 'swap', 'mutual', 'two_stream_dark_light')
TEACHERS = [0, 1, 2, 4, 8, 16, 32, 64]
LIBRARIES = ('hopper',)

SUMMARY = 'memory by method and number of teachers, and what fits a card'
DESCRIPTION = (
    'Tells the peak memory of the training of any MMAction2 recognizer by each method, and of what '
    'comes before and after it: predicted from real training steps on tensors without content, or '
    'measured on the device at hand.'
)
EPILOG = """\
examples:
  %(prog)s --predict
  %(prog)s mine.py --predict --methods plain,ukd,naive
  %(prog)s --predict --student all --budget 11GiB,rtx3090
  %(prog)s --predict --student x3d-m --figure x3d-m.svg

exit status:
  0 every figure is there   1 some are not, or with --check one was
  not enough   2 a mistake to mend
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options: whose memory, how it is found out, and where figures go."""
    add = parser.add_argument
    add(
        'config', nargs='?', metavar='CONFIG',
        help='config of any recognizer of MMAction2; with {method} in its path where methods have '
        'a file each',
    )  # fmt: skip
    add(
        '--sweep', metavar='CONFIG',
        help=f"in the place of CONFIG: a sweep's students, each with the teachers of its own "
        f'backbone; a file, or a sweep that is shipped (default: {SWEEP})',
    )  # fmt: skip
    add(
        '--student', type=words, metavar='A,B',
        help=f'of the sweep only these, or {ALL} (default: {STUDENT} of {SWEEP}, all of another '
        'sweep)',
    )  # fmt: skip
    add(
        '--methods', type=words, metavar='A,B',
        help=f'only these (default: {", ".join(METHODS)}, as far as CONFIG serves them)',
    )  # fmt: skip
    add(
        '--teachers', type=numbers(0), metavar='K,K',
        help=f'numbers of teachers; 0 is plain (default: {",".join(map(str, TEACHERS))})',
    )  # fmt: skip
    add(
        '--pool', type=words, metavar='CONFIG,CONFIG',
        help="teachers' configs, over and over (default: the student's own backbone)",
    )  # fmt: skip
    add('--batch', type=count(1), default=8, metavar='N', help='clips a step (default: 8)')
    add('--clip', type=clip, metavar='TxHxW', help="frames, height and width (default: CONFIG's)")
    add('--amp', action='store_true', help='train in automatic mixed precision')
    add(
        '--device', choices=DEVICES, default='cuda',
        help='imitated by a prediction, else measured on (default: cuda)',
    )  # fmt: skip
    add(
        '--libraries', choices=LIBRARIES,
        help='predict what cuDNN and cuBLAS take on such GPUs, too (default: bounded alone)',
    )  # fmt: skip
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        '--predict', action='store_true', help='predict, and measure nothing: needs no device'
    )
    how.add_argument('--compare', action='store_true', help='predict and measure')
    how.add_argument(
        '--check', action='store_true',
        help='carry out each cell with no more memory than was predicted; with --budget, both '
        'sides of each boundary with no more than fits',
    )  # fmt: skip
    add(
        '--predicted', type=named_path, metavar='FILE',
        help='measure, and compare with what --predict --json wrote before',
    )  # fmt: skip
    add(
        '--budget', type=memory_sizes, metavar='SIZE,SIZE',
        help='with --predict or --check: what fits 11GiB, 24GB or a card such as rtx3090, and '
        'which card',
    )  # fmt: skip
    add(
        '--for-teachers', type=count(1), metavar='K',
        help='with --budget: number of teachers for the largest batch and the smallest card '
        f'(default: {WANTED_TEACHERS})',
    )  # fmt: skip
    jobs = min(4, os.cpu_count() or 1)
    add(
        '--jobs', type=count(1), default=jobs, metavar='N',
        help=f'predictions at once, and measurements on CUDA that fit a card together by '
        f'what was predicted (default: {jobs})',
    )  # fmt: skip
    add_json(parser)
    add('--csv', type=named_path, metavar='FILE', help='write all figures as CSV, too')
    add('--figure', type=named_path, metavar='FILE', help='draw the training peaks as SVG, too')


def run(arguments: argparse.Namespace) -> int:
    """Predicts or measures, and prints tables; returns 1 where a figure is missing.

    Raises:
        UkdBenchError: an option or a config cannot be used, or no figure could be got at all.
    """
    _check_options(arguments)
    asked = subjects(arguments)
    methods = [methods_of(one, arguments.methods, METHODS) for one in asked]
    require_a_file_each(arguments.json, 1 if arguments.budget else len(asked))
    left = [name for name in METHODS if any(name not in mine for mine in methods)]
    if arguments.methods is None and left:
        print(f'left out, for want of a config: {", ".join(left)}', file=sys.stderr)
    command = command_of(arguments, _defaults())
    with tempfile.TemporaryDirectory(prefix='ukd-bench-memory-') as scratch:
        answer = answer_budget if arguments.budget else _print_tables
        return answer(arguments, asked, methods, command, Path(scratch))


def _check_options(arguments: argparse.Namespace) -> None:
    for name in ('sweep', 'student'):
        if arguments.config and getattr(arguments, name):
            raise ConfigError(f'CONFIG and --{name} name a student each: give one of them')
    if arguments.for_teachers and not arguments.budget:
        raise ConfigError('--for-teachers needs --budget')
    require_gpu_for_amp(arguments)
    if arguments.libraries:
        _check_libraries(arguments)
    if arguments.budget and not (arguments.predict or arguments.check):
        raise ConfigError('--budget needs --predict or --check')
    for name in ('predict', 'compare', 'check', 'budget'):
        if arguments.predicted and getattr(arguments, name):
            raise ConfigError(f'--predicted measures and compares, and does not go with --{name}')
    if not arguments.predict:
        device_name(arguments.device)
    for name in ('teachers', 'figure'):
        if arguments.budget and getattr(arguments, name):
            raise ConfigError(f'--{name} does not go with --budget, which searches K itself')


def _check_libraries(arguments: argparse.Namespace) -> None:
    if arguments.device == 'cpu':
        raise ConfigError('--libraries is of CUDA, and --device is cpu')
    if arguments.amp:
        raise ConfigError('--libraries is of float32, and --amp mixes precisions')
    if arguments.budget:
        # What is reserved decides there.
        raise ConfigError('--libraries is of allocated memory, and does not go with --budget')
    if not (arguments.predict or arguments.compare or arguments.check):
        raise ConfigError('--libraries needs --predict, --compare or --check')


def _defaults() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_options(parser)
    return parser.parse_args([])


def _print_tables(
    arguments: argparse.Namespace,
    asked: 'list[Subject]',
    methods: list[list[str]],
    command: str,
    scratch: Path,
) -> int:
    from . import memory_text as text

    tables, failed, named = [], [], device_name('cpu' if arguments.predict else arguments.device)
    for number, (subject, mine) in enumerate(zip(asked, methods, strict=True)):
        cells = subject.cells(mine, TEACHERS if arguments.teachers is None else arguments.teachers)
        setting, before = None, None
        if arguments.predicted:
            setting = _setting(arguments, subject, scratch / f'{number}-setting')
            path = json_path(arguments.predicted, subject.student)
            before = predicted_before(path, subject, setting, cells)
        with progress_bar(subject.student) as update:
            given = before.rows if before else []
            rows = _rows(arguments, subject, cells, given, scratch / str(number), update)
        lines = text.errors(
            subject.student, ((text.cell_name(row), row['error']) for row in rows if row['error'])
        )
        failed += lines
        if all(row['status'] == 'failed' for row in rows):
            if len(asked) == 1:
                raise ConfigError(lines[0])
            continue
        if arguments.check:
            with progress_bar(f'{subject.student}: checking') as update:
                outcomes = _checked(subject, cells, rows, scratch / f'{number}-checked', update)
            print(text.checks(subject.student, outcomes), end='\n\n')
            failed += text.errors(subject.student, text.not_enough(outcomes))
        comparison = None
        if before is not None:
            comparison = _compared(rows)
        if arguments.compare:
            with progress_bar(f"{subject.student}: torch's tracker") as update:
                folder = scratch / f'{number}-tracked'
                tracked = _tracked(arguments, subject, cells, folder, update)
            comparison = _compared(rows, tracked)
        setting = setting or _setting(arguments, subject, scratch / f'{number}-setting')
        tables.append(Table(setting, rows, comparison, before))
        parts = [text.heading(setting), text.tables(rows, subject.device)]
        parts += [text.breakdown(rows), '' if comparison is None else comparison.text()]
        predicted = arguments.predict or arguments.check
        parts.append(text.rests_on(subject.device, predicted, named, arguments.libraries))
        print('\n\n'.join(filter(None, parts)), end='\n\n' if subject is not asked[-1] else '\n')
    for line in failed:
        print(f'failed: {line}', file=sys.stderr)
    if not tables:
        raise ConfigError('no figure could be got')
    _write(arguments, command, tables)
    return 1 if failed else 0


def _rows(
    arguments: argparse.Namespace,
    subject: 'Subject',
    cells: 'list[Cell]',
    given: 'list[Row]',
    folder: Path,
    update: Callable[[int, int], None],
) -> 'list[Row]':
    """Rows as they were asked for: predicted, now or before, and measured."""
    rows = [*given]
    if arguments.predict or arguments.compare or arguments.check:
        rows += _predicted(arguments, subject, cells, folder / 'predicted', update)
    if not (arguments.predict or arguments.check):
        room = _room(arguments, subject, cells, rows)
        rows += _measured(subject, cells, room, folder / 'measured', update)
    return rows


def _predicted(
    arguments: argparse.Namespace,
    subject: 'Subject',
    cells: 'list[Cell]',
    folder: Path,
    update: Any,
) -> 'list[Row]':
    from ...measure.memory.table import predicted_rows

    return predicted_rows(subject, cells, folder, arguments.jobs, update)


def _room(
    arguments: argparse.Namespace,
    subject: 'Subject',
    cells: 'list[Cell]',
    predicted: 'list[Row]',
) -> 'Room':
    """What may be measured at once: on a GPU, what is known to fit beside each other."""
    from ...measure.memory.room import Room, free_bytes

    if arguments.device == 'cpu' or arguments.jobs == 1 or not predicted:
        return Room()
    needs = {
        cell: need.bounded_bytes
        for cell in cells
        if (need := _need(subject, cell, predicted)) is not None
    }
    return Room(arguments.jobs, free_bytes(), needs)


def _measured(
    subject: 'Subject', cells: 'list[Cell]', room: 'Room', folder: Path, update: Any
) -> 'list[Row]':
    from ...measure.memory.measured import measured_rows

    return measured_rows(subject, cells, folder, update, room)


def _need(subject: 'Subject', cell: 'Cell', predicted: 'list[Row]') -> 'Need | None':
    """What a cell was predicted to take; None where that failed."""
    from ...measure.memory.budget import need_of
    from ...measure.memory.table import rows_of

    mine = [row for row in rows_of(subject, cell, predicted) if not row['error']]
    return need_of(mine) if mine else None


def _checked(
    subject: 'Subject', cells: 'list[Cell]', predicted: 'list[Row]', folder: Path, update: Any
) -> list[tuple['Cell', int, 'Outcome']]:
    """How each cell went that may take no more than was predicted, in bytes."""
    from ...measure.memory.check import checked

    outcomes = []
    for number, cell in enumerate(cells, start=1):
        if (need := _need(subject, cell, predicted)) is not None:
            estimate = need.peak_bytes
            outcome = checked(subject, cell, estimate, folder / str(number))
            outcomes.append((cell, estimate, outcome))
        update(number, len(cells))
    return outcomes


def _tracked(
    arguments: argparse.Namespace,
    subject: 'Subject',
    cells: 'list[Cell]',
    folder: Path,
    update: Any,
) -> 'list[Row]':
    from ...measure.memory.baseline import tracker_rows

    return tracker_rows(subject, cells, folder, arguments.jobs, update)


def _compared(rows: 'list[Row]', tracked: 'Sequence[Row]' = ()) -> 'Comparison':
    """Predicted against measured rows, and what torch's own tracker says where it was asked."""
    from ...measure.memory.compare import compared

    predicted, measured = (
        [row for row in rows if row['predicted'] == side] for side in (True, False)
    )
    return compared(predicted, measured, tracked)


def _setting(arguments: argparse.Namespace, subject: 'Subject', folder: Path) -> dict[str, Any]:
    from ...measure.memory.workers import workers
    from .memory_setting import describe

    # By a process that has torch already.
    with workers(1) as pool:
        setting = pool.submit(describe, subject, folder).result()
    return dict(setting, title=title_of(subject.student) if not arguments.config else None)


def _write(arguments: argparse.Namespace, command: str, tables: list[Table]) -> None:
    """Writes what was asked for; a figure is drawn of what the JSON files hold."""
    from ...files.atomic import write_json, write_text

    device = 'cpu' if arguments.predict else arguments.device
    contents = [
        content(one, command, environment(device, 1, one.setting['precision'])) for one in tables
    ]
    if arguments.json:
        for one in contents:
            write_json(json_path(arguments.json, one['setting']['student']), one)
    if arguments.csv:
        write_text(arguments.csv, csv_text(tables))
    if arguments.figure:
        write_text(arguments.figure, figure_text(contents))
