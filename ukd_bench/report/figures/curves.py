"""Figures over epochs: losses, and accuracies on training clips and on validation clips."""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ...methods.known import KnownMethods
from ...methods.table import SUBJECT
from .style import dash
from .teachers import label_ends


def over_epochs(
    table: pd.DataFrame, value: str, label: str, methods: KnownMethods, ax: Axes
) -> Axes:
    """A figure of a training curve over epochs, a line a method; it starts at zero."""
    labels = []
    for method, rows in table.dropna(subset=value).groupby('method', sort=False):
        look = methods.look(method)
        layer = 5 if method == SUBJECT else 3
        style = '-' if methods.rows[method].by_count else dash(look)
        ax.plot(
            rows['epoch'], rows[value], color=look.colour, linewidth=1.5, linestyle=style,
            zorder=layer,
        )  # fmt: skip
        labels.append((float(rows[value].iloc[-1]), methods.heading(method), look.colour))
    ax.set_ylim(bottom=0)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel('Epoch')
    ax.set_ylabel(label)
    label_ends(labels, ax)
    sns.despine(ax=ax)
    return ax
