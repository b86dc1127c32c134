"""Heat maps of classes: accuracies, differences, and which class is taken for which."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

_MOST_FIGURES = 14
"""Classes up to which the cells of a confusion matrix have room for their figures."""


def class_accuracy(table: pd.DataFrame, ax: Axes) -> Axes:
    """Accuracy by method and class as a heat map with its figures."""
    return _by_class(table, ax, vmin=0, vmax=100, fmt='.0f', cmap='Blues')


def class_gains(table: pd.DataFrame, ax: Axes) -> Axes:
    """Differences by method and class as a heat map: orange below zero, purple above."""
    most = max(1.0, float(np.nanmax(np.abs(table.to_numpy()))))
    # A difference that rounds to nothing has no minus.
    figures = table.round() + 0.0
    return _by_class(table, ax, figures, vmin=-most, vmax=most, fmt='+.0f', cmap='PuOr')


def confusions(matrices: Sequence[tuple[str, pd.DataFrame]], axes: Sequence[Axes]) -> None:
    """A confusion matrix a method: the true class down, the predicted one across, in % of a row."""
    for number, ((name, table), ax) in enumerate(zip(matrices, axes, strict=True)):
        written = table.shape[1] <= _MOST_FIGURES
        # A zero in every other cell would hide the others.
        figures = table.map(lambda share: f'{share:.0f}' if share >= 0.5 else '')
        _by_class(table, ax, figures if written else False, vmin=0, vmax=100, fmt='', cmap='Blues')
        ax.set_title(name, fontsize=9)
        ax.set_xlabel('predicted')
        if number:
            ax.set_yticklabels([])
        else:
            ax.set_ylabel('true')


def _by_class(
    table: pd.DataFrame, ax: Axes, figures: pd.DataFrame | bool = True, **look: Any
) -> Axes:
    sns.heatmap(
        table,
        ax=ax,
        annot=figures,
        cbar=False,
        linewidths=1.5 if table.shape[1] <= _MOST_FIGURES else 0,
        linecolor='white',
        annot_kws={'fontsize': 8 if table.shape[1] <= 6 else 7},
        **look,
    )
    ax.grid(False)
    ax.tick_params(length=0)
    ax.set(xlabel='', ylabel='')
    slanted = table.shape[1] > 5
    for label in ax.get_xticklabels():
        label.set(rotation=35 if slanted else 0, ha='right' if slanted else 'center')
    ax.tick_params(axis='y', labelrotation=0)
    return ax
