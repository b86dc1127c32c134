"""The table of teachers and ensembles: the ceiling and its price."""

from typing import Any

from ...results import formatting
from ...results.runs import Run, Sweep
from ...results.statistics import mean_interval
from .footnotes import mark_notes, marked, unmarked
from .table import Table, columns


def teacher_table(sweep: Sweep) -> Table | None:
    """Table of each teacher alone with its bank, and of ensembles: the ceiling and its price."""
    banks = {run.teacher: run for run in sweep.done if run.method == 'bank'}
    sizes = {
        t['name']: t.get('state_bytes')
        for run in sweep.done
        if run.record
        for t in run.record['teachers']
    }
    rows: list[tuple[str, ...]] = []
    for cell in sweep.cells(run for run in sweep.runs if run.method in ('teacher', 'ensemble')):

        def mean(figure: Any, runs: tuple[Run, ...] = cell.runs) -> float | None:
            estimate = mean_interval([figure(run) for run in runs])
            return estimate.mean if estimate else None

        name = cell.teacher or f'Ensemble of {cell.num_teachers}'
        bank = banks.get(cell.teacher) if cell.teacher else None
        rows.append(
            (
                marked(name, cell),
                cell.student or formatting.DASH,
                *(
                    formatting.number(mean(lambda run, m=m: run.metric(m)), 1, 100)
                    for m in ('top1', 'top5', 'mean_class')
                ),
                formatting.mib(mean(lambda run: run.memory('train'))),
                formatting.mib(mean(lambda run: run.memory('eval'))),
                formatting.mib(sizes.get(cell.teacher) if cell.teacher else None, 2),
                formatting.duration(mean(lambda run: run.value('time', 'wall_s'))),
                formatting.mib(bank.memory('fill') if bank else None),
                formatting.duration(bank.value('time', 'fill_s') if bank else None),
            )
        )
    if not rows:
        return None
    titles = columns(
        *(
            '<Teacher',
            '<Backbone',
            'Top-1, %',
            'Top-5, %',
            'Mean class, %',
            'Train, MiB',
            'Evaluate, MiB',
        ),
        *('Weights, MiB', 'Time', 'Bank fill, MiB', 'Bank fill'),
    )
    lead = (
        'In the order of the pool, of which K means the first K. The ensemble averages its '
        'teachers at inference.'
    )
    order = {name: index for index, name in enumerate(sweep.plan.get('pool') or [])}
    teachers = {run.teacher for run in sweep.runs if run.method == 'teacher'}
    # A plan that names no pool is one of teachers from elsewhere: all count.
    own_kind = teachers - set(order) if order else set()
    rows.sort(key=lambda row: order.get(unmarked(row[0]), len(order)))
    rows.sort(key=lambda row: unmarked(row[0]) in own_kind)
    of_pool = [row for row in rows if unmarked(row[0]) not in own_kind]
    groups = [(0, 'The pool')] * bool(of_pool)
    if own_kind:
        taught = dict.fromkeys(run.method for run in sweep.runs if _is_of_own_kind(run, sweep))
        titles_of = ' and '.join(sweep.methods.title(method) for method in taught)
        groups.append((len(of_pool), f'Teachers of the student’s own kind, for {titles_of}'))
    return Table(
        *('teachers', 'Teachers and ensemble', titles, tuple(rows), lead),
        *(mark_notes(rows), tuple(groups)),
    )


def _is_of_own_kind(run: Run, sweep: Sweep) -> bool:
    """Whether a student's teacher is of its own kind."""
    return run.of_student and sweep.methods.rows[run.method].parents == 'own_kind'
