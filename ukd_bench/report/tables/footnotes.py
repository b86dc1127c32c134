"""Marks on names in tables, and the sentences below tables."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ...records.record import BEST_ON_HELD_OUT, LAST_EPOCH, ORACLE
from ...results import formatting
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
    """What :func:`marked` reads of a run or a cell."""

    @property
    def shortened(self) -> bool:
        """Whether it trained for fewer epochs than the full schedule has."""

    @property
    def selection(self) -> str:
        """The rule by which its tested epochs were chosen."""


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
    """The notes that explain all marks in the first column."""
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
    """Sentences that say where views repeat, one for each number of views."""
    repeating: dict[int, set[int]] = {}
    for run in _students(sweep):
        views = run.value('knowledge', 'num_views')
        if views is not None and views < run.epochs:
            repeating.setdefault(views, set()).add(run.epochs)
    return [
        f'There were {views} augmented views a clip, so they repeat in trainings of '
        f'{formatting.listed(sorted(epochs))} epochs.'
        for views, epochs in sorted(repeating.items())
    ]


def flow_texts(sweep: Sweep) -> list[str]:
    """Sentences that say what optical flow took, one for each flow that runs read."""
    flows = {
        (flow['algorithm'], flow['compute_s'], flow['bytes']): None
        for flow in (run.flow for run in sweep.done)
        if flow
    }
    return [
        f'Optical flow ({algorithm}) of all clips took {formatting.duration(seconds)} of processor '
        f'time and {formatting.mib(size)} MiB on disk; the steps and own times of runs that read '
        'it do not include it.'
        for algorithm, seconds, size in flows
    ]


def selection_texts(sweep: Sweep) -> list[str]:
    """Sentences that say how the tested epochs were chosen, one a rule."""
    rules = dict.fromkeys(run.selection for run in _students(sweep))
    return [SELECTION_TEXT[rule] for rule in rules]


def unmeasured_texts(sweep: Sweep) -> list[str]:
    """Sentences that say why runs have no training memory, one a method that gives a reason."""
    without = {run.method for run in _students(sweep) if run.memory('train') is None}
    return [
        f'{sweep.methods.heading(method)}: {look.unmeasured}'
        for method, look in sweep.methods.looks.items()
        if method in without and look.unmeasured
    ]


def _students(sweep: Sweep) -> list[Run]:
    return [run for run in sweep.done if run.of_student]
