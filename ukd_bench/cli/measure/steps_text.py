"""What ``ukd-bench measure steps`` prints: tables of method by number of teachers."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...measure.speed.step_times import StepFigures

Lines = tuple[str, str]
"""A cell: what stands in a method's own line, and what stands below it."""


def table(
    figures: 'Sequence[StepFigures]',
    ratio: 'Callable[[StepFigures], tuple[float, float, float]]',
) -> str:
    """A table of method by K, the interval below each ratio; 80 columns hold four K."""

    def lines(each: 'StepFigures') -> Lines:
        estimate, low, high = ratio(each)
        return f'{estimate:.3f}', f'{low:.3f}-{high:.3f}'

    return _grid(figures, lines)


def speed_table(figures: 'Sequence[StepFigures]', batch_size: int) -> str:
    """A table of method by K: milliseconds of a step, and below them clips a second."""

    def lines(each: 'StepFigures') -> Lines:
        return f'{each.step_s * 1e3:.1f} ms', f'{batch_size / each.step_s:.4g} clips/s'

    return _grid(figures, lines)


def _grid(figures: 'Sequence[StepFigures]', lines_of: 'Callable[[StepFigures], Lines]') -> str:
    shown = {
        (each.variant.method, each.variant.num_teachers): lines_of(each)
        if each.wall_s
        else (each.status, '')
        for each in figures
    }
    lines = []
    for counted in (False, True):
        mine = [(method, k) for method, k in shown if (k > 0) == counted]
        numbers, methods = sorted({k for _, k in mine}), dict(mine)
        if numbers:
            lines.append(_line('', [f'K = {k}' if counted else 'no K' for k in numbers]))
        for method in methods:
            cells = [shown.get((method, k), ('-', '')) for k in numbers]
            lines += [
                _line(method if row == 0 else '', [cell[row] for cell in cells]) for row in (0, 1)
            ]
    return '\n'.join(lines)


def _line(name: str, cells: Sequence[str]) -> str:
    return (f'{name:22}' + ''.join(f'{cell:>14}' for cell in cells)).rstrip()
