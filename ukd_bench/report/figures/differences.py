"""The figure of what the teachers' knowledge adds: differences with their intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from ...methods.known import KnownMethods
from ...results import formatting
from ...results.comparable import ComparableRuns
from ...results.gains import gains
from .style import marker

FAR_OFF = 'shuffled_across'
"""The control whose targets know nothing true: how far below it ends is of no interest."""


@dataclass(frozen=True)
class Heading:
    """The label of a bench, and the row that it stands on."""

    label: str
    row: int


def difference_frame(groups: Sequence[ComparableRuns]) -> tuple[pd.DataFrame, list[Heading]]:
    """One row a comparison, in points, and the headings of the benches that they belong to.

    Columns: method (the other one), row (place from the top), mean, low, high (NaN with one seed).
    """
    rows: list[dict[str, object]] = []
    headings: list[Heading] = []
    place = 0
    for group in groups:
        found = gains(group, draws=0)
        if found is None or not found.compared:
            continue
        headings.append(Heading(f'{group.label}, K = {found.num_teachers}', place))
        for one in found.compared:
            place += 1
            gap = one.difference
            ends = [np.nan if end is None else 100 * end for end in (gap.low, gap.high)]
            values = dict(mean=100 * gap.mean, low=ends[0], high=ends[1])
            rows.append(dict(method=one.against, row=place, **values))
        place += 1
    return pd.DataFrame(rows, columns=['method', 'row', 'mean', 'low', 'high']), headings


def differences(
    table: pd.DataFrame, headings: Sequence[Heading], methods: KnownMethods, ax: Axes
) -> Axes:
    """A point with its interval for each comparison, about a line at no difference.

    The control :data:`FAR_OFF` has a number at the edge where it lies beyond all others.
    """
    ax.axvline(0, color='#999999', linewidth=1, zorder=1)
    edges = _edges(table)
    for row in table.itertuples():
        look = methods.look(row.method)
        if edges is not None and row.method == FAR_OFF and row.mean > edges[1]:
            text = f'{formatting.signed(row.mean)} →'
            ax.text(edges[1], row.row, text, ha='right', va='center', color=look.colour)
            continue
        if np.isfinite(row.low):
            ax.plot([row.low, row.high], [row.row] * 2, color=look.colour, linewidth=1.8, zorder=2)
        ax.scatter(row.mean, row.row, **marker(look, False), zorder=3)
    names = [methods.heading(method) for method in table['method']]
    ax.set_yticks(
        [*(heading.row for heading in headings), *table['row']],
        [*(heading.label for heading in headings), *(f'minus {name}' for name in names)],
    )
    for label in ax.get_yticklabels()[: len(headings)]:
        label.set_fontweight('bold')
    ax.set_ylim(table['row'].max() + 0.7, -0.7)
    if edges is not None:
        ax.set_xlim(*edges)
    ax.grid(False, axis='y')
    ax.grid(True, axis='x')
    ax.tick_params(axis='y', length=0)
    ax.set_xlabel('Top-1 of UKD minus that of the other student, points')
    sns.despine(ax=ax, left=True)
    return ax


def _edges(table: pd.DataFrame) -> tuple[float, float] | None:
    """Ends of the axis by all rows but those of :data:`FAR_OFF`; None where there are no others."""
    others = table[table['method'] != FAR_OFF]
    if others.empty:
        return None
    ends = others[['mean', 'low', 'high']]
    low, high = min(0.0, float(np.nanmin(ends))), max(0.0, float(np.nanmax(ends)))
    room = 0.05 * max(high - low, 1.0)
    return low - room, high + room
