"""Turns figures into SVG text: the same bytes for the same data, safe to put into a page."""

import io
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from ...methods.table import FLOOR
from ...records.record import ORACLE
from ...results.comparable import ComparableRuns, comparable_runs
from ...results.runs import Sweep
from . import axes as figures, data as figure_data
from .differences import difference_frame, differences
from .style import STYLE

MOST_BENCHES = 4
"""Benches that have figures of their own unless more are asked for: each takes a second and 0.3 MB
of a page."""
_SPREAD, _NO_SPREAD = 'Mean over seeds with 95 % t-intervals.', 'One seed: no intervals.'
_LONGEST_NAME = 40
"""Letters of a name that a figure has room for."""
# XML has none of the first; the others would turn the words around a name.
_CONTROL = re.compile('[\\x00-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069]')
_IDENTIFIER = re.compile(r'(\bid="|\bxlink:href="#|\bhref="#|url\(#)')


@dataclass(frozen=True)
class Drawing:
    """A figure: ``svg`` is a whole file, ``inline`` the same for a page; it draws ``points``."""

    name: str
    caption: str
    svg: str
    wide: bool = False
    points: tuple[dict[str, Any], ...] = ()

    @property
    def inline(self) -> str:
        """The ``<svg>`` element alone, with ids no other figure of the page has."""
        body = self.svg[self.svg.index('<svg') :]
        body = _IDENTIFIER.sub(lambda match: f'{match.group(1)}{self.name}-', body)
        body = re.sub(r'<metadata>.*?</metadata>', '', body, flags=re.DOTALL)
        return re.sub(
            r'(<svg[^>]*?) width="[^"]*pt"',
            r'\1',
            re.sub(r'(<svg[^>]*?) height="[^"]*pt"', r'\1', body, count=1),
            count=1,
        )


def draw_all(sweep: Sweep, most: int = MOST_BENCHES) -> list[Drawing]:
    """The figures the records allow: one of all benches, then a set for each of the first ones.

    Args:
        sweep: The sweep.
        most: How many benches have a set; only those for claims do.
    """
    made = _draw_differences(comparable_runs(sweep), sweep)
    groups = _benches(sweep)
    for number, group in enumerate(groups[:most], 1):
        title = f', {group.label}' if len(groups) > 1 else ''
        suffix = f'-{number}' if len(groups) > 1 else ''
        made += _draw_group(group, title, suffix)
    return made


def left_out_text(sweep: Sweep, most: int = MOST_BENCHES) -> str:
    """A sentence that says which benches have no figures of their own; '' where all have."""
    groups = _benches(sweep)
    if len(groups) <= most:
        return ''
    names = ', '.join(group.label for group in groups[most:])
    return (
        f'{most} of {len(groups)} students have figures of their own. The tables alone show '
        f'{names}; with --figures {len(groups)} all are drawn.'
    )


def _benches(sweep: Sweep) -> list[ComparableRuns]:
    return [group for group in comparable_runs(sweep) if group.regime.for_claims]


def _draw_differences(groups: list[ComparableRuns], sweep: Sweep) -> list[Drawing]:
    table, headings = difference_frame(groups)
    if table.empty:
        return []
    spread = table['low'].notna().any()
    caption = (
        'What the teachers’ knowledge adds: top-1 of UKD at its largest K less that of other '
        f'students. {_SPREAD if spread else _NO_SPREAD}'
    )
    size = (10.6, 0.8 + 0.24 * (len(table) + len(headings)))
    drawing = _draw(
        *('gains', caption, size),
        lambda ax: differences(table, headings, sweep.methods, ax),
        table,
        True,
    )
    return [drawing]


def _draw_group(group: ComparableRuns, title: str, suffix: str) -> list[Drawing]:
    table = figure_data.frame(group)
    made: list[Drawing] = []
    if table.empty:
        return made
    # Height for a label, a row of the legend or of the classes' figure for every further method.
    more = 0.18 * max(0, table['method'].nunique() - 8)
    short = ' Open markers: shorter schedule.' if table['shortened'].any() else ''
    if any(run.selection == ORACLE for run in group.runs):
        short += ' An oracle chose the epochs by their accuracy on the test clips.'
    left_out = table.loc[table['top1'].isna() & table['method'].map(group.is_ukd_again), 'method']
    again = ''
    if names := [group.methods.heading(name) for name in left_out.unique()]:
        again = f' Left out: {", ".join(names)}, of fewer seeds, whose students are UKD’s.'
    if table['top1'].notna().any():
        spread = table['top1_half'].notna().any()
        what = _SPREAD if spread else _NO_SPREAD
        dots = ' Small dots: seeds.' if spread else ''
        caption = f'Accuracy and the number of teachers{title}. {what}{dots}{short}{again}'
        made.append(
            _draw(
                f'accuracy{suffix}',
                caption,
                (5.2, 3.5 + more),
                lambda ax: figures.accuracy_against_teachers(table, group.methods, ax),
                table[['method', 'k', 'shortened', 'top1', 'top1_half', 'top1_seeds']],
            )
        )
    if table['train_mib'].notna().any():
        caption = f'Training memory and the number of teachers{title}.'
        made.append(
            _draw(
                f'memory{suffix}',
                caption,
                (5.2, 3.5 + more),
                lambda ax: figures.memory_against_teachers(table, group.methods, ax),
                table[['method', 'k', 'shortened', 'train_mib']],
            )
        )
    if len(table[~table['shortened']].dropna(subset=['top1', 'train_mib'])):
        caption = f'Accuracy and training memory{title}. The numbers are K.{again}'
        made.append(
            _draw(
                f'tradeoff{suffix}',
                caption,
                (5.2, 3.9 + more),
                lambda ax: figures.accuracy_against_memory(table, group.methods, ax),
                table,
            )
        )
    classes = figure_data.class_frame(group)
    if not classes.empty:
        caption = (
            f'Accuracy by class, %{title}. Mean over seeds, at the largest K with the full '
            'schedule.'
        )
        narrow = classes.shape[1] <= 12
        size = (5.2, 3.7 + more) if narrow else (10.6, 0.9 + 0.42 * len(classes))
        drawing = _draw(
            f'classes{suffix}',
            caption,
            size,
            lambda ax: figures.class_accuracy(classes, ax),
            classes.rename_axis('method').reset_index(),
            not narrow,
        )
        made.append(drawing)
        gains = figure_data.class_gain_frame(classes, group.methods.heading(FLOOR))
        if not gains.empty:
            caption = (
                f'Accuracy by class less that of the plain student, points{title}. Orange: below '
                'it; purple: above.'
            )
            made.append(
                _draw(
                    f'class-gains{suffix}',
                    caption,
                    size,
                    lambda ax: figures.class_gains(gains, ax),
                    gains.rename_axis('method').reset_index(),
                    not narrow,
                )
            )
    curves = figure_data.curve_frame(group)
    if not curves.empty:
        caption = (
            f'Training loss by epoch{title}, mean over seeds, at the largest K with the full '
            'schedule. Methods train by losses of their own, so that shapes compare and heights do '
            'not.'
        )
        made.append(
            _draw(
                f'loss{suffix}',
                caption,
                (5.2, 3.5 + more),
                lambda ax: figures.training_loss(curves, group.methods, ax),
                curves,
            )
        )
    return made


def _draw(
    name: str,
    caption: str,
    size: tuple[float, float],
    paint: Callable[[Axes], Axes],
    table: pd.DataFrame,
    wide: bool = False,
) -> Drawing:
    points = [
        {
            name: None if pd.api.types.is_scalar(value) and pd.isna(value) else value
            for name, value in row.items()
        }
        for row in table.astype(object).to_dict('records')
    ]
    return draw(name, caption, size, lambda figure: paint(figure.subplots()), points, wide)


def draw(
    name: str,
    caption: str,
    size: tuple[float, float],
    paint: Callable[[Figure], Any],
    points: Sequence[dict[str, Any]],
    wide: bool = False,
) -> Drawing:
    """Draws one figure.

    Args:
        name: Its file's name, and what its ids begin with.
        caption: What it shows.
        size: Width and height in inches.
        paint: Fills the figure.
        points: What it draws.
        wide: Whether it is as wide as the page.
    """
    # The library's own type lists every key by name.
    look: Any = {**STYLE, 'svg.hashsalt': name, 'svg.fonttype': 'none'}
    with matplotlib.rc_context(look), warnings.catch_warnings():
        figure = Figure(figsize=size, layout='constrained')
        # Letters that the font lacks are the reader's to draw: text stays text.
        warnings.filterwarnings('ignore', message='Glyph .* missing from')
        paint(figure)
        _fit_names(figure)
        buffer = io.StringIO()
        # Neither date nor version: equal records give equal bytes.
        figure.savefig(buffer, format='svg', metadata={'Date': None, 'Creator': None})
    # Widths were laid out with DejaVu Sans; readers' own sans-serif fonts are no wider.
    svg = re.sub(
        r"font-family: [^;\"]*|(?<=px )'DejaVu Sans'[^;\"]*",
        lambda m: m.group(0) if m.group(0).startswith('font-family') else 'sans-serif',
        buffer.getvalue(),
    )
    return Drawing(name, caption, svg.replace("'DejaVu Sans'", 'sans-serif'), wide, tuple(points))


def _fit_names(figure: Figure) -> None:
    """Shortens names that would leave no room for what is drawn; tables have them whole."""
    axes = [axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)]
    for axis in axes:
        labels = [label.get_text() for label in axis.get_ticklabels()]
        if any(_fitted(label) != label for label in labels):
            axis.set_ticklabels([*map(_fitted, labels)])
    ours = {axis.label for axis in axes}
    for text in figure.findobj(Text):
        if isinstance(text, Text) and text not in ours:
            name = text.get_text()
            if _fitted(name) != name:
                text.set_text(_fitted(name))


def _fitted(name: str) -> str:
    line = _CONTROL.sub(' ', name)
    return line if len(line) <= _LONGEST_NAME else f'{line[: _LONGEST_NAME - 1]}…'
