"""The figures of a leaderboard: the best rows of each ranking, with their intervals."""

from collections.abc import Iterable
from typing import Any

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...results.leaderboard import Entry, Ranking
from ..tables.leaderboard import against_best, data_words
from .style import marker
from .svg import Drawing, draw

_MOST = 25
"""Rows that a figure has room for."""
_LONGEST = 44
"""Characters of a label that a figure has room for."""


def draw_rankings(rankings: Iterable[Ranking]) -> list[Drawing]:
    """A figure for each ranking that has more than one row with a rank."""
    made = []
    for number, ranking in enumerate(rankings, start=1):
        ranked = [entry for entry in ranking.entries if entry.rank is not None]
        if len(ranked) < 2:
            continue
        shown = ranked[:_MOST]
        more = f' The first {_MOST} of {len(ranked)} rows.' if len(ranked) > _MOST else ''
        caption = (
            f'{data_words(ranking.data)}: top-1 with 95 % intervals over seeds, the best first. '
            f'Filled: not told apart from the best. Open: worse, or of one seed.{more}'
        )
        made.append(_draw(f'ranking-{number}', caption, shown))
    return made


def _draw(name: str, caption: str, entries: list[Entry]) -> Drawing:
    points: list[dict[str, Any]] = [
        dict(
            sweep=entry.published.name,
            method=entry.cell.method,
            k=entry.cell.num_teachers,
            student=entry.cell.student,
            regime=entry.cell.regime,
            top1=100 * entry.top1.mean,
            low=None if entry.top1.low is None else 100 * entry.top1.low,
            high=None if entry.top1.high is None else 100 * entry.top1.high,
            against_best=against_best(entry),
        )
        for entry in entries
    ]
    size = (5.2, 0.8 + 0.21 * len(entries))
    return draw(name, caption, size, lambda figure: _paint(points, entries, figure), points)


def _paint(points: list[dict[str, Any]], entries: list[Entry], figure: Figure) -> Axes:
    ax = figure.subplots()
    for place, (point, entry) in enumerate(zip(points, entries, strict=True)):
        look = entry.published.sweep.methods.look(entry.cell.method)
        if point['low'] is not None:
            ends = [max(0.0, point['low']), min(100.0, point['high'])]
            ax.plot(ends, [place] * 2, color=look.colour, linewidth=1.8, zorder=2)
        hollow = point['against_best'] not in ('best', 'not told apart')
        ax.scatter(point['top1'], place, **marker(look, hollow), zorder=3)
    backbones = len({entry.cell.student for entry in entries}) > 1
    ax.set_yticks(range(len(entries)), [_label(entry, backbones) for entry in entries])
    ax.set_ylim(len(entries) - 0.3, -0.7)
    ax.grid(False, axis='y')
    ax.grid(True, axis='x')
    ax.tick_params(axis='y', length=0)
    ax.set_xlabel('Top-1, %')
    sns.despine(ax=ax, left=True)
    return ax


def _label(entry: Entry, with_backbone: bool) -> str:
    cell = entry.cell
    words = [
        entry.published.sweep.methods.heading(cell.method),
        f'K = {cell.num_teachers}' if cell.num_teachers else '',
        (cell.student or '') if with_backbone else '',
        entry.published.name,
    ]
    text = ', '.join(word for word in words if word)
    return text if len(text) <= _LONGEST else f'{text[:_LONGEST]}…'
