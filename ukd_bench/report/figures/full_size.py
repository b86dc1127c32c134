"""The figure of memory at full size: training peaks over K, a panel a student."""

from collections.abc import Sequence
from math import ceil, floor, log2
from typing import Any

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...methods.known import KnownMethods
from ...methods.table import SUBJECT
from ...results.curve import MEASURED, PREDICTED
from ...results.formatting import GIB
from ...results.full_size import TRAIN, FullSize, FullSizeStudent
from ...results.rules.memory import CARDS_GIB
from .style import marker
from .svg import Drawing, draw
from .teachers import label_ends

_WIDTH, _LARGE, _SMALL = 5.2, 3.7, 1.9
"""Inches: the width of the figure, the height of the first panel, and of each row of others."""
_DASHES = (0, (4, 2))
_ALONE = -1.0
"""Where a training without teachers stands on an axis of the logarithm of K."""


def full_size_figure(
    full_size: FullSize, methods: KnownMethods, name: str = 'full-size', where: str = 'at full size'
) -> Drawing | None:
    """The figure; None where there is no training peak.

    The first student has the large panel, the others small ones below it, on one scale.

    Args:
        full_size: The students.
        methods: Their methods.
        name: Of its file.
        where: The scale, in words.
    """
    unit, size = full_size.unit
    panels = [(one, lines) for one in full_size.students if (lines := _lines(one, methods, size))]
    if not panels:
        return None
    caption = (
        f'Training peak {where}, {unit} allocated, and the number of teachers, on scales that '
        'double. '
    )
    bases = {basis for _, lines in panels for _, basis, _ in lines}
    caption += {
        frozenset({PREDICTED}): 'All predicted.',
        frozenset({MEASURED}): 'All measured.',
    }.get(frozenset(bases), 'Open markers, dashed lines: predicted; filled, solid: measured.')
    rows = ceil((len(panels) - 1) / 2)
    height = _LARGE + _SMALL * rows
    ends = [end for _, lines in panels for *_, points in lines for _, end in points]
    ks = sorted({k for _, lines in panels for *_, points in lines for k, _ in points if k})
    if any(min(ends) < card * GIB / size < max(ends) for card in CARDS_GIB):
        caption += ' Dotted: memory of common cards.'

    def paint(figure: Figure) -> None:
        # Apart, so that small panels do not stop where the large one's labels begin.
        heights = [_LARGE, height - _LARGE] if rows else [_LARGE]
        split = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)
        large = split[0, 0].subplots()
        cells = [*split[-1, 0].add_gridspec(rows, 2)] if rows else []
        small = [split[-1, 0].add_subplot(cell) for cell in cells[: len(panels) - 1]]
        for ax, (student, lines) in zip([large, *small], panels, strict=True):
            _panel(lines, methods, ax, ks, (min(ends), max(ends)), GIB / size)
            ax.set_title(student.name, fontsize=9, loc='left', color='#333333')
        large.set_xlabel('Teachers, K')
        large.set_ylabel(f'Training peak, {unit} allocated')
        label_ends(_labels(panels[0][1], methods), large, _LARGE)

    points = [
        dict(
            student=student.name, method=method, basis=basis, k=k, **{f'peak_{unit.lower()}': peak}
        )
        for student, lines in panels
        for method, basis, found in lines
        for k, peak in found
    ]
    return draw(name, caption, (_WIDTH, height), paint, points)


_Line = tuple[str, str, list[tuple[int, float]]]
"""A method, the basis of its figures, and its (K, peak)."""


def _lines(student: FullSizeStudent, methods: KnownMethods, size: int) -> list[_Line]:
    found: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for one in student.figures:
        if one.phase == TRAIN and one.teacher is None and one.allocated_peak_bytes is not None:
            place = found.setdefault((one.method, one.basis), [])
            place.append((one.num_teachers, one.allocated_peak_bytes / size))
    return [(method, basis, sorted(points)) for (method, basis), points in found.items()]


def _labels(lines: Sequence[_Line], methods: KnownMethods) -> list[tuple[float, str, str]]:
    """The end of each method's longest line, its name and its colour."""
    ends: dict[str, tuple[int, float]] = {}
    for method, _, points in lines:
        ends[method] = max(ends.get(method, points[-1]), points[-1])
    return [
        (log2(end), methods.heading(method), methods.look(method).colour)
        for method, (_, end) in ends.items()
    ]


def _panel(
    lines: Sequence[_Line],
    methods: KnownMethods,
    ax: Axes,
    ks: Sequence[int],
    ends: tuple[float, float],
    gib: float,
) -> None:
    last = log2(ks[-1]) if ks else _ALONE + 1
    for method, basis, points in lines:
        look, hollow = methods.look(method), basis == PREDICTED
        layer = 5 if method == SUBJECT else 3
        xs = [log2(k) if k else _ALONE for k, _ in points]
        ys = [log2(peak) for _, peak in points]
        style: dict[str, Any] = dict(color=look.colour, linestyle=_DASHES if hollow else '-')
        if xs == [_ALONE]:
            ax.plot([_ALONE, last], ys * 2, linewidth=1, alpha=0.6, zorder=2, **style)
        else:
            ax.plot(xs, ys, linewidth=1.5, zorder=layer, **style)
        ax.scatter(xs, ys, **marker(look, hollow), zorder=layer + 1)
    low, high = log2(ends[0]) - 0.3, log2(ends[1]) + 0.3
    for card in CARDS_GIB:
        place = log2(card * gib)
        if low < place < high:
            ax.axhline(place, color='#777777', linewidth=0.9, linestyle=':', zorder=1)
            ax.annotate(
                f'{card} GiB',
                (_ALONE, place),
                (0, 2),
                textcoords='offset points',
                fontsize=7,
                color='#777777',
            )
    ax.set_ylim(low, high)
    ticks = [*range(ceil(low), floor(high) + 1)]
    ticks = ticks[:: max(1, round(len(ticks) / 8))]
    ax.set_yticks(ticks, [f'{2.0**tick:g}' for tick in ticks])
    ax.set_xticks([_ALONE, *map(log2, ks)], ['0', *map(str, ks)])
    ax.set_xlim(_ALONE - 0.3, last + 0.3)
    sns.despine(ax=ax)
