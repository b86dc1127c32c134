"""The table of students that must be equal bit for bit: UKD's and those with teachers at hand."""

from typing import Any

from ...methods.table import SUBJECT
from ...results import formatting
from ...results.comparable import student_groups
from ...results.runs import Run, Sweep
from .footnotes import mark_notes, marked
from .table import Table, columns

_EQUALITY_HASHES = (
    ('targets', 'Targets'),
    ('initial_state', 'Initial weights'),
    ('student_state', 'Trained weights'),
)


def equality_table(sweep: Sweep) -> Table | None:
    """Table of whether UKD and methods with teachers at every step ended in one student."""
    equal = [name for name, row in sweep.methods.rows.items() if row.equals_ukd]
    runs: dict[tuple[Any, ...], dict[str, Run]] = {}
    groups = student_groups(sweep)
    for run in (run for run in sweep.done if run.method in (SUBJECT, *equal)):
        for regime, student, label in groups:
            if student == run.student and regime.name in run.regimes:
                numbers = run.num_teachers, run.seed, run.split, run.epochs
                cell = label, *numbers, run.setting, run.data
                runs.setdefault(cell, {})[run.method] = run
    rows = []
    for cell, found in sorted(runs.items(), key=lambda item: item[0][:5]):
        ukd = found.get(SUBJECT)
        if ukd is None:
            continue
        for other in (found[method] for method in equal if method in found):
            marks = [
                _equal(ukd.value('hashes', name), other.value('hashes', name))
                for name, _ in _EQUALITY_HASHES
            ]
            mine, theirs = ukd.metric('top1'), other.metric('top1')
            gap = formatting.DASH
            if mine is not None and theirs is not None:
                gap = formatting.signed(100 * (mine - theirs), unit=formatting.POINTS)
            names = marked(cell[0], ukd), sweep.methods.heading(other.method)
            rows.append((*names, *(formatting.whole(value) for value in cell[1:4]), *marks, gap))
    if not rows:
        return None
    titles = columns(
        '<Backbone',
        '<UKD against',
        'K',
        'Seed',
        'Split',
        *(f'<{title}' for _, title in _EQUALITY_HASHES),
        'Top-1, points',
    )
    unequal = sum('differ' in row for row in rows)
    known = sum(formatting.DASH not in row[5:8] for row in rows)
    lead = (
        f'Unequal: {unequal} of {formatting.counted(len(rows), "pair")}.'
        if unequal
        else 'The one pair is equal, bit for bit.'
        if known == len(rows) == 1
        else f'All {len(rows)} pairs are equal, bit for bit.'
        if known == len(rows)
        else f'{known} of {len(rows)} pairs have every hash; none differs.'
    )
    notes = (
        (
            'SHA-256 of both runs compared, for pairs that ran both methods with one schedule on '
            'one device. Top-1: UKD minus the other.'
        ),
        *mark_notes(rows),
    )
    return Table('equality', 'Equality with naive distillation', titles, tuple(rows), lead, notes)


def _equal(first: Any, second: Any) -> str:
    if first is None or second is None:
        return formatting.DASH
    return 'equal' if first == second else 'differ'
