"""Figures: each takes an ``ax`` and tidy data, draws, and returns the ``ax``.

Colours are those of Okabe and Ito (2008), told apart by colour-blind readers too; marker shapes and
direct labels carry the same information.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from ..methods import DISTILLED_METHODS
from .words import method_name

COLOURS = {
    'plain': '#4d4d4d',
    'label_smoothing': '#b0679a',
    'ukd': '#0072b2',
    'naive': '#d55e00',
    'two_stream_dark_light': '#00805c',
    'two_stream_rgb_flow': '#a07400',
}
MARKERS = {
    'plain': 's',
    'label_smoothing': 'v',
    'ukd': 'o',
    'naive': 'D',
    'two_stream_dark_light': '^',
    'two_stream_rgb_flow': 'P',
}
STYLE = {
    'font.family': 'sans-serif',
    'font.sans-serif': ['DejaVu Sans'],
    'font.size': 9,
    'axes.labelsize': 9,
    'axes.labelcolor': '#333333',
    'axes.edgecolor': '#999999',
    'axes.linewidth': 0.8,
    'axes.grid': True,
    'axes.grid.axis': 'y',
    'axes.axisbelow': True,
    'grid.color': '#ececec',
    'grid.linewidth': 0.8,
    'xtick.color': '#555555',
    'ytick.color': '#555555',
    'xtick.labelsize': 8.5,
    'ytick.labelsize': 8.5,
    'xtick.major.size': 3,
    'ytick.major.size': 0,
    'figure.facecolor': 'white',
    'axes.facecolor': 'white',
}


def accuracy_against_teachers(table: pd.DataFrame, ax: Axes) -> Axes:
    """Top-1 over K: distilled students as points with intervals, the others as lines."""
    return _against_teachers(table.dropna(subset='top1'), 'top1', 'Top-1 accuracy, %', ax)


def memory_against_teachers(table: pd.DataFrame, ax: Axes) -> Axes:
    """Training peak over K, from zero, so that heights can be compared."""
    # A shortened schedule has the same peak: one point a K.
    table = table.dropna(subset='train_mib').drop_duplicates(['method', 'k'])
    _against_teachers(
        table.assign(shortened=False, top1_half=np.nan),
        'train_mib',
        'Training peak, MiB allocated',
        ax,
    )
    ax.set_ylim(bottom=0)
    return ax


def accuracy_against_memory(table: pd.DataFrame, ax: Axes) -> Axes:
    """Top-1 over the training peak; the numbers beside points are K."""
    table = table[~table['shortened']].dropna(subset=['top1', 'train_mib'])
    for method, rows in table.groupby('method', sort=False):
        colour = COLOURS[method]
        ax.plot(rows['train_mib'], rows['top1'], color=colour, linewidth=1, alpha=0.5, zorder=2)
        ax.errorbar(
            rows['train_mib'],
            rows['top1'],
            rows['top1_half'],
            fmt='none',
            ecolor=colour,
            elinewidth=1,
            alpha=0.45,
            zorder=1,
        )
        ax.scatter(rows['train_mib'], rows['top1'], **_marker(method, False), zorder=3)
        for row in rows.itertuples():
            if row.k:
                offset, side = ((-7, -3), 'right') if method == 'ukd' else ((7, -3), 'left')
                ax.annotate(
                    str(row.k),
                    (row.train_mib, row.top1),
                    offset,
                    textcoords='offset points',
                    fontsize=7.5,
                    ha=side,
                    color=colour,
                )
    ax.set_xlabel('Training peak, MiB allocated')
    ax.set_ylabel('Top-1 accuracy, %')
    ax.margins(x=0.12, y=0.08)
    handles = [
        ax.scatter([], [], **_marker(method, False), label=method_name(method))
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


def class_accuracy(table: pd.DataFrame, ax: Axes) -> Axes:
    """Accuracy by method and class as a heat map with its figures."""
    sns.heatmap(
        table,
        vmin=0,
        vmax=100,
        ax=ax,
        annot=True,
        fmt='.0f',
        cmap='Blues',
        cbar=False,
        linewidths=1.5,
        linecolor='white',
        annot_kws={'fontsize': 8 if table.shape[1] <= 6 else 7},
    )
    ax.grid(False)
    ax.tick_params(length=0)
    ax.set(xlabel='', ylabel='')
    ax.set_xticks(
        ax.get_xticks(),
        ax.get_xticklabels(),
        rotation=35 if table.shape[1] > 5 else 0,
        ha='right' if table.shape[1] > 5 else 'center',
    )
    ax.set_yticks(ax.get_yticks(), ax.get_yticklabels(), rotation=0)
    return ax


def _against_teachers(table: pd.DataFrame, value: str, label: str, ax: Axes) -> Axes:
    distilled = table[table['method'].isin(DISTILLED_METHODS)]
    ks = sorted(distilled['k'].unique()) or [1]
    labels: list[tuple[float, str, str]] = []
    beside = 0
    for method, rows in table.groupby('method', sort=False):
        colour = COLOURS[method]
        if method in DISTILLED_METHODS:
            # Log2, as K doubles; UKD and naive coincide in accuracy, so they stand side by side.
            shift = {'ukd': 2**-0.035, 'naive': 2**0.035}[method] if value == 'top1' else 1
            full = rows[~rows['shortened']]
            sns.lineplot(
                x=full['k'] * shift,
                y=full[value],
                color=colour,
                linewidth=1.6,
                errorbar=None,
                ax=ax,
                zorder=3,
            )
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
                ax.scatter(x, y, **_marker(method, row.shortened), zorder=4)
            end = float((full if len(full) else rows)[value].iloc[-1])
        else:
            row = rows.sort_values('shortened').iloc[0]
            end = float(row[value])
            ax.axhline(end, color=colour, linewidth=1.3, linestyle=_dash(method), zorder=2)
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
                ax.scatter(place, end, **_marker(method, row['shortened']), zorder=4)
        labels.append((end, method_name(method), colour))
    ax.set_xscale('log', base=2)
    ax.xaxis.set_major_locator(FixedLocator(ks))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xticks(ks, [str(k) for k in ks])
    ax.set_xlim(ks[0] / 1.25, ks[-1] * 2 ** (0.42 + 0.12 * beside))
    ax.set_xlabel('Teachers, K')
    ax.set_ylabel(label)
    if value != 'top1':
        ax.set_ylim(0, None if table.empty else float(table[value].max()) * 1.08)
    _label_ends(labels, ax)
    sns.despine(ax=ax)
    return ax


def _label_ends(labels: Sequence[tuple[float, str, str]], ax: Axes) -> None:
    """Writes names at the right edge, moved apart where they would collide."""
    low, high = ax.get_ylim()
    for (value, name, colour), place in zip(
        sorted(labels), spread([v for v, *_ in sorted(labels)], (high - low) * 0.06), strict=True
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


def _marker(method: str, shortened: bool) -> dict[str, object]:
    face = 'white' if shortened else COLOURS[method]
    return {
        'marker': MARKERS[method],
        's': 30,
        'facecolor': face,
        'edgecolor': COLOURS[method],
        'linewidth': 1.2,
    }


def _dash(method: str) -> tuple[int, tuple[int, ...]]:
    return {
        'plain': (0, ()),
        'label_smoothing': (0, (2, 2)),
        'two_stream_dark_light': (0, (6, 2)),
        'two_stream_rgb_flow': (0, (6, 2, 1, 2)),
    }[method]
