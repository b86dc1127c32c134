"""The figure of two sweeps: how far the top-1 of each cell lies apart, with its interval."""

from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...results.comparable import student_groups
from ...results.side_by_side import SideBySide
from .style import marker
from .svg import Drawing, draw

_GREY = '#999999'
_LONGEST = 44
"""Characters of a label that a figure has room for."""


def draw_two_sweeps(pair: SideBySide) -> Drawing | None:
    """A point with its interval for each cell of students; None where no two can be compared."""
    rows = _rows(pair)
    if not rows:
        return None
    # Headings take a row and leave one free before them.
    height = 0.9 + 0.21 * (len(rows) + 2 * len({row['group'] for row in rows}))
    caption = (
        'Top-1 of B less that of A, in points, cell by cell, with 95 % intervals. Each interval '
        'stands for itself: of twenty, one misses its value. Without a bar: one seed.'
    )
    name = 'two-sweeps'
    return draw(name, caption, (5.2, height), lambda figure: _paint(rows, pair, figure), rows)


def _rows(pair: SideBySide) -> list[dict[str, Any]]:
    labels = {
        (regime.name, student): label for regime, student, label in student_groups(pair.first)
    }
    rows = []
    for one in pair.both:
        run, gap = one.first[0], one.difference
        if gap is None or not run.of_student:
            continue
        low, high = (None if end is None else 100 * end for end in (gap.low, gap.high))
        rows.append(
            dict(
                group=labels[one.place.regime, run.student or ''],
                method=run.method,
                k=run.num_teachers,
                split=run.split,
                epochs=run.epochs,
                difference=100 * gap.mean,
                low=low,
                high=high,
            )
        )
    return rows


def _paint(rows: list[dict[str, Any]], pair: SideBySide, figure: Figure) -> Axes:
    ax, methods = figure.subplots(), pair.first.methods
    ax.axvline(0, color=_GREY, linewidth=1, zorder=1)
    splits = len({row['split'] for row in rows}) > 1
    ticks: list[tuple[float, str, bool]] = []
    place = 0.0
    for group, mine in pd.DataFrame(rows).astype(object).groupby('group', sort=False):
        ticks.append((place, str(group), True))
        for row in mine.to_dict('records'):
            place += 1
            look = methods.look(row['method'])
            if row['low'] is not None:
                ends = [row['low'], row['high']]
                ax.plot(ends, [place] * 2, color=look.colour, linewidth=1.8, zorder=2)
            ax.scatter(row['difference'], place, **marker(look, False), zorder=3)
            words = [methods.heading(row['method']), f'K = {row["k"]}' if row['k'] else '']
            words.append(f'split {row["split"]}' if splits else '')
            ticks.append((place, ', '.join(word for word in words if word), False))
        place += 2
    texts = [text if len(text) <= _LONGEST else f'{text[:_LONGEST]}…' for _, text, _ in ticks]
    ax.set_yticks([at for at, _, _ in ticks], texts)
    for label, (_, _, bold) in zip(ax.get_yticklabels(), ticks, strict=True):
        label.set_fontweight('bold' if bold else 'normal')
    ax.set_ylim(place - 1.3, -0.7)
    ax.grid(False, axis='y')
    ax.grid(True, axis='x')
    ax.tick_params(axis='y', length=0)
    ax.set_xlabel('Top-1 of B less that of A, points')
    sns.despine(ax=ax, left=True)
    return ax
