"""How each method is called and how it looks: a row a method."""

from collections.abc import Iterable

from ..methods.table import STUDENT_METHODS
from ..results import formatting as units

RECONSTRUCTION = (
    'The UKD mechanism measured here is our reconstruction from the abstract of arXiv 2308.09327; '
    'the paper’s own mechanism is not public. Verdicts on memory hold for this reconstruction.'
)

SYNTHETIC = (
    'The videos are synthetic. What these results show is about the mechanism, not about ARID.'
)

METHODS_TEXT = {
    'plain': 'the student alone, on the single dark stream: the floor.',
    'label_smoothing': 'soft targets without any teacher: a control.',
    'plain_long': 'the student alone, with the compute of UKD and K teachers’ banks: a control.',
    'wide': 'a single dark stream with the inference FLOPs of the two-stream network: a control.',
    'self': (
        'UKD from one teacher of the student’s own kind, with another seed and the schedule and '
        'views of all teachers: a control.'
    ),
    'shuffled': 'UKD with the targets of another clip of the same class: a control.',
    'ukd': 'targets from a knowledge bank, filled by one teacher at a time before training.',
    'naive': 'K teachers resident on the device and run at every step.',
    'naive_graph': 'naive, with the teachers’ autograd graphs alive until the step ends.',
    'swap': 'naive, with the teachers in host memory and one at a time on the device.',
    'random': 'from the bank, one teacher drawn at random for each step.',
    'chain': 'K trainings in a row, each from the bank of the next teacher alone.',
    'mutual': 'K networks of the student’s kind trained together, each on the others.',
    'two_stream_dark_light': (
        'a dark and a gamma-enhanced stream, as in DarkLight; at inference too.'
    ),
    'two_stream_rgb_flow': (
        'dark frames and their optical flow, a network each, scores averaged; at inference too.'
    ),
}


def methods_text(methods: Iterable[str]) -> list[tuple[str, str]]:
    """(name, what it is) of the methods that a report holds, in the order of its tables."""
    told = METHODS_TEXT.keys() & set(methods)
    return [(method_name(name), METHODS_TEXT[name]) for name in STUDENT_METHODS if name in told]


def method_name(method: str) -> str:
    """A method as tables call it."""
    return units.sentence(units.method_name(method))


COLOURS = {
    'plain': '#4d4d4d',
    'label_smoothing': '#b0679a',
    'plain_long': '#8a8a8a',
    'wide': '#1f1f1f',
    'self': '#6a5acd',
    'shuffled': '#8e44ad',
    'ukd': '#0072b2',
    'naive': '#d55e00',
    'naive_graph': '#8f2d0e',
    'swap': '#c8385a',
    'random': '#3a8fc4',
    'chain': '#253a86',
    'mutual': '#5b7f00',
    'two_stream_dark_light': '#00805c',
    'two_stream_rgb_flow': '#a07400',
}
_Marker = str | tuple[int, int, int] | tuple[tuple[float, float], ...]
MARKERS: dict[str, _Marker] = {
    'plain': 's',
    'label_smoothing': 'v',
    'plain_long': (4, 1, 45),
    'wide': ((-1, -0.55), (1, -0.55), (1, 0.55), (-1, 0.55)),
    'self': '*',
    'shuffled': '<',
    'ukd': 'o',
    'naive': 'D',
    'naive_graph': 'd',
    'swap': 'X',
    'random': 'p',
    'chain': '>',
    'mutual': (6, 1, 0),
    'two_stream_dark_light': '^',
    'two_stream_rgb_flow': 'P',
}
_DASHES: dict[str, tuple[float, ...]] = {
    'plain': (),
    'label_smoothing': (2, 2),
    'wide': (9, 3),
    'self': (1, 1.5),
    'two_stream_dark_light': (6, 2),
    'two_stream_rgb_flow': (6, 2, 1, 2),
}
"""Of the lines of methods that have no K."""
_NO_LOOKS: tuple[str, _Marker, tuple[float, ...]] = ('#7f7f7f', 'h', (4, 1))
"""Colour, marker and dashes of a method that none were chosen for."""

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


def colour_of(method: str) -> str:
    """Of everything that is drawn of a method."""
    return COLOURS.get(method, _NO_LOOKS[0])


def marker(method: str, shortened: bool) -> dict[str, object]:
    """Arguments of ``ax.scatter``; open where the schedule was a shorter one."""
    face = 'white' if shortened else colour_of(method)
    return {
        'marker': MARKERS.get(method, _NO_LOOKS[1]),
        's': 30,
        'facecolor': face,
        'edgecolor': colour_of(method),
        'linewidth': 1.2,
    }


def dash(method: str) -> tuple[int, tuple[float, ...]]:
    """Line style of a method that has no K."""
    return (0, _DASHES.get(method, _NO_LOOKS[2]))
