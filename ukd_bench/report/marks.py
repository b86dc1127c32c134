"""Marks on names in tables: what a reader must know before comparing that row with another."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..records import BEST_ON_HELD_OUT, LAST_EPOCH, ORACLE

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
