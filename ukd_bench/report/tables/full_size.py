"""Tables of memory at full size: an overview of all students, and every figure of each."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from ...methods.known import KnownMethods
from ...methods.table import FLOOR
from ...results import formatting
from ...results.curve import MEASURED, PREDICTED
from ...results.full_size import (
    DONE,
    EVAL,
    FILL,
    FULL_SIZE,
    OUT_OF_MEMORY,
    OWN_SCALE,
    PARTS,
    TRAIN,
    Figure,
    FullSize,
    FullSizeStudent,
)
from ..figures.full_size import full_size_figure
from ..figures.svg import Drawing
from .table import Table, columns

_FULL = 'full-size', 'Memory at full size'
_OWN = 'own-scale', 'Memory of the sweep’s own students, measured apart'
_COMMAND = 'ukd-bench measure memory'
_PHASES = {TRAIN: 'training', EVAL: 'test', FILL: 'bank fill'}
_MEANING = {
    PREDICTED: 'Predicted: a real training step of the real config on tensors without content, '
    'without a device; what the device’s libraries take for scratch is not in it, and “unknown” '
    'bounds it.',
    MEASURED: 'Measured: the allocator’s own account on the device.',
}


def full_size_table(full_size: FullSize, methods: KnownMethods) -> Table:
    """Table of training peaks by method and K, with multiples of plain and whole pipelines."""
    large = full_size.at(FULL_SIZE)
    if not large.students:
        lead = (
            f'No figures at full size are there. {_COMMAND} --json FILE makes them, with --predict '
            'without a GPU; --memory DIR names the folder that they lie in.'
        )
        return Table(*_FULL, (), (), lead)
    about = (
        'for networks as large as people train them: what a teacher at hand weighs, and the '
        'activations that are kept of it, show here.'
    )
    drawing = full_size_figure(large, methods)
    return _overview(_FULL, about, large, methods, drawing)


def own_scale_table(full_size: FullSize, methods: KnownMethods) -> Table | None:
    """The same of the sweep's own students, which were measured apart; None without any."""
    own = full_size.at(OWN_SCALE)
    if not own.students:
        return None
    about = f'of the sweep’s own students, to more teachers than its runs have, by {_COMMAND}.'
    drawing = full_size_figure(own, methods, _OWN[0], 'of the sweep’s own students, apart from it')
    return _overview(_OWN, about, own, methods, drawing)


def _overview(
    place: tuple[str, str],
    about: str,
    full_size: FullSize,
    methods: KnownMethods,
    drawing: Drawing | None,
) -> Table:
    unit, size = full_size.unit
    counts = sorted({k for student in full_size.students for k in _counts(student)})
    rows: list[tuple[str, ...]] = []
    groups: list[tuple[int, str]] = []
    for student in full_size.students:
        groups.append((len(rows), student.name))
        trainings: dict[tuple[str, str], dict[int, Figure]] = {}
        for one in _ordered(student.figures, methods):
            if one.phase == TRAIN and one.teacher is None:
                trainings.setdefault((one.method, one.basis), {})[one.num_teachers] = one
        for (method, basis), by_count in trainings.items():
            last = by_count[max(by_count)]
            peaks = [_peak(by_count.get(k), size, unit, 2) for k in counts]
            pipeline = student.pipeline_peak(last, _reads(method, methods))
            rows.append(
                (
                    *(methods.heading(method), basis, *peaks, _multiple(student, last)),
                    formatting.number(pipeline, 2, 1 / size, unit),
                )
            )
    titles = columns(
        *('<Method', '<Basis', *(f'K = {k}' if k else 'No K' for k in counts)),
        *('× plain, largest K', f'Pipeline, {unit}'),
    )
    lead = f'Training peak in {unit} allocated, {about}'
    present = {one.basis for student in full_size.students for one in student.figures}
    notes = (
        *(_MEANING[basis] for basis in (PREDICTED, MEASURED) if basis in present),
        'Pipeline: the largest peak of the training and test of the student at its largest K, and '
        'of the trainings of teachers and fills of banks that it needs; a dash where one of them '
        'has no figure.',
        *(_setting_text(student) for student in full_size.students),
    )
    return Table(*place, titles, tuple(rows), lead, notes, tuple(groups), drawing)


def every_figure(full_size: FullSize, methods: KnownMethods) -> list[Table]:
    """Two folded tables a student, in MiB: the peaks of all phases, and what they are made of.

    K that have the same figures share a row.
    """
    made = []
    for number, student in enumerate(full_size.students, 1):
        figures = _ordered(student.figures, methods)
        first = '<Method', 'K', '<Phase', '<Basis'
        peaks = columns(
            *(*first, 'Allocated, MiB', '× plain', 'Reserved, MiB', 'Process, MiB'),
            *('Unknown, at most, MiB', 'Pipeline, MiB'),
        )
        parts = columns(*first, *(f'{part.capitalize()}, MiB' for part in PARTS))
        name = f'full-size-{number}'
        known = [one for one in figures if one.breakdown is not None]
        made += [
            Table(
                *(name, f'{student.name}: peaks of all phases', peaks),
                _merged(figures, methods, partial(_peak_cells, student, methods)),
                folded=True,
            ),
            Table(
                *(f'{name}-parts', f'{student.name}: what the peaks are made of', parts),
                _merged(known, methods, _part_cells),
                folded=True,
            ),
        ]
    return [table for table in made if table.rows]


def _peak_cells(student: FullSizeStudent, methods: KnownMethods, one: Figure) -> tuple[str, ...]:
    of_student = one.phase == TRAIN and one.teacher is None
    pipeline = student.pipeline_peak(one, _reads(one.method, methods)) if of_student else None
    return (
        _peak(one, formatting.MIB, 'MiB', 1),
        _multiple(student, one) if of_student else formatting.DASH,
        formatting.mib(one.reserved_peak_bytes),
        formatting.mib(one.process_peak_bytes),
        formatting.mib(one.workspace_bound_bytes),
        formatting.mib(pipeline),
    )


def _part_cells(one: Figure) -> tuple[str, ...]:
    parts = one.breakdown or {}
    return tuple(formatting.mib(parts.get(part)) for part in PARTS)


def _merged(
    figures: Iterable[Figure], methods: KnownMethods, cells: Callable[[Figure], tuple[str, ...]]
) -> tuple[tuple[str, ...], ...]:
    counts: dict[tuple[str, ...], list[int]] = {}
    for one in figures:
        name = methods.heading(one.method) + (f' ({one.teacher})' if one.teacher else '')
        row = name, _PHASES[one.phase], one.basis, *cells(one)
        counts.setdefault(row, []).append(one.num_teachers)
    return tuple(
        (name, formatting.listed(ks) if any(ks) else formatting.DASH, *others)
        for (name, *others), ks in counts.items()
    )


def _ordered(figures: Sequence[Figure], methods: KnownMethods) -> list[Figure]:
    """In the order of tables, a file's methods that the sweep does not know last."""
    names = dict.fromkeys([*methods.rows, *(one.method for one in figures)])
    order = {name: index for index, name in enumerate(names)}
    phases = [*_PHASES]
    return sorted(
        figures,
        key=lambda one: (
            *(order[one.method], phases.index(one.phase), one.predicted, one.num_teachers),
        ),
    )


def _counts(student: FullSizeStudent) -> list[int]:
    return [k for method in {one.method for one in student.figures} for k in student.counts(method)]


def _reads(method: str, methods: KnownMethods) -> str | None:
    return methods.rows[method].reads if method in methods.rows else None


def _peak(one: Figure | None, size: int, unit: str, digits: int) -> str:
    if one is None or one.status == DONE:
        return formatting.number(one.allocated_peak_bytes if one else None, digits, 1 / size, unit)
    return 'out of memory' if one.status == OUT_OF_MEMORY else 'failed'


def _multiple(student: FullSizeStudent, one: Figure) -> str:
    floor = student.find(FLOOR, 0, TRAIN, one.predicted)
    if one.allocated_peak_bytes is None or floor is None or not floor.allocated_peak_bytes:
        return formatting.DASH
    return formatting.number(one.allocated_peak_bytes / floor.allocated_peak_bytes, 3)


def _setting_text(student: FullSizeStudent) -> str:
    setting = student.setting
    clip = ' × '.join(map(str, setting.clip))
    weighs = (
        f'; a teacher ({", ".join(setting.teacher_kinds)}) weighs '
        f'{formatting.mib(setting.teacher_bytes)} MiB'
        if setting.teacher_bytes
        else ''
    )
    return (
        f'{student.name}: batches of {setting.batch_size} clips of {clip}, {setting.precision}, '
        f'memory of {setting.device}; {setting.parameters:,} parameters{weighs}.'
    )
