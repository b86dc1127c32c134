"""Accuracy against what it costs, with the front of what nothing beats in both."""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from ...methods.known import KnownMethods
from ...methods.table import SUBJECT
from .style import marker


def pareto_front(table: pd.DataFrame, cost: str, value: str) -> pd.DataFrame:
    """The rows that no other beats: none costs less and is as good, nor as much and is better.

    Returns:
        Them by rising cost; of rows alike in both, all.
    """
    rows = table.dropna(subset=[cost, value])
    on_front = [
        not (
            ((rows[cost] < row[cost]) & (rows[value] >= row[value]))
            | ((rows[cost] <= row[cost]) & (rows[value] > row[value]))
        ).any()
        for _, row in rows.iterrows()
    ]
    return rows[on_front].sort_values([cost, value])


def accuracy_against(
    table: pd.DataFrame, cost: str, label: str, methods: KnownMethods, ax: Axes
) -> Axes:
    """Top-1 over a cost; the numbers beside points are K, the grey steps the Pareto front.

    Args:
        table: Rows of :func:`.data.frame`; shortened schedules are left out.
        cost: The column that costs.
        label: What the axis calls it.
        methods: The sweep's methods.
        ax: Where to draw.
    """
    table = table[~table['shortened']].dropna(subset=['top1', cost])
    front = pareto_front(table, cost, 'top1')
    ax.step(front[cost], front['top1'], where='post', color='#bbbbbb', linewidth=4, zorder=0)
    for method, rows in table.groupby('method', sort=False):
        look = methods.look(method)
        colour = look.colour
        ax.plot(rows[cost], rows['top1'], color=colour, linewidth=1, alpha=0.5, zorder=2)
        ax.errorbar(
            rows[cost],
            rows['top1'],
            rows['top1_half'],
            fmt='none',
            ecolor=colour,
            elinewidth=1,
            alpha=0.45,
            zorder=1,
        )
        ax.scatter(rows[cost], rows['top1'], **marker(look, False), zorder=3)
        for row in rows.itertuples():
            if row.k:
                offset, side = ((-7, -3), 'right') if method == SUBJECT else ((7, -3), 'left')
                ax.annotate(
                    str(row.k),
                    (getattr(row, cost), row.top1),
                    offset,
                    textcoords='offset points',
                    fontsize=7.5,
                    ha=side,
                    color=colour,
                )
    ax.set_xlabel(label)
    ax.set_ylabel('Top-1 accuracy, %')
    ax.margins(x=0.12, y=0.08)
    handles = [
        ax.scatter([], [], **marker(methods.look(method), False), label=methods.heading(method))
        for method in dict.fromkeys(table['method'])
    ]
    ax.legend(
        handles=handles,
        frameon=False,
        fontsize=8,
        loc='upper center',
        bbox_to_anchor=(0.5, -0.17),
        ncols=3,
        handletextpad=0.1,
        columnspacing=0.9,
    )
    sns.despine(ax=ax)
    return ax
