"""Figures over the number of teachers; each takes an ``ax`` and tidy data, and returns the ax."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from ...methods.known import KnownMethods
from ...methods.table import SUBJECT
from .style import dash, marker

_LABEL_INCHES = 0.21


def accuracy_against_teachers(table: pd.DataFrame, methods: KnownMethods, ax: Axes) -> Axes:
    """Top-1 over K: points with intervals for those that have one, lines for the others."""
    table = table.dropna(subset='top1')
    return _against_teachers(table, 'top1', 'Top-1 accuracy, %', methods, ax)


def memory_against_teachers(table: pd.DataFrame, methods: KnownMethods, ax: Axes) -> Axes:
    """Training peak over K, from zero, so that heights can be compared."""
    # A shortened schedule has the same peak: one point a K.
    table = table.dropna(subset='train_mib').drop_duplicates(['method', 'k'])
    _against_teachers(
        table.assign(shortened=False, top1_half=np.nan),
        'train_mib',
        'Training peak, MiB allocated',
        methods,
        ax,
    )
    ax.set_ylim(bottom=0)
    return ax


def _against_teachers(
    table: pd.DataFrame, value: str, label: str, methods: KnownMethods, ax: Axes
) -> Axes:
    by_count = [name for name, row in methods.rows.items() if row.by_count]
    counted = table[table['method'].isin(by_count)]
    ks = sorted(counted['k'].unique()) or [1]
    # Log2, as K doubles; UKD and naive coincide in accuracy, so all stand side by side.
    shifts = _side_by_side(counted['method'].unique()) if value == 'top1' else {}
    labels: list[tuple[float, str, str]] = []
    beside = 0
    for method, rows in table.groupby('method', sort=False):
        look = methods.look(method)
        colour = look.colour
        if method in by_count:
            shift = shifts.get(method, 1)
            full = rows[~rows['shortened']]
            # What the report is about lies above what coincides with it.
            layer = 5 if method == SUBJECT else 3
            ax.plot(full['k'] * shift, full[value], color=colour, linewidth=1.6, zorder=layer)
            for row in rows.itertuples():
                x, y = row.k * shift, getattr(row, value)
                ax.errorbar(
                    x,
                    y,
                    row.top1_half,
                    fmt='none',
                    ecolor=colour,
                    elinewidth=1.2,
                    capsize=2.5,
                    alpha=0.7,
                    zorder=2,
                )
                if value == 'top1' and len(row.top1_seeds) > 1:
                    ax.scatter([x] * len(row.top1_seeds), row.top1_seeds, **_dot(colour))
                ax.scatter(x, y, **marker(look, row.shortened), zorder=layer + 1)
            end = float((full if len(full) else rows)[value].iloc[-1])
        else:
            row = rows.sort_values('shortened').iloc[0]
            end = float(row[value])
            ax.axhline(end, color=colour, linewidth=1.3, linestyle=dash(look), zorder=2)
            if np.isfinite(row['top1_half']):
                # Without teachers there is no K: these stand side by side behind the last one.
                place = ks[-1] * 2 ** (0.42 + 0.12 * beside)
                beside += 1
                ax.errorbar(
                    place,
                    end,
                    row['top1_half'],
                    fmt='none',
                    ecolor=colour,
                    elinewidth=1.2,
                    capsize=2.5,
                    alpha=0.7,
                )
                ax.scatter([place] * len(row['top1_seeds']), row['top1_seeds'], **_dot(colour))
                ax.scatter(place, end, **marker(look, row['shortened']), zorder=4)
        labels.append((end, methods.heading(method), colour))
    ax.set_xscale('log', base=2)
    ax.xaxis.set_major_locator(FixedLocator(ks))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xticks(ks, [str(k) for k in ks])
    ax.set_xlim(ks[0] / 1.25, ks[-1] * 2 ** (0.42 + 0.12 * beside))
    ax.set_xlabel('Teachers, K')
    ax.set_ylabel(label)
    if value != 'top1':
        ax.set_ylim(0, None if table.empty else float(table[value].max()) * 1.08)
    label_ends(labels, ax)
    sns.despine(ax=ax)
    return ax


def _dot(colour: str) -> dict[str, Any]:
    """Arguments of ``ax.scatter`` for a seed."""
    return dict(s=7, color=colour, alpha=0.5, linewidth=0, zorder=2)


def _side_by_side(methods: Sequence[str]) -> dict[str, float]:
    """Factors on K that set methods apart, about K itself and never near the next."""
    step = min(0.07, 0.5 / max(1, len(methods)))
    middle = (len(methods) - 1) / 2
    return {method: 2 ** (step * (index - middle)) for index, method in enumerate(methods)}


def label_ends(
    labels: Sequence[tuple[float, str, str]], ax: Axes, inches: float | None = None
) -> None:
    """Writes names at the right edge, moved apart where they would collide.

    Args:
        labels: The end of each line, its name and its colour.
        ax: Where to write.
        inches: The height that the axes have, about; None for all of their figure's.
    """
    if inches is None:
        figure = ax.get_figure()
        assert isinstance(figure, Figure), 'these axes fill a figure'
        inches = figure.get_figheight()
    low, high = ax.get_ylim()
    gap = (high - low) * _LABEL_INCHES / inches
    for (value, name, colour), place in zip(
        sorted(labels), spread([v for v, *_ in sorted(labels)], gap), strict=True
    ):
        ax.annotate(
            name,
            xy=(1.0, value),
            xytext=(1.03, place),
            xycoords=('axes fraction', 'data'),
            textcoords=('axes fraction', 'data'),
            color=colour,
            fontsize=8.5,
            va='center',
            annotation_clip=False,
        )


def spread(values: Sequence[float], gap: float) -> list[float]:
    """Moves ascending values apart to at least ``gap``, each cluster about its own mean.

    Pool-adjacent-violators: the least-squares solution under the gap.
    """
    blocks: list[tuple[float, int]] = []
    for index, value in enumerate(values):
        total, count = value - index * gap, 1
        while blocks and blocks[-1][0] / blocks[-1][1] >= total / count:
            before = blocks.pop()
            total, count = total + before[0], count + before[1]
        blocks.append((total, count))
    flat = [total / count for total, count in blocks for _ in range(count)]
    return [place + index * gap for index, place in enumerate(flat)]
