"""What a table is, and the rows that tables of students share."""

from collections.abc import Callable
from dataclasses import dataclass

from ...methods.table import FLOOR
from ...results import formatting
from ...results.comparable import student_groups
from ...results.runs import Cell, Run, Sweep
from ...results.statistics import Difference, Estimate, mean_interval, paired_difference
from ..figures.svg import Drawing
from .footnotes import marked

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
    """A table; ``groups`` are (first row, title) of runs of rows under a common heading.

    ``drawing`` stands above it. One that is ``folded`` belongs to the table before it, and a page
    shows it when it is asked for.
    """

    id: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    lead: str = ''
    notes: tuple[str, ...] = ()
    groups: tuple[tuple[int, str], ...] = ()
    drawing: Drawing | None = None
    folded: bool = False


def columns(*titles: str) -> tuple[Column, ...]:
    """Columns from titles; one that starts with ``<`` holds text."""
    return tuple(Column(title.removeprefix('<'), title.startswith('<')) for title in titles)


def over_seeds(cell: Cell, figure: Callable[[Run], float | None]) -> Estimate | None:
    """Mean and interval of a figure over a cell's seeds."""
    return mean_interval([figure(run) for run in cell.runs])


def student_cells(
    sweep: Sweep, student: str | None = None, regime: str | None = None
) -> list[Cell]:
    """Cells of students, of one backbone and one regime if named."""
    return [
        cell
        for cell in sweep.student_cells
        if student in (None, cell.student) and regime in (None, cell.regime)
    ]


def cell_name(cell: Cell, sweep: Sweep) -> tuple[str, str]:
    """(method, K) of a row, with its marks and, where there are several, its split."""
    name = sweep.methods.heading(cell.method)
    everything = student_cells(sweep, cell.student, cell.regime)
    if len({other.split for other in everything}) > 1:
        name += f', split {cell.split}'
    settings = list(dict.fromkeys(other.setting for other in everything))
    if len(settings) > 1:
        name += f', setting {settings.index(cell.setting) + 1}'
    return marked(name, cell), count(cell.num_teachers)


def by_count_last(cells: list[Cell]) -> list[Cell]:
    """Of each method the cells of the largest K; shortened ones where there are no others."""
    kept = []
    for method in dict.fromkeys(cell.method for cell in cells):
        mine = [cell for cell in cells if cell.method == method]
        mine = [cell for cell in mine if not cell.shortened] or mine
        most = max(cell.num_teachers for cell in mine)
        kept += [cell for cell in mine if cell.num_teachers == most]
    return kept


def count(num_teachers: int) -> str:
    """K of a row, or a dash."""
    return formatting.whole(num_teachers or None)


def by_student(
    sweep: Sweep,
    row: Callable[[Cell], tuple[str, ...]],
) -> tuple[tuple[tuple[str, ...], ...], tuple[tuple[int, str], ...]]:
    """Rows of every student's cells, and the groups that they form: a regime and a backbone."""
    rows: list[tuple[str, ...]] = []
    groups: list[tuple[int, str]] = []
    for regime, student, label in student_groups(sweep):
        mine = student_cells(sweep, student, regime.name)
        if mine:
            groups.append((len(rows), label))
        rows += [(*cell_name(cell, sweep), *row(cell)) for cell in mine]
    return tuple(rows), tuple(groups)


def ratio_to_plain(
    cell: Cell, sweep: Sweep, figure: Callable[[Run], float | None]
) -> Estimate | None:
    """A figure over that of ``plain`` of the same regime, seed, split and setting, over seeds.

    It is for figures that do not depend on the number of epochs.
    """
    plain = {seed: figure(run) for seed, run in _plain_runs(cell, sweep).items()}
    pairs = [(figure(run), plain.get(run.seed)) for run in cell.runs]
    return mean_interval(
        [mine / floor if mine is not None and floor else None for mine, floor in pairs]
    )


def less_plain(cell: Cell, sweep: Sweep) -> Difference | None:
    """Top-1 less that of ``plain`` of the same regime, seed, split, setting and clips, over seeds.

    Returns:
        None for ``plain`` itself, for a schedule that was shortened, and without a seed in common.
    """
    if cell.method == FLOOR or cell.shortened:
        return None
    plain = {
        seed: run.metric('top1')
        for seed, run in _plain_runs(cell, sweep).items()
        if not run.shortened and run.data == cell.data
    }
    pairs = [
        (mine, theirs)
        for run in cell.runs
        if (mine := run.metric('top1')) is not None and (theirs := plain.get(run.seed)) is not None
    ]
    if not pairs:
        return None
    return paired_difference([mine for mine, _ in pairs], [theirs for _, theirs in pairs])


def _plain_runs(cell: Cell, sweep: Sweep) -> dict[int, Run]:
    """The students alone that a cell's students are compared with, by seed."""
    same = (cell.student, cell.split, cell.setting)
    return {
        run.seed: run
        for run in sweep.done_by_method.get(FLOOR, [])
        if cell.regime in run.regimes and (run.student, run.split, run.setting) == same
    }


def mean_mib(value: Estimate | None, digits: int = 1) -> str:
    """The mean of an estimate in bytes, as MiB."""
    return formatting.mean(value, digits, 1 / formatting.MIB, 'MiB')
