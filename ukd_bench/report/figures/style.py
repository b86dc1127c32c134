"""How figures look, and how the looks of a method become matplotlib's arguments."""

from typing import Any

from ...methods.looks import Look

STYLE: dict[str, Any] = {
    'font.family': 'sans-serif',
    'font.sans-serif': ['DejaVu Sans'],
    'font.size': 9,
    # A dollar sign in the name of a class or method is a dollar sign.
    'text.parse_math': False,
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


def marker(look: Look, hollow: bool) -> dict[str, Any]:
    """Arguments of ``ax.scatter``; hollow for a shorter schedule, or a prediction."""
    return {
        'marker': look.marker,
        's': 30,
        'facecolor': 'white' if hollow else look.colour,
        'edgecolor': look.colour,
        'linewidth': 1.2,
    }


def dash(look: Look) -> tuple[int, tuple[float, ...]]:
    """Line style of a method that has no K."""
    return (0, look.dash or ())
