"""The table of accuracies."""

from functools import partial

from ...results import formatting as units
from ...results.load import Cell, Run, Sweep
from .footnotes import count_text, mark_notes, selection_texts, view_texts
from .student_rows import INTERVAL_NOTE, by_student, over_seeds
from .table import Table, columns


def accuracy_table(sweep: Sweep) -> Table:
    """Top-1, top-5, mean class accuracy, and how far a student is from its targets."""

    def row(cell: Cell) -> tuple[str, ...]:
        metrics = [
            over_seeds(cell, partial(Run.metric, name=name))
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
