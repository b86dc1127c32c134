"""How each method looks in figures, and the figures themselves.

Colours start from those of Okabe and Ito (2008), told apart by colour-blind readers too, and go by
family: blue for banks, red for teachers at every step, green for more networks at inference or in
training, grey and purple for the floor and the controls. Marker shapes and direct labels carry the
same information.
"""

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
