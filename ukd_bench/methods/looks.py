"""How each method of the suite is called and drawn: a row a method. It needs no matplotlib."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

Marker = str | tuple[float, ...] | tuple[tuple[float, float], ...]
Dash = tuple[float, ...]

# Looks of methods that choose none; without a common factor in number, so that pairs repeat late.
_COLOURS = (
    '#e69f00', '#d16ba5', '#00a0b0', '#7d4f2b', '#94a800', '#f0757f', '#52528c', '#56b4e9',
)  # fmt: skip
_MARKERS: tuple[Marker, ...] = ('h', '8', (5, 1, 36), (8, 1, 0), (3, 1, 0))
_DASHES: tuple[Dash, ...] = ((4, 1), (3, 1, 1, 1), (12, 2), (8, 2, 1, 2, 1, 2), (1, 3), (5, 5))


@dataclass(frozen=True)
class Look:
    """How a report calls and draws a method.

    Attributes:
        title: The method's name within a sentence.
        sentence: What the method is.
        colour: Colour of all that is drawn of it, as ``#rrggbb``; '' where none was chosen.
        marker: Marker of its points, as matplotlib takes markers; '' where none was chosen.
        dash: Lengths of strokes and gaps of its line where it has no K; () is unbroken.
        count_meaning: What its K means, where that is not the number of its teachers.
        unmeasured: Why a run of it may have no training memory.
    """

    title: str
    sentence: str
    colour: str = ''
    marker: Marker = ''
    dash: Dash | None = None
    count_meaning: str | None = None
    unmeasured: str | None = None


LOOKS = {
    'plain': Look(
        'plain',
        'the student alone, on the single dark stream: the floor.',
        *('#4d4d4d', 's', ()),
    ),
    'label_smoothing': Look(
        'label smoothing',
        'soft targets without any teacher: a control.',
        *('#b0679a', 'v', (2, 2)),
    ),
    'plain_long': Look(
        'plain, longer',
        'the student alone, with the compute of UKD and K teachers’ banks: a control.',
        *('#8a8a8a', (4, 1, 45)),
        count_meaning='has the compute of UKD with that many, banks included',
    ),
    'wide': Look(
        'plain, wider',
        'a single dark stream with the inference FLOPs of the two-stream network: a control.',
        *('#1f1f1f', ((-1, -0.55), (1, -0.55), (1, 0.55), (-1, 0.55)), (9, 3)),
    ),
    'self': Look(
        'self-distillation',
        'UKD from one teacher of the student’s own kind, with another seed and the schedule and '
        'views of all teachers: a control.',
        *('#6a5acd', '*', (1, 1.5)),
    ),
    'shuffled': Look(
        'UKD, shuffled',
        'UKD with the targets of another clip of the same class: a control.',
        *('#8e44ad', '<'),
    ),
    'shuffled_across': Look(
        'UKD, shuffled across classes',
        'UKD with the targets of another clip of another class, which teach nothing true: a '
        'negative control.',
        *('#c39bd3', (4, 1, 0)),
    ),
    'precomputed': Look(
        'precomputed targets',
        'targets of the whole clip, scored once, whatever view the student sees: a control.',
        *('#7fa8d1', 'H'),
    ),
    'ukd': Look(
        'UKD',
        'targets from a knowledge bank, filled by one teacher at a time before training.',
        *('#0072b2', 'o'),
    ),
    'naive': Look(
        'naive',
        'K teachers resident on the device and run at every step.',
        *('#d55e00', 'D'),
    ),
    'naive_graph': Look(
        'naive, graphs kept',
        'naive, with the teachers’ autograd graphs alive until the step ends.',
        *('#8f2d0e', 'd'),
    ),
    'swap': Look(
        'naive, swapped',
        'naive, with the teachers in host memory and one at a time on the device.',
        *('#c8385a', 'X'),
        unmeasured='a CPU is host and device in one, so the training peak there says nothing of '
        'the method and is left out.',
    ),
    'random': Look(
        'random teacher',
        'from the bank, one teacher drawn at random for each step.',
        *('#3a8fc4', 'p'),
    ),
    'chain': Look(
        'chain',
        'K trainings in a row, each from the bank of the next teacher alone.',
        *('#253a86', '>'),
    ),
    'mutual': Look(
        'mutual learning',
        'K networks of the student’s kind trained together, each on the others.',
        *('#5b7f00', (6, 1, 0)),
        count_meaning='trains that many networks together',
    ),
    'two_stream_dark_light': Look(
        'two-stream (dark, light)',
        'a dark and a gamma-enhanced stream, as in DarkLight; both are needed in tests, too.',
        *('#00805c', '^', (6, 2)),
    ),
    'two_stream_rgb_flow': Look(
        'two-stream (RGB, flow)',
        'dark frames and their optical flow, a network each, scores averaged, in tests, too.',
        *('#a07400', 'P', (6, 2, 1, 2)),
    ),
}


def with_spare_looks(looks: Sequence[Look]) -> list[Look]:
    """Completes looks beside the suite's: what they lack they get, none of it another's."""
    colours = _unused(_COLOURS, (look.colour for look in looks))
    markers = _unused(_MARKERS, (look.marker for look in looks))
    dashes = _unused(_DASHES, (look.dash for look in looks))
    return [
        replace(
            look,
            colour=look.colour or next(colours),
            marker=look.marker or next(markers),
            dash=next(dashes) if look.dash is None else look.dash,
        )
        for look in looks
    ]


def _unused(spare: Iterable[Any], used: Iterable[Any]) -> Iterator[Any]:
    taken = [*used]
    # Where all are taken they begin anew.
    return itertools.cycle([one for one in spare if one not in taken] or spare)
