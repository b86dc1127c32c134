"""Heat maps of classes: accuracies, differences, and which class is taken for which."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ...results.formatting import MINUS

_MOST_FIGURES = 14
"""Classes up to which the cells of a confusion matrix have room for their figures."""
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
"""Weights of red, green and blue in what the eye takes for brightness (ITU-R BT.709)."""
_BRIGHT = 0.6


def class_accuracy(table: pd.DataFrame, ax: Axes) -> Axes:
    """Accuracy by method and class as a heat map with its figures."""
    return _heat_map(table, ax, 'Blues', (0, 100), lambda value: f'{value:.0f}')


def class_gains(table: pd.DataFrame, ax: Axes) -> Axes:
    """Differences by method and class as a heat map: orange below zero, purple above."""
    most = max(1.0, float(np.nanmax(np.abs(table.to_numpy()))))
    return _heat_map(table, ax, 'PuOr', (-most, most), _signed)


def confusions(matrices: Sequence[tuple[str, pd.DataFrame]], axes: Sequence[Axes]) -> None:
    """A confusion matrix a method: the true class down, the predicted one across, in % of a row."""
    for number, ((name, table), ax) in enumerate(zip(matrices, axes, strict=True)):
        # A zero in every other cell would hide the others.
        _heat_map(table, ax, 'Blues', (0, 100), lambda share: f'{share:.0f}' * (share >= 0.5))
        ax.set_title(name, fontsize=9)
        ax.set_xlabel('predicted')
        if number:
            ax.set_yticklabels([])
        else:
            ax.set_ylabel('true')


def _signed(value: float) -> str:
    return f'{round(value) + 0:+d}'.replace('-', MINUS)


def _heat_map(
    table: pd.DataFrame,
    ax: Axes,
    colours: str,
    ends: tuple[float, float],
    written: Callable[[float], str],
) -> Axes:
    """One image, since a patch for each cell takes several times as long.

    Args:
        table: The values; rows from the top.
        ax: Where to draw.
        colours: Name of matplotlib's map of colours.
        ends: Values of its ends.
        written: What stands in the cell of a value.
    """
    values = table.to_numpy(float)
    rows, columns = values.shape
    image = ax.imshow(values, cmap=colours, vmin=ends[0], vmax=ends[1], aspect='auto')
    if columns <= _MOST_FIGURES or rows < columns:
        ax.hlines(np.arange(rows - 1) + 0.5, -0.5, columns - 0.5, color='white', linewidth=1.5)
        ax.vlines(np.arange(columns - 1) + 0.5, -0.5, rows - 0.5, color='white', linewidth=1.5)
        bright = image.to_rgba(values)[..., :3] @ _LUMINANCE > _BRIGHT
        for (row, column), value in np.ndenumerate(values):
            if np.isfinite(value) and (words := written(float(value))):
                ax.text(
                    *(column, row, words), ha='center', va='center',
                    fontsize=8 if columns <= 6 else 7,
                    color='#262626' if bright[row, column] else 'white',
                )  # fmt: skip
    slanted = columns > 5
    ax.set_xticks(
        range(columns), table.columns,
        rotation=35 if slanted else 0, ha='right' if slanted else 'center',
    )  # fmt: skip
    ax.set_yticks(range(rows), table.index)
    ax.grid(False)
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)
    return ax
