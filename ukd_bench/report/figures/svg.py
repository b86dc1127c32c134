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

from .style import STYLE

_DOTS = 150
"""Dots an inch of a PNG."""
_LONGEST_NAME, _MOST_LINES = 40, 3
"""Letters of a line of a name that a figure has room for, and lines."""
# XML has none of the first; the others would turn the words around a name.
_CONTROL = re.compile('[\\x00-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069]')
_CLIP_NAME = re.compile(r'\bp[0-9a-f]{10}\b')
_CLIP = re.compile(r'clip-path="url\(#(p[0-9a-f]{10})\)')
_IDENTIFIER = re.compile(r'(\bid="|\bxlink:href="#|\bhref="#|url\(#)')


@dataclass(frozen=True)
class Drawing:
    """A figure: ``svg`` and ``png`` are whole files, ``inline`` is for a page; of ``points``."""

    name: str
    caption: str
    svg: str
    png: bytes
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


def draw_table(
    name: str,
    caption: str,
    size: tuple[float, float],
    paint: Callable[[Axes], Axes],
    table: pd.DataFrame,
    wide: bool = False,
) -> Drawing:
    """Draws one figure of one pair of axes; its points are the table's rows. See :func:`draw`."""
    points = points_of(table)
    return draw(name, caption, size, lambda figure: paint(figure.subplots()), points, wide)


def points_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table as plain values, None where one is missing."""
    return [
        {
            name: None if pd.api.types.is_scalar(value) and pd.isna(value) else value
            for name, value in row.items()
        }
        for row in table.astype(object).to_dict('records')
    ]


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
        # Everything has its place by now.
        figure.set_layout_engine('none')
        picture = io.BytesIO()
        figure.savefig(picture, format='png', dpi=_DOTS, metadata={'Software': None})
    # Widths were laid out with DejaVu Sans; readers' own sans-serif fonts are no wider.
    svg = re.sub(
        r"font-family: [^;\"]*|(?<=px )'DejaVu Sans'[^;\"]*",
        lambda m: m.group(0) if m.group(0).startswith('font-family') else 'sans-serif',
        buffer.getvalue(),
    )
    svg = _with_numbered_clips(svg.replace("'DejaVu Sans'", 'sans-serif'))
    return Drawing(name, caption, svg, picture.getvalue(), wide, tuple(points))


def _with_numbered_clips(svg: str) -> str:
    """An SVG whose clip paths are numbered in the order of their use.

    Matplotlib names them by where objects lie in memory, which differs from time to time.
    """
    numbers = {name: n for n, name in enumerate(dict.fromkeys(_CLIP.findall(svg)), start=1)}
    return _CLIP_NAME.sub(
        lambda found: f'clip{numbers[found[0]]}' if found[0] in numbers else found[0], svg
    )


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
            lines = text.get_text().split('\n')
            if (fitted := [*map(_fitted, lines)][:_MOST_LINES]) != lines:
                text.set_text('\n'.join(fitted))


def _fitted(name: str) -> str:
    line = _CONTROL.sub(' ', name)
    return line if len(line) <= _LONGEST_NAME else f'{line[: _LONGEST_NAME - 1]}…'
