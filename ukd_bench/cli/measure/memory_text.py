"""What ``ukd-bench measure memory`` prints, within 80 columns."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...data.cache.estimate import size_in_words
from ...methods.table import METHOD_TABLE
from ...sizes import CARDS, CONTEXT_BYTES, GIB, MIB
from .memory_files import parts_of

if TYPE_CHECKING:
    from ...measure.memory.boundary import Boundary, Need
    from ...measure.memory.budget import Answer, Budget, MethodAnswer, Question
    from ...measure.memory.measured import Outcome
    from ...measure.memory.rehearsal.subject import Cell
    from ...measure.memory.table import Row

_WIDTH = 80
_NAME, _CELL = 22, 9
_UNKNOWN = '-'
_NO_FIGURE = {'failed': 'failed', 'oom': 'too large'}
_PERHAPS = '*'
_WENT = {'done': 'was enough', 'oom': 'was too little'}


def heading(setting: Mapping[str, Any]) -> str:
    """What the figures are of, and what they rest on."""
    clip = 'x'.join(map(str, setting['clip']))
    teachers = ', '.join(setting['teacher_kinds'])
    text = (
        f'{setting["title"] or setting["student"]}: {setting["parameters"] / 1e6:.1f} million '
        f'parameters, batches of {setting["batch_size"]} clips of {clip}, {setting["precision"]}, '
        f'on {setting["device"]}. A teacher ({teachers}) weighs '
        f'{size_in_words(setting["teacher_bytes"])}.'
    )
    return textwrap.fill(text, _WIDTH)


def rests_on(device: str, predicted: bool, name: str, libraries: str | None = None) -> str:
    """The last line: how the figures were got.

    Args:
        device: What was imitated or measured on.
        predicted: Whether nothing was measured.
        name: The device that was measured on.
        libraries: Of which GPUs the libraries are whose memory was predicted, too.
    """
    from importlib.metadata import version

    torch = f'torch {version("torch")}'
    if predicted:
        scratch = 'what the process has beside its tensors is not in it'
        if device == 'cuda':
            scratch = 'scratch memory of libraries and the CUDA context are not in it'
        if libraries:
            scratch = f'cuDNN and cuBLAS as on {libraries}; the CUDA context is not in it'
        text = (
            f'Predicted without the device: {device} imitated on fake tensors, {torch}; {scratch}.'
        )
    else:
        text = f'Measured on {name}, {torch}, a process a cell.'
    return textwrap.fill(text, _WIDTH)


def tables(rows: 'Sequence[Row]', device: str) -> str:
    """Peaks by method and K: of the training, of the whole pipeline, and what may come on top."""
    parts = []
    for predicted in (True, False):
        mine = [row for row in rows if row['predicted'] == predicted]
        if mine:
            parts += _tables(mine, device, 'predicted' if predicted else 'measured')
    return '\n\n'.join(parts)


def _tables(rows: 'Sequence[Row]', device: str, how: str) -> list[str]:
    shown = {'allocated_peak_bytes': 'allocated', 'reserved_peak_bytes': 'reserved'}
    shown |= {'process_peak_bytes': "the process's memory"}
    trainings = [row for row in rows if _is_training(row)]
    parts = []
    for figure, words in shown.items():
        values = {_cell(row): row[figure] or _NO_FIGURE.get(row['status']) for row in trainings}
        if any(isinstance(value, int) for value in values.values()):
            parts.append(_grid(f'Training peak, {words}, {how}', values))
    pipeline = {_cell(row): _pipeline(row, rows) for row in trainings}
    if all(pipeline[_cell(row)] == row['allocated_peak_bytes'] for row in trainings):
        parts.append("No test, teacher's training or bank fill takes more than the training.")
    else:
        parts.append(_grid(f'Peak of the whole pipeline, allocated, {how}', pipeline))
    bounds = {_cell(row): row['workspace_bound_bytes'] for row in trainings}
    if device == 'cuda' and any(bounds.values()):
        parts.append(_grid('At most this much more, for scratch memory of libraries', bounds))
    return parts


def _is_training(row: 'Row') -> bool:
    return row['phase'] == 'train' and row['method'] in METHOD_TABLE


def _cell(row: 'Row') -> tuple[str, int]:
    return row['method'], row['num_teachers']


def _pipeline(training: 'Row', rows: 'Sequence[Row]') -> int | None:
    """The largest peak of a training, its test, its teachers and their banks; None if not known."""
    reads = METHOD_TABLE[training['method']].reads
    wanted = [_cell(training)] + [('teacher', 0)] * bool(reads) + [('bank', 0)] * (reads == 'banks')
    peaks = [row['allocated_peak_bytes'] for row in rows if _cell(row) in wanted]
    return None if None in peaks else max(peaks)


def _grid(title: str, values: Mapping[tuple[str, int], Any]) -> str:
    """A table of method by K, as many K beside each other as there is room for."""
    known = [value for value in values.values() if isinstance(value, int)]
    unit, size = ('GiB', GIB) if min(known, default=0) >= GIB else ('MiB', MIB)
    room = (_WIDTH - _NAME) // _CELL
    counts = sorted({k for method, k in values if METHOD_TABLE[method].by_count})
    lines = [f'{title}, {unit}']
    fixed = {method: value for (method, k), value in values.items() if not k}
    if fixed:
        lines.append(_line('', ['no K']))
        lines += [_line(method, [_number(value, size)]) for method, value in fixed.items()]
    methods = dict.fromkeys(method for method, k in values if k)
    for first in range(0, len(counts), room):
        some = counts[first : first + room]
        lines.append(_line('', [f'K = {k}' for k in some]))
        for method in methods:
            cells = [_number(values.get((method, k)), size) for k in some]
            lines.append(_line(method, cells))
    return '\n'.join(lines)


def _number(value: Any, size: int) -> str:
    if isinstance(value, int):
        return f'{value / size:,.1f}' if size == MIB else f'{value / size:,.2f}'
    return value or _UNKNOWN


def _line(name: str, cells: Iterable[str]) -> str:
    return (f'{name:{_NAME}}' + ''.join(f'{cell:>{_CELL}}' for cell in cells)).rstrip()


def breakdown(rows: 'Sequence[Row]') -> str:
    """What the training peaks are made of, of each method at its largest K."""
    from ...results.full_size import PARTS

    largest: dict[str, Row] = {}
    for row in rows:
        if _is_training(row) and row['breakdown']:
            before = largest.get(row['method'], row)
            largest[row['method']] = max(before, row, key=lambda one: one['num_teachers'])
    if not largest:
        return ''
    short = dict(
        gradients='grads', optimizer='optim.', activations='activ.', teachers='teach.',
        temporaries='temp.',
    )  # fmt: skip
    name_wide = _NAME + 2
    wide = (_WIDTH - name_wide) // len(PARTS)
    lines = ['What the peak is made of, at the largest K, MiB']
    lines.append(f'{"":{name_wide}}' + ''.join(f'{short.get(k, k):>{wide}}' for k in PARTS))
    for method, row in largest.items():
        name = f'{method} {row["num_teachers"]}' if row['num_teachers'] else method
        parts = parts_of(row) or {}
        cells = (f'{parts[kind] / MIB:>{wide},.0f}' for kind in PARTS)
        lines.append(f'{name:{name_wide}}' + ''.join(cells))
    return '\n'.join(lines)


def errors(student: str, failed: Iterable[tuple[str, str]]) -> list[str]:
    """A line on each way in which something failed, and on what did.

    Args:
        student: Whose memory was asked about.
        failed: What failed, and why.
    """
    found: dict[str, list[str]] = {}
    for what, error in failed:
        found.setdefault(error, []).append(what)
    lines = []
    for error, names in found.items():
        first, *others = dict.fromkeys(names)
        also = f' and {len(others)} more' if others else ''
        lines.append(f'{student}, {first}{also}: {error}')
    return lines


def cell_name(row: 'Row') -> str:
    """What a person calls a row's cell."""
    count = f'K = {row["num_teachers"]}' if row['num_teachers'] else ''
    return ' '.join(filter(None, (row['method'], count, row.get('teacher'))))


def checks(student: str, outcomes: 'Sequence[tuple[Cell, int, Outcome]]') -> str:
    """How cells went that were given no more memory than was predicted for them."""
    lines = [f'{student}: each cell carried out with no more memory than was predicted']
    for cell, estimate, outcome in outcomes:
        name = f'{cell.method} {cell.num_teachers or ""}'
        told = _WENT.get(outcome.status, outcome.status)
        lines.append(f'{name:{_NAME + 2}} {size_in_words(estimate):>12} {told}')
    return '\n'.join(lines)


def not_enough(outcomes: 'Sequence[tuple[Cell, int, Outcome]]') -> list[tuple[str, str]]:
    """The cells that did not come to an end, and why."""
    return [
        (f'{cell.method} K = {cell.num_teachers}', outcome.error or outcome.status)
        for cell, _, outcome in outcomes
        if outcome.status != 'done'
    ]


def sides(checks: Sequence[Mapping[str, Any]]) -> str:
    """How both sides of boundaries went under a cap; empty where there is no boundary."""
    if not checks:
        return ''
    lines = ['Both sides of each boundary, carried out with no more memory than fits']
    lines.append(_side_line('', 'clips', 'predicted', 'cap', ''))
    for one in checks:
        name = f'{one["method"]} {one["num_teachers"] or ""}'
        went = _WENT.get(one['status'], one['status'])
        if one['as_predicted'] is None:
            went += ' (may be)'
        takes, cap = (size_in_words(one[key]) for key in ('predicted_bytes', 'cap_bytes'))
        lines.append(_side_line(name, str(one['batch_size']), takes, cap, went))
    return '\n'.join(lines)


def _side_line(name: str, clips: str, predicted: str, cap: str, went: str) -> str:
    return f'{name:{_NAME + 2}}{clips:>6}{predicted:>12}{cap:>12}  {went}'.rstrip()


def sides_not_as_predicted(checks: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """The sides of boundaries that went otherwise than predicted, and how."""
    return [
        (
            f'{one["method"]} K = {one["num_teachers"]}, {one["batch_size"]} clips',
            one['error'] or f'fits {size_in_words(one["cap_bytes"])}, against the prediction',
        )
        for one in checks
        if one['as_predicted'] is False
    ]


def budget(
    found: 'Budget', question: 'Question', asked: Sequence[tuple[str, int]], device: str
) -> str:
    """The answers for one student."""
    parts = []
    answered = [one for one in found.methods.values() if one.error is None]
    for number, (text, size) in enumerate(asked):
        kept = f', of which {size_in_words(CONTEXT_BYTES)} are kept for the CUDA context'
        lines = [f'{text}: {size_in_words(size)}{kept * (device == "cuda")}']
        lines.append(_budget_line('', 'largest K at', '', 'largest batch', ''))
        batch = f'batch {question.batch_size}'
        lines.append(_budget_line('', batch, 'takes', f'at K = {question.num_teachers}', 'takes'))
        for one in answered:
            lines.append(_answer(one, one.answers[number], device))
        parts.append('\n'.join(lines))
    if answered:
        parts.append(_cards(answered, question))
    return '\n\n'.join(parts)


def before(found: 'Budget') -> str:
    """What a student's teachers take before it; empty where it has none."""
    peaks: dict[str, int] = {}
    for row in found.before:
        peak = row['reserved_peak_bytes'] or row['allocated_peak_bytes']
        if peak:
            peaks[row['method']] = max(peaks.get(row['method'], 0), peak)
    names = {'teacher': 'the training of a teacher', 'bank': 'the fill of a bank'}
    told = [f'{names[name]} takes {size_in_words(peaks[name])}' for name in names if name in peaks]
    return textwrap.fill(f'Before the student, {" and ".join(told)}.', _WIDTH) if told else ''


def budget_notes(found: 'Sequence[Budget]', num_teachers: int, device: str) -> str:
    """What there is to know of answers at the K that was asked for."""
    counted = 'reserved' if device == 'cuda' else 'allocated'
    notes = [
        f'takes: peak of the training and its test, {counted}',
        'each answer was predicted, and so was the next number, which does not fit; + is the '
        'largest number that was tried. What an allocator reserves may fall a little where a '
        'number rises: every smaller number that was tried fits',
    ]
    methods = [one for budget in found for one in budget.methods.values() if one.error is None]
    if any(_PERHAPS in _answer(one, each, device) for one in methods for each in one.answers):
        notes.append(f'{_PERHAPS} fits only if libraries take no workspace, or less than they may')
    for name, k in dict.fromkeys((one.method, one.num_teachers) for one in methods):
        if k > num_teachers:
            notes.append(f'{name} is answered at K = {k}, its smallest')
    return '\n'.join(textwrap.fill(f'- {note}', _WIDTH, subsequent_indent='  ') for note in notes)


def _answer(one: 'MethodAnswer', answer: 'Answer', device: str) -> str:
    from ...measure.memory.budget import MOST_BATCH, MOST_TEACHERS, room_bytes

    room = room_bytes(answer.size, device)
    teachers = ('no K', '')
    if answer.teachers is not None:
        teachers = _bounded(answer.teachers, MOST_TEACHERS, METHOD_TABLE[one.method].fewest, room)
    return _budget_line(one.method, *teachers, *_bounded(answer.batch, MOST_BATCH, 1, room))


def _bounded(found: 'Boundary', most: int, least: int, room: int) -> tuple[str, str]:
    if found.at is None:
        needs = f'({size_in_words(found.beyond.peak_bytes)})' if found.beyond else ''
        return f'not {least}', needs
    mark = '' if found.at.surely_fits(room) else _PERHAPS
    return f'{found.value}{"+" * (found.value == most)}{mark}', size_in_words(found.at.peak_bytes)


def _budget_line(name: str, *cells: str) -> str:
    widths = (14, 14, 15, 14)
    return (
        f'{name:{_NAME}}' + ''.join(f'{one:>{w}}' for one, w in zip(cells, widths, strict=True))
    ).rstrip()


def _cards(answered: 'Sequence[MethodAnswer]', question: 'Question') -> str:
    lines = [f'Smallest card at batch {question.batch_size}']
    for one in answered:
        assert one.wanted is not None, 'what is answered has been predicted'
        count = f'K = {one.num_teachers}' if one.num_teachers else 'no K'
        lines.append(f'{one.method:{_NAME}}{count:>8}  {_card(one.wanted)}'.rstrip())
    return '\n'.join(lines)


def _card(need: 'Need') -> str:
    from ...measure.memory.budget import smallest_card

    found = smallest_card(need)
    takes = size_in_words(need.peak_bytes)
    if found is None:
        return f'none: it takes {takes}'
    name, surely = found
    return f'{name} ({CARDS[name]:.2f} GiB){"" if surely else _PERHAPS}, takes {takes}'
