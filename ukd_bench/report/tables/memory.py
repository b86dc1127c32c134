"""Tables of memory: its peaks, and what each teacher adds to them."""

from ...results import formatting
from ...results.comparable import student_groups
from ...results.runs import Cell, Sweep
from ...results.statistics import least_squares
from .footnotes import mark_notes, unmeasured_texts
from .table import Table, by_student, columns, mean_mib, over_seeds, ratio_to_plain, student_cells


def memory_table(sweep: Sweep) -> Table:
    """Table of peaks by phase, of the whole pipeline, and against the student alone."""

    def row(cell: Cell) -> tuple[str, ...]:
        train = over_seeds(cell, lambda run: run.memory('train'))
        ratio = ratio_to_plain(cell, sweep, lambda run: run.memory('train'))
        reads_banks = sweep.methods.rows[cell.method].reads == 'banks'
        bank = over_seeds(
            cell, lambda run: run.value('knowledge', 'bank_bytes') if reads_banks else None
        )
        return (
            *(mean_mib(train), formatting.mean(ratio, 3)),
            mean_mib(over_seeds(cell, lambda run: run.memory('eval'))),
            mean_mib(over_seeds(cell, sweep.pipeline_peak)),
            mean_mib(over_seeds(cell, lambda run: run.peak('process_peak_bytes')), 0),
            mean_mib(bank, 2),
        )

    rows, groups = by_student(sweep, row)
    titles = columns(
        '<Method',
        'K',
        'Train, MiB',
        '× plain',
        'Evaluate, MiB',
        'Pipeline, MiB',
        'Process, MiB',
        'Bank, MiB',
    )
    kinds = {
        run.value('environment', 'device')['kind']
        for run in sweep.done
        if run.value('environment', 'device')
    }
    meaning = (
        (
            'On a CPU, bytes of live tensors stand for allocated ones (scratch memory inside one '
            'operator is not seen), and the process figure is the peak resident set.'
        )
        if 'cpu' in kinds
        else 'The process figure is what the driver counts for the whole process.'
    )
    notes = (
        f'Peaks allocated on {sweep.device_names}, mean over seeds. {meaning}',
        'Bank: the teachers’ scores on disk that the run reads.',
        (
            'Pipeline: the largest peak of the run and of every pretraining, teacher, bank and '
            'earlier stage it needed; a dash where one of them has no figure.'
        ),
        *unmeasured_texts(sweep),
    )
    return Table(
        'memory',
        'Peak memory',
        titles,
        rows,
        notes=(*notes, *mark_notes(rows)),
        groups=groups,
    )


def slope_table(sweep: Sweep) -> Table | None:
    """Table of the bytes that a teacher adds to the training peak: least squares over K."""
    rows = []
    growing = [name for name, row in sweep.methods.rows.items() if row.by_count and row.distils]
    for regime, student, label in student_groups(sweep):
        mine = student_cells(sweep, student, regime.name)
        for method in growing:
            for setting in dict.fromkeys(cell.setting for cell in mine):
                same = [c for c in mine if (c.method, c.setting) == (method, setting)]
                rows += _slope_row(label, sweep.methods.heading(method), same)
    if not rows:
        return None
    titles = columns(
        '<Backbone', '<Method', '<K measured', 'MiB a teacher', '95 % interval', 'Teacher, MiB'
    )
    notes = (
        (
            'One point a K (seeds repeat the same bytes); the t-interval needs three K or more. '
            'Teacher: mean size of a teacher’s weights and buffers.'
        ),
    )
    return Table('slopes', 'Memory a teacher adds', titles, tuple(rows), notes=notes)


def _slope_row(label: str, heading: str, mine: list[Cell]) -> list[tuple[str, ...]]:
    peaks: dict[int, list[float]] = {}
    weights: dict[str, float] = {}
    for run in (run for cell in mine for run in cell.runs):
        peak = run.memory('train')
        if peak is not None:
            peaks.setdefault(run.num_teachers, []).append(peak)
        for teacher in run.record['teachers'] if run.record else ():
            if teacher.get('state_bytes'):
                weights[teacher['name']] = teacher['state_bytes']
    slope = least_squares(list(peaks), [sum(values) / len(values) for values in peaks.values()])
    if slope is None:
        return []
    mean = sum(weights.values()) / len(weights) if weights else None
    span = formatting.interval(slope.low, slope.high, 3, 1 / formatting.MIB, 'MiB')
    value = formatting.signed(slope.value / formatting.MIB, 3, 'MiB')
    return [
        (label, heading, formatting.listed(sorted(peaks)), value, span, formatting.mib(mean, 2))
    ]
