"""Marks on names in tables, and the sentences below tables."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ...records.record import BEST_ON_HELD_OUT, LAST_EPOCH, ORACLE
from ...results import formatting as units
from ...results.runs import Run, Sweep

SELECTION_TEXT = {
    LAST_EPOCH: 'Accuracy is that of the last epoch; no checkpoint is selected.',
    BEST_ON_HELD_OUT: (
        'Accuracy is that of the epoch that was best on groups held out of the training list.'
    ),
    ORACLE: 'Accuracy is that of the epoch that was best on the test clips themselves: an oracle.',
}


@dataclass(frozen=True)
class Mark:
    """A sign after a name, and the note that explains it."""

    sign: str
    note: str


SHORT = Mark(
    '†',
    'Shorter schedule than the full one: comparable in memory and step time, not in accuracy or '
    'total time.',
)
CHOSEN_ON_TEST = Mark(
    '‡',
    'An oracle: its epoch was chosen by the accuracy on the very clips that it is tested on. No '
    'verdict rests on it.',
)


class Marked(Protocol):
    """A run or a cell."""

    @property
    def shortened(self) -> bool: ...

    @property
    def selection(self) -> str: ...


def marked(name: str, row: Marked) -> str:
    """A name with the marks of its run or cell."""
    marks = [SHORT] * row.shortened + [CHOSEN_ON_TEST] * (row.selection == ORACLE)
    return ' '.join([name, *(mark.sign for mark in marks)])


def unmarked(name: str) -> str:
    """A name without its marks."""
    return ' '.join(
        word for word in name.split(' ') if word not in (SHORT.sign, CHOSEN_ON_TEST.sign)
    )


def mark_notes(rows: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """The notes of all marks in the first column."""
    words = {word for row in rows for word in row[0].split(' ')}
    return tuple(
        f'{mark.sign} {mark.note}' for mark in (SHORT, CHOSEN_ON_TEST) if mark.sign in words
    )


def count_text(sweep: Sweep) -> str:
    """What K means for the methods that there are."""
    present = {run.method for run in sweep.runs}
    texts = [
        f'“{sweep.methods.heading(method)}” {look.count_meaning}.'
        for method, look in sweep.methods.looks.items()
        if method in present and look.count_meaning
    ]
    return ' '.join(['K is the number of teachers.', *texts])


def view_texts(sweep: Sweep) -> list[str]:
    """Where views repeat, after how many, a sentence for each number."""
    repeating: dict[int, set[int]] = {}
    for run in _students(sweep):
        views = run.value('knowledge', 'num_views')
        if views is not None and views < run.epochs:
            repeating.setdefault(views, set()).add(run.epochs)
    return [
        f'There were {views} augmented views a clip, so they repeat in trainings of '
        f'{units.listed(sorted(epochs))} epochs.'
        for views, epochs in sorted(repeating.items())
    ]


def flow_texts(sweep: Sweep) -> list[str]:
    """What optical flow took, a sentence for each that runs read."""
    flows = {
        (flow['algorithm'], flow['compute_s'], flow['bytes']): None
        for flow in (run.flow for run in sweep.done)
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
    rules = dict.fromkeys(run.selection for run in _students(sweep))
    return [SELECTION_TEXT[rule] for rule in rules]


def unmeasured_texts(sweep: Sweep) -> list[str]:
    """Why runs have no training memory, a sentence for each method that says why it may be so."""
    without = {run.method for run in _students(sweep) if run.memory('train') is None}
    return [
        f'{sweep.methods.heading(method)}: {look.unmeasured}'
        for method, look in sweep.methods.looks.items()
        if method in without and look.unmeasured
    ]


def _students(sweep: Sweep) -> list[Run]:
    return [run for run in sweep.done if run.of_student]
