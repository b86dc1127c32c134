"""The table that stands first: what each method reaches, and what it takes."""

from ...methods.table import FLOOR, SUBJECT
from ...results import formatting
from ...results.comparable import student_groups
from ...results.runs import Cell, Sweep
from .footnotes import mark_notes
from .table import (
    Table,
    by_count_last,
    cell_name,
    columns,
    count,
    less_plain,
    mean_mib,
    over_seeds,
    ratio_to_plain,
    student_cells,
)

_ABOUT = (
    'Each method at its largest K with the full schedule. “As UKD”: the students are UKD’s, bit '
    'for bit, of fewer seeds. × plain: of the training peak. Ensemble: the teachers’ mean.'
)


def glance_table(sweep: Sweep) -> Table | None:
    """Table of accuracy, memory and time of each method at its largest K, for each student."""
    rows: list[tuple[str, ...]] = []
    groups: list[tuple[int, str]] = []
    together = sweep.cells(run for run in sweep.runs if run.method == 'ensemble')
    for regime, student, label in student_groups(sweep):
        if not regime.for_claims:
            continue
        cells = by_count_last(student_cells(sweep, student, regime.name))
        if cells:
            groups.append((len(rows), label))
        rows += [(*cell_name(cell, sweep), *_figures(cell, cells, sweep)) for cell in cells]
        ensembles = [cell for cell in together if cell.regime == regime.name]
        for cell in by_count_last(ensembles) if cells else []:
            name = sweep.methods.heading(cell.method)
            rows.append((name, count(cell.num_teachers), *_of_teachers(cell)))
    if not rows:
        return None
    titles = columns(
        *('<Method', 'K', 'Top-1, %', 'Minus plain, points', 'Training peak, MiB', '× plain'),
        'Time with all it needs',
    )
    return Table(
        *('glance', 'At a glance', titles, tuple(rows), _lead(sweep)),
        *((_ABOUT, *mark_notes(rows)),),
        groups=tuple(groups),
    )


def _figures(cell: Cell, cells: list[Cell], sweep: Sweep) -> tuple[str, ...]:
    whole = over_seeds(cell, sweep.pipeline_time)
    top1 = over_seeds(cell, lambda run: run.metric('top1'))
    accuracy = (
        formatting.estimate(top1, 1, 100, '%'),
        formatting.signed_points(less_plain(cell, sweep)),
    )
    ukd = next((one for one in cells if one.method == SUBJECT), None)
    again = sweep.methods.rows[cell.method].equals_ukd
    if again and ukd is not None and len(cell.runs) < len(ukd.runs):
        # The same students, of fewer seeds: their mean would look like another result.
        accuracy = (f'as {sweep.methods.title(SUBJECT)}',) * 2
    return (
        *accuracy,
        mean_mib(over_seeds(cell, lambda run: run.memory('train'))),
        formatting.mean(ratio_to_plain(cell, sweep, lambda run: run.memory('train')), 3),
        formatting.duration(whole.mean if whole else None),
    )


def _of_teachers(cell: Cell) -> tuple[str, ...]:
    """An ensemble tests its teachers and trains none."""
    top1 = over_seeds(cell, lambda run: run.metric('top1'))
    return formatting.estimate(top1, 1, 100, '%'), *[formatting.DASH] * 4


def _lead(sweep: Sweep) -> str:
    data = sweep.dataset
    name, classes = data.get('name', 'unnamed data'), len(data.get('classes') or [])
    kind = 'synthetic' if sweep.synthetic else 'recorded'
    clips = ''
    if data.get('train_samples') and data.get('test_samples'):
        clips = f', {data["train_samples"]:,} clips to train and {data["test_samples"]:,} to test'
    seeds = len({run.seed for run in sweep.done if run.method == FLOOR})
    text = f'On {name} ({kind}{clips}, {classes} classes'
    return (
        f'{text}), {formatting.counted(seeds, "seed")} of the plain student, on '
        f'{sweep.device_names}. Mean ± half-width of the 95 % interval over seeds; without it, one '
        'seed.'
    )
