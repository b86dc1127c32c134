"""The strip of sample frames: what networks see, and what they say."""

import base64
import io
import itertools
import textwrap
from collections.abc import Iterator

from matplotlib import image
from matplotlib.figure import Figure

from ...errors import ResultsError
from ...records.samples import BRIGHT, STUDENT
from ...results.runs import Sweep
from ...results.samples import Samples, load_samples
from .svg import Drawing, draw

_RIGHT, _WRONG = '#0a6247', '#9c3415'
_WIDTH, _CLASS, _WORD, _SIDE, _HEAD = 10.6, 0.9, 1.05, 1.2, 0.6
"""Inches of the figure, of a class's name, of a prediction, of a frame at most, of the headings."""
_LINE, _LINES = 15, 2
"""Letters of a line of a name, and lines that there is room for."""
_LETTER, _POINTS = 0.063, 7.5
"""Inches of a letter and points of the headings over frames too narrow for such a line."""


def sample_strip(sweep: Sweep) -> Drawing | None:
    """The strip; None where there are no sample frames that can be read."""
    try:
        samples = load_samples(sweep)
    except ResultsError:
        return None
    if samples is None:
        return None
    said = [
        dict(clip=number + 1, true=true, network=name, said=words[number])
        for number, true in enumerate(samples.classes)
        for name, words in samples.said.items()
    ]
    frames = _WIDTH - _CLASS - _WORD * len(samples.said)
    side = min(_SIDE, frames / len(samples.rows))
    return draw(
        'samples',
        'Test clips as networks see them: the middle frame of each, before it is normalised. Where '
        'a teacher sees the change from frame to frame, grey is none. The clips are the first by '
        'name of classes evenly spread, so that no result chose them. On the right, what networks '
        f'say of them{"" if samples.seed is None else f", students of seed {samples.seed}"}.',
        (_WIDTH, _head(side) + side * len(samples.classes)),
        lambda figure: _paint(figure, samples, side),
        said,
        True,
    )


def _paint(figure: Figure, samples: Samples, side: float) -> None:
    rows, columns, speakers = len(samples.classes), len(samples.rows), [*samples.said]
    widths = [side] * columns + [_WORD] * len(speakers)
    grid = figure.subplots(rows, len(widths), squeeze=False, width_ratios=widths)
    points = 8.5 if _letters(side) == _LINE else _POINTS
    headings = [*_headings(samples, side), *(f'{one}\nsays' for one in speakers)]
    for column, heading in enumerate(headings):
        grid[0][column].set_title(heading, fontsize=points)
    for number, true in enumerate(samples.classes):
        for column, row in enumerate(samples.rows):
            picture = image.imread(io.BytesIO(base64.b64decode(row.frames[number])), format='png')
            grid[number][column].imshow(picture, interpolation='none')
        grid[number][0].set_ylabel(
            _wrapped(true), rotation=0, ha='right', va='center', fontweight='bold'
        )
        for ax, speaker in zip(grid[number][columns:], speakers, strict=True):
            word = samples.said[speaker][number]
            right = word == true
            told = f'{"✓" if right else "✗"} {_wrapped(word)}' if word else '–'
            colour = _RIGHT if right else _WRONG
            ax.text(0.5, 0.5, told, ha='center', va='center', fontsize=9, color=colour)
    for ax in grid.flat:
        ax.set(xticks=[], yticks=[])
        ax.grid(False)
        for edge in ax.spines.values():
            edge.set_visible(False)


def _letters(side: float) -> int:
    """Letters of a line over a frame of so many inches."""
    return min(_LINE, int(side / _LETTER))


def _head(side: float) -> float:
    return _HEAD * (1 if _letters(side) == _LINE else 1.4)


def _headings(samples: Samples, side: float) -> Iterator[str]:
    numbers, letters = itertools.count(1), _letters(side)
    for row in samples.rows:
        name = _wrapped(row.name, letters, _LINES if letters == _LINE else _LINES + 1)
        if row.seen_by == BRIGHT:
            yield name
        elif row.seen_by == STUDENT:
            yield f'{_wrapped("As the student", letters)}\n{name}'
        else:
            yield f'{_wrapped(f"Teacher {next(numbers)}", letters)}\n{name}'


def _wrapped(name: str, letters: int = _LINE, lines: int = _LINES) -> str:
    return '\n'.join(textwrap.wrap(name, letters, max_lines=lines, placeholder='…'))
