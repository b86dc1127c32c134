"""Tables of the report as plain text cells: HTML and Markdown print the same ones."""

from collections.abc import Callable
from dataclasses import dataclass

from ..methods import STUDENT_METHODS
from ..results import units
from ..results.load import Cell, Run, Sweep, cells
from ..results.statistics import Estimate, least_squares, mean_interval
from .marks import SELECTION_TEXT, mark_notes, marked
from .words import method_name

INTERVAL_NOTE = (
    'Mean ± half-width of the 95 % t-interval over n seeds; with one seed there is no interval.'
)


@dataclass(frozen=True)
class Column:
    """A heading; ``text`` columns are set flush left, figures flush right."""

    title: str
    text: bool = False


@dataclass(frozen=True)
class Table:
    """A table; ``groups`` are (first row, title) of runs of rows under a common heading."""

    id: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    lead: str = ''
    notes: tuple[str, ...] = ()
    groups: tuple[tuple[int, str], ...] = ()


def columns(*titles: str) -> tuple[Column, ...]:
    """Columns from titles; one that starts with ``<`` holds text."""
    return tuple(Column(title.removeprefix('<'), title.startswith('<')) for title in titles)


def over_seeds(cell: Cell, figure: Callable[[Run], float | None]) -> Estimate | None:
    """Mean and interval of a figure over a cell's seeds."""
    return mean_interval([figure(run) for run in cell.runs])


def student_cells(sweep: Sweep, student: str | None = None) -> list[Cell]:
    """Cells of students, of one backbone if named."""
    wanted = (run for run in sweep.runs if run.method in STUDENT_METHODS)
    return cells(run for run in wanted if student in (None, run.student))


def cell_name(cell: Cell, sweep: Sweep) -> tuple[str, str]:
    """(method, K) of a row, with its marks and, where there are several, its split."""
    name = method_name(cell.method)
    everything = student_cells(sweep, cell.student)
    if len({other.split for other in everything}) > 1:
        name += f', split {cell.split}'
    settings = list(dict.fromkeys(other.setting for other in everything))
    if len(settings) > 1:
        name += f', setting {settings.index(cell.setting) + 1}'
    return marked(name, cell), str(cell.num_teachers) if cell.num_teachers else units.DASH


def by_student(
    sweep: Sweep,
    row: Callable[[Cell], tuple[str, ...]],
) -> tuple[tuple[tuple[str, ...], ...], tuple[tuple[int, str], ...]]:
    """Rows of every student's cells, and the students' groups."""
    rows: list[tuple[str, ...]] = []
    groups: list[tuple[int, str]] = []
    for student in sweep.students:
        mine = student_cells(sweep, student)
        if mine:
            groups.append((len(rows), student))
        rows += [(*cell_name(cell, sweep), *row(cell)) for cell in mine]
    return tuple(rows), tuple(groups)


def accuracy_table(sweep: Sweep) -> Table:
    """Top-1, top-5, mean class accuracy, and how far a student is from its targets."""

    def row(cell: Cell) -> tuple[str, ...]:
        metrics = [
            over_seeds(cell, lambda run, name=name: run.metric(name))
            for name in ('top1', 'top5', 'mean_class')
        ]
        divergence = over_seeds(cell, lambda run: run.value('knowledge', 'divergence'))
        written = (units.estimate(metric, 1, 100) for metric in metrics)
        return str(cell.epochs), str(len(cell.runs)), *written, units.estimate(divergence, 3)

    rows, groups = by_student(sweep, row)
    titles = columns(
        '<Method',
        'K',
        'Epochs',
        'n',
        'Top-1, %',
        'Top-5, %',
        'Mean class, %',
        'KL to targets, nats',
    )
    notes = (
        INTERVAL_NOTE,
        ' '.join(['K is the number of teachers.', *selection_texts(sweep)]),
    )
    return Table(
        'accuracy',
        'Accuracy',
        titles,
        rows,
        notes=(*notes, *mark_notes(rows)),
        groups=groups,
    )


def flow_texts(sweep: Sweep) -> list[str]:
    """What optical flow took, a sentence for each that runs read."""
    flows = {
        (flow['algorithm'], flow['compute_s'], flow['bytes']): None
        for flow in (run.record.get('flow') for run in sweep.done if run.record)
        if flow
    }
    return [
        f'Optical flow ({algorithm}) of all clips took {units.duration(seconds)} of processor time '
        f'and {units.mib(size)} MiB on disk; the steps and own times of runs that read it do not '
        'include it.'
        for algorithm, seconds, size in flows
    ]


def selection_texts(sweep: Sweep) -> list[str]:
    """How the tested epochs were chosen, a sentence a rule."""
    rules = dict.fromkeys(run.selection for run in sweep.done if run.method in STUDENT_METHODS)
    return [SELECTION_TEXT[rule] for rule in rules]


def memory_table(sweep: Sweep) -> Table:
    """Peaks by phase, of the whole pipeline, and against the student alone."""

    def row(cell: Cell) -> tuple[str, ...]:
        train = over_seeds(cell, lambda run: run.memory('train'))
        ratio = ratio_to_plain(cell, sweep, lambda run: run.memory('train'))
        bank = over_seeds(
            cell, lambda run: run.value('knowledge', 'bank_bytes') if run.method == 'ukd' else None
        )
        return (
            *(_mean_mib(train), units.number(ratio.mean if ratio else None, 3)),
            _mean_mib(over_seeds(cell, lambda run: run.memory('eval'))),
            _mean_mib(over_seeds(cell, sweep.pipeline_peak)),
            _mean_mib(over_seeds(cell, lambda run: run.peak('process_peak_bytes')), 0),
            _mean_mib(bank, 2),
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
        f'Peaks allocated on {device_names(sweep)}, mean over seeds. {meaning}',
        'Bank: the K teachers’ scores on disk.',
        (
            'Pipeline: the largest peak of the run and of every teacher and bank it needed; a '
            'dash where one of them has no figure.'
        ),
    )
    return Table(
        'memory',
        'Peak memory',
        titles,
        rows,
        notes=(*notes, *mark_notes(rows)),
        groups=groups,
    )


def cost_table(sweep: Sweep) -> Table:
    """Time of a step and of everything, and the size of the student."""

    def row(cell: Cell) -> tuple[str, ...]:
        step = over_seeds(cell, lambda run: run.value('time', 'step_median_s'))
        ratio = ratio_to_plain(cell, sweep, lambda run: run.value('time', 'step_median_s'))
        own = over_seeds(cell, lambda run: run.value('time', 'wall_s'))
        whole = over_seeds(cell, sweep.pipeline_time)
        size = over_seeds(cell, lambda run: run.value('counts', 'parameters'))
        flops = over_seeds(cell, lambda run: run.value('counts', 'inference_flops'))
        return (
            *(units.estimate(step, 1, 1000), units.estimate(ratio, 2)),
            *(units.duration(time.mean if time else None) for time in (own, whole)),
            units.number(size.mean if size else None, 2, 1e-6),
            units.number(flops.mean if flops else None, 2, 1e-9),
        )

    rows, groups = by_student(sweep, row)
    titles = columns(
        '<Method',
        'K',
        'Step, ms',
        '× plain',
        'Own time',
        'Pipeline time',
        'Parameters, M',
        'Inference, GFLOPs',
    )
    notes = (
        (
            'Step: median after warm-up; its ratio is taken seed by seed. Runs were not '
            'interleaved, so a ratio carries the machine’s drift.'
        ),
        (
            'Pipeline time: the run and every teacher, bank and optical flow it needed, each '
            'counted once, as if nothing were shared with other runs.'
        ),
        *flow_texts(sweep),
    )
    return Table(
        'cost',
        'Time and size',
        titles,
        rows,
        notes=(*notes, *mark_notes(rows)),
        groups=groups,
    )


def slope_table(sweep: Sweep) -> Table | None:
    """Bytes a teacher adds to the training peak: least squares over K."""
    rows = []
    for student in sweep.students:
        mine = student_cells(sweep, student)
        for method in ('ukd', 'naive'):
            for setting in dict.fromkeys(cell.setting for cell in mine):
                rows += _slope_row(
                    student, method, [c for c in mine if (c.method, c.setting) == (method, setting)]
                )
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


def _slope_row(student: str, method: str, mine: list[Cell]) -> list[tuple[str, ...]]:
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
    span = units.interval(slope.low, slope.high, 3, 1 / units.MIB)
    value = units.signed(slope.value / units.MIB, 3)
    return [
        (student, method_name(method), units.listed(sorted(peaks)), value, span, units.mib(mean, 2))
    ]


def ratio_to_plain(
    cell: Cell, sweep: Sweep, figure: Callable[[Run], float | None]
) -> Estimate | None:
    """A figure over that of ``plain`` with the same seed, split and setting, over seeds.

    For figures that do not depend on the number of epochs.
    """
    same = (cell.student, cell.split, cell.setting)
    plain = {
        run.seed: figure(run)
        for run in sweep.done
        if run.method == 'plain' and (run.student, run.split, run.setting) == same
    }
    pairs = [(figure(run), plain.get(run.seed)) for run in cell.runs]
    return mean_interval(
        [mine / floor if mine is not None and floor else None for mine, floor in pairs]
    )


def device_names(sweep: Sweep) -> str:
    """The devices that figures come from, named."""
    devices = [run.value('environment', 'device') or {} for run in sweep.done]
    names = dict.fromkeys(
        str(device.get('name') or device.get('kind') or 'an unnamed device') for device in devices
    )
    return ', '.join(names) or 'no device'


def _mean_mib(value: Estimate | None, digits: int = 1) -> str:
    return units.mib(value.mean if value else None, digits)
