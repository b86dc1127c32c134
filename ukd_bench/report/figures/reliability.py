"""The reliability diagram: how often predictions of a confidence are right."""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from .teachers import label_ends


def reliability(table: pd.DataFrame, ax: Axes) -> Axes:
    """Accuracy over mean confidence by bin, a line a network; on the diagonal both are equal.

    Args:
        table: A row a network and bin: ``name``, ``colour``, ``marker``, ``confidence`` and
            ``accuracy`` in %.
        ax: Where to draw.
    """
    ax.plot([0, 100], [0, 100], color='#999999', linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    ax.set(xlim=(0, 100), ylim=(0, 100))
    labels = []
    for name, rows in table.groupby('name', sort=False):
        first = rows.iloc[0]
        ax.plot(
            rows['confidence'], rows['accuracy'], color=first['colour'], marker=first['marker'],
            linewidth=1.4, markersize=4.5, zorder=3, clip_on=False,
        )  # fmt: skip
        labels.append((float(rows['accuracy'].iloc[-1]), str(name), first['colour']))
    ax.set_xlabel('Confidence, %')
    ax.set_ylabel('Accuracy, %')
    label_ends(labels, ax)
    sns.despine(ax=ax)
    return ax
