"""What a student takes by itself, and with all that it needs: memory, and time."""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from ...methods.known import KnownMethods
from .style import marker


def own_and_whole(
    table: pd.DataFrame, own: str, whole: str, label: str, methods: KnownMethods, ax: Axes
) -> Axes:
    """Two points a row, joined: what the run takes alone (hollow), and its whole pipeline (full).

    Args:
        table: Rows of :func:`.data.frame`.
        own: The column of what it takes alone.
        whole: That of its whole pipeline.
        label: What the axis calls them.
        methods: The sweep's methods.
        ax: Where to draw.
    """
    names = []
    for place, row in enumerate(table.itertuples()):
        look = methods.look(row.method)
        ends = getattr(row, own), getattr(row, whole)
        ax.plot(ends, [place] * 2, color=look.colour, linewidth=1.4, alpha=0.6, zorder=2)
        for value, hollow in zip(ends, (True, False), strict=True):
            ax.scatter(value, place, **marker(look, hollow), zorder=4 - hollow)
        names.append(methods.heading(row.method) + (f', K = {row.k}' if row.k else ''))
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xlim(left=0)
    ax.grid(False, axis='y')
    ax.grid(True, axis='x')
    ax.tick_params(axis='y', length=0)
    ax.set_xlabel(label)
    sns.despine(ax=ax, left=True)
    return ax
