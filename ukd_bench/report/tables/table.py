"""Tables of the report as plain text cells, which HTML and Markdown print alike; the main ones."""

from collections.abc import Callable
from dataclasses import dataclass

from ...methods.table import STUDENT_METHODS
from ...results import formatting as units
from ...results.load import Cell, Run, Sweep, cells
from ...results.statistics import Estimate, mean_interval
from ..methods import method_name
from .footnotes import count_text, flow_texts, mark_notes, marked, selection_texts, view_texts

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
        ' '.join([count_text(sweep), *selection_texts(sweep), *view_texts(sweep)]),
    )
    return Table(
        'accuracy',
        'Accuracy',
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
            'Pipeline time: the run and every teacher, bank, earlier stage and optical flow it '
            'needed, each counted once, as if nothing were shared with other runs.'
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


def mean_mib(value: Estimate | None, digits: int = 1) -> str:
    """The mean as MiB."""
    return units.mib(value.mean if value else None, digits)
