"""The table of from when UKD pays in time."""

from collections.abc import Sequence

from ...results import formatting
from ...results.comparable import comparable_runs
from ...results.payoff import Payoff, payoffs, pays_one_student_from
from ...results.runs import Sweep
from .table import Table, columns


def payoff_table(sweep: Sweep) -> Table | None:
    """Table of both ways to a student, and the number of students from which UKD is the shorter."""
    rows: list[tuple[str, ...]] = []
    groups: list[tuple[int, str]] = []
    sentences = []
    for bench in comparable_runs(sweep):
        found = payoffs(bench, sweep)
        if found:
            groups.append((len(rows), bench.label))
            sentences.append(f'on {bench.label}, {payoff_text(found)}')
        rows += [_row(one) for one in found]
    if not rows:
        return None
    titles = columns(
        *('K', 'Banks', 'UKD student', 'Naive student', 'UKD, everything', 'Naive, everything'),
        'UKD pays from, students',
    )
    notes = (
        'Teachers, and what they start from, are trained once either way. Banks are filled once, '
        'whatever the number of students; a naive student runs its teachers at every step.',
        'Times of whole runs, as measured, means over the seeds that ran both ways; other runs '
        'shared the machine.',
    )
    return Table(
        *(
            'payoff',
            'From when UKD pays',
            titles,
            tuple(rows),
            ' '.join(map(formatting.sentence, sentences)),
        ),
        *(notes, tuple(groups)),
    )


def payoff_text(found: Sequence[Payoff]) -> str:
    """What both ways take at the largest K, and from when UKD takes less."""
    last, from_k = found[-1], pays_one_student_from(found)
    pays = (
        'for no number of students'
        if last.students is None
        else f'from {last.students} students on'
        if last.students > 1
        else f'from the first student on, at K = {from_k} and above'
    )
    return (
        f'at K = {last.num_teachers} one student takes {formatting.duration(last.ukd_pipeline_s)} '
        f'by UKD and {formatting.duration(last.naive_pipeline_s)} by naive distillation, teachers '
        f'included. UKD takes less time {pays}.'
    )


def _row(one: Payoff) -> tuple[str, ...]:
    times = (one.banks_s, one.ukd_s, one.naive_s, one.ukd_pipeline_s, one.naive_pipeline_s)
    students = formatting.whole(one.students)
    return (formatting.whole(one.num_teachers), *map(formatting.duration, times), students)
