"""A table of the report as plain text cells, which HTML and Markdown print alike."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A heading; ``text`` columns are set flush left, figures flush right."""

    title: str
    text: bool = False


@dataclass(frozen=True)
class Table:
    """A table; ``groups`` are (first row, title) of runs of rows under a common heading."""

    id: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    lead: str = ''
    notes: tuple[str, ...] = ()
    groups: tuple[tuple[int, str], ...] = ()


def columns(*titles: str) -> tuple[Column, ...]:
    """Columns from titles; one that starts with ``<`` holds text."""
    return tuple(Column(title.removeprefix('<'), title.startswith('<')) for title in titles)
