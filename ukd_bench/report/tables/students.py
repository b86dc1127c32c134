"""Tables of students: their accuracy, their cost, and their likeness to their teachers."""

from functools import partial

from ...results import formatting
from ...results.comparable import student_groups
from ...results.likeness import likeness
from ...results.runs import Cell, Run, Sweep
from .footnotes import count_text, flow_texts, mark_notes, selection_texts, view_texts
from .table import (
    INTERVAL_NOTE,
    Table,
    by_student,
    cell_name,
    columns,
    less_plain,
    over_seeds,
    ratio_to_plain,
    student_cells,
)


def accuracy_table(sweep: Sweep) -> Table:
    """Table of top-1, top-5, mean class accuracy, and how far students are from their targets."""

    def row(cell: Cell) -> tuple[str, ...]:
        metrics = [
            over_seeds(cell, partial(Run.metric, name=name))
            for name in ('top1', 'top5', 'mean_class')
        ]
        divergence = over_seeds(cell, lambda run: run.value('knowledge', 'divergence'))
        written = (formatting.estimate(metric, 1, 100, '%') for metric in metrics)
        counts = formatting.whole(cell.epochs), formatting.whole(len(cell.runs))
        top1, *others = written
        gap = formatting.signed_points(less_plain(cell, sweep))
        return *counts, top1, gap, *others, formatting.estimate(divergence, 3, unit='nats')

    rows, groups = by_student(sweep, row)
    titles = columns(
        '<Method',
        'K',
        'Epochs',
        'n',
        'Top-1, %',
        'Minus plain, points',
        'Top-5, %',
        'Mean class, %',
        'KL to targets, nats',
    )
    notes = (
        INTERVAL_NOTE,
        'Minus plain: mean over seeds of the difference to the plain student of the same seed, '
        'with its 95 % t-interval. Each stands for itself; only what a claim tests is corrected '
        'for the number of comparisons.',
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
    """Table of the time of a step and of everything, and of the size of the student."""

    def row(cell: Cell) -> tuple[str, ...]:
        step = over_seeds(cell, lambda run: run.value('time', 'step_median_s'))
        ratio = ratio_to_plain(cell, sweep, lambda run: run.value('time', 'step_median_s'))
        own = over_seeds(cell, lambda run: run.value('time', 'wall_s'))
        whole = over_seeds(cell, sweep.pipeline_time)
        size = over_seeds(cell, lambda run: run.value('counts', 'parameters'))
        flops = over_seeds(cell, lambda run: run.value('counts', 'inference_flops'))
        return (
            *(formatting.estimate(step, 1, 1000, 'ms'), formatting.estimate(ratio, 2)),
            *(formatting.duration(time.mean if time else None) for time in (own, whole)),
            formatting.mean(size, 2, 1e-6, 'million'),
            formatting.mean(flops, 2, 1e-9, 'GFLOPs'),
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
            'Pipeline time: the run and every pretraining, teacher, bank, earlier stage and '
            'optical flow it needed, each counted once, as if nothing were shared with other runs.'
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


def likeness_table(sweep: Sweep) -> Table | None:
    """Table of how far distilled and plain students are from the same teachers on test clips."""
    rows: list[tuple[str, ...]] = []
    groups: list[tuple[int, str]] = []
    for regime, student, label in student_groups(sweep):
        first = len(rows)
        for cell in student_cells(sweep, student, regime.name):
            found = likeness(cell, sweep) if sweep.methods.rows[cell.method].distils else None
            if found is not None:
                figures = (found.student, found.plain, found.difference)
                written = (formatting.estimate(figure, 3, unit='nats') for figure in figures)
                rows.append((*cell_name(cell, sweep), *written))
        if len(rows) > first:
            groups.append((first, label))
    if not rows:
        return None
    lead = (
        'KL divergence, in nats, of class probabilities on the test clips from the mean of the '
        'teachers that a student learned from: the lower, the more alike. A student that has '
        'listened is nearer to them than the plain one of its seed, which never met them.'
    )
    titles = columns('<Method', 'K', 'The student', 'The plain student', 'Difference')
    return Table(
        *('likeness', 'Likeness to the teachers', titles, tuple(rows), lead),
        *((INTERVAL_NOTE, *mark_notes(rows)), tuple(groups)),
    )
