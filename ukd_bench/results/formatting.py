"""How figures are written for people: one place, so that tables, verdicts and terminal agree."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self

from ..durations import duration_text

if TYPE_CHECKING:
    # It imports pandas, which lines on a terminal need not wait for.
    from .statistics import Difference, Estimate

DASH = '–'
MINUS = '−'
MIB = 1024**2
GIB = 1024**3
POINTS = 'percentage points'
_USUAL_LOSS = 'kl_divergence'


class Written(str):
    """Text of a figure, which knows the figure.

    Pages and terminals take it for the text that it is; files that programs read take the figure.

    Args:
        text: How people read it.
        value: The figure, not rounded; None where the text is a range alone.
        unit: What it is in; empty for a plain number.
        low, high: The ends of its interval, or of the range, in the same unit; None without one.
        n: How many seeds it is a mean over; None where it is no such mean.
    """

    value: float | None
    unit: str
    low: float | None
    high: float | None
    n: int | None

    def __new__(
        cls,
        text: str,
        value: float | None,
        unit: str = '',
        low: float | None = None,
        high: float | None = None,
        n: int | None = None,
    ) -> Self:
        """Text with its figure."""
        made = super().__new__(cls, text)
        made.value, made.unit, made.low, made.high, made.n = value, unit, low, high, n
        return made

    def __add__(self, words: str) -> 'Written':
        """The same figure, with words after it."""
        return Written(super().__add__(words), self.value, self.unit, self.low, self.high, self.n)


class Linked(str):
    """Text that leads to a file.

    Args:
        text: What a page shows.
        href: The file, as a URL relative to the page.
    """

    href: str

    def __new__(cls, text: str, href: str) -> Self:
        """Text with where it leads."""
        made = super().__new__(cls, text)
        made.href = href
        return made


def whole(value: int | None) -> str:
    """A whole number, or a dash."""
    return DASH if value is None else Written(str(value), value)


def signed(value: float, digits: int = 1, unit: str = '') -> str:
    """A number with its sign; a true minus, and no sign on zero."""
    return Written(_signed(value, digits), value, unit)


def number(value: float | None, digits: int = 1, scale: float = 1.0, unit: str = '') -> str:
    """``value * scale``, or a dash where nothing was measured."""
    if value is None:
        return DASH
    return Written(_number(value * scale, digits), value * scale, unit)


def percent(value: float | None, digits: int = 1) -> str:
    """A fraction in per cent (without the sign), or a dash."""
    return number(value, digits, 100, '%')


def mib(value: float | None, digits: int = 1) -> str:
    """Bytes as MiB (without the unit)."""
    return number(value, digits, 1 / MIB, 'MiB')


def signed_mib(value: float, digits: int = 2) -> str:
    """A difference in bytes as MiB, with sign and unit."""
    return Written(f'{_signed(value / MIB, digits)} MiB', value / MIB, 'MiB')


def estimate(value: 'Estimate | None', digits: int = 1, scale: float = 1.0, unit: str = '') -> str:
    """``mean ± half-width``; the mean alone where one value gives no interval."""
    if value is None:
        return DASH
    text = _number(value.mean * scale, digits)
    if value.half_width is not None:
        text += f' ± {_number(value.half_width * scale, digits)}'
    low, high = _scaled(value.low, scale), _scaled(value.high, scale)
    return Written(text, value.mean * scale, unit, low, high, value.n)


def mean(value: 'Estimate | None', digits: int = 1, scale: float = 1.0, unit: str = '') -> str:
    """The mean of an estimate, or a dash."""
    if value is None:
        return DASH
    written = _number(value.mean * scale, digits)
    return Written(written, value.mean * scale, unit, n=value.n)


def interval(
    low: float | None, high: float | None, digits: int = 1, scale: float = 1.0, unit: str = ''
) -> str:
    """``[low, high]`` with signs, or a dash."""
    if low is None or high is None:
        return DASH
    ends = low * scale, high * scale
    first, last = (_signed(end, digits) for end in ends)
    return Written(f'[{first}, {last}]', None, unit, *ends)


def points(value: float) -> str:
    """A difference of fractions in percentage points."""
    return Written(f'{_signed(100 * value, 1)} points', 100 * value, POINTS)


def difference(value: 'Difference') -> str:
    """A paired difference of fractions with its interval and n."""
    return _difference(value, ' points') + f', n = {value.n}'


def signed_points(value: 'Difference | None') -> str:
    """A paired difference of fractions in percentage points and its interval, without the unit."""
    return DASH if value is None else _difference(value)


def p_value(value: float | None) -> str:
    """A p-value to three decimals."""
    if value is None:
        return DASH
    return Written('< 0.001' if value < 0.001 else f'{value:.3f}', value)


def distillation(knowledge: Mapping[str, Any] | None) -> str | None:
    """Rule, weight, temperature and loss, as a record tells them; None of a run without any."""
    # A run that fills a bank has no rule yet.
    if knowledge is None or 'rule' not in knowledge:
        return None
    weight, temperature = knowledge['weight'], knowledge['temperature']
    final = knowledge.get('final_weight')
    towards = '' if final is None else f' to {final:g}'
    text = f'{knowledge["rule"]}, weight {weight:g}{towards}, temperature {temperature:g}'
    # Records of earlier releases name no loss: there was this one alone.
    loss = knowledge.get('loss', _USUAL_LOSS)
    return text if loss == _USUAL_LOSS else f'{text}, loss {loss}'


def duration(seconds: float | None) -> str:
    """Seconds as ``12.3 s``, ``4 min 05 s`` or ``2 h 07 min``."""
    return DASH if seconds is None else Written(duration_text(seconds), seconds, 's')


def sentence(text: str) -> str:
    """The text with a capital at its start."""
    return text[:1].upper() + text[1:]


def counted(count: int, noun: str) -> str:
    """A count with its noun, as ``1 run`` or ``3 runs``."""
    return f'{count} {noun}' if count == 1 else f'{count} {noun}s'


def span(values: Iterable[float | None], digits: int = 0) -> str:
    """The least and the largest of some values, as ``1 to 4``; one if they are alike, or a dash."""
    known = [value for value in values if value is not None]
    ends = (_number(value, digits) for value in (min(known), max(known))) if known else (DASH,)
    return ' to '.join(dict.fromkeys(ends))


def listed(values: list[int]) -> str:
    """Numbers in a row, as ``1, 2 and 4``."""
    words = [str(value) for value in values]
    return words[0] if len(words) == 1 else f'{", ".join(words[:-1])} and {words[-1]}'


def _difference(value: 'Difference', unit: str = '') -> Written:
    text = f'{_signed(100 * value.mean, 1)}{unit}'
    if value.low is not None:
        text += f' {interval(value.low, value.high, 1, 100)}'
    low, high = _scaled(value.low, 100), _scaled(value.high, 100)
    return Written(text, 100 * value.mean, POINTS, low, high, value.n)


def _signed(value: float, digits: int) -> str:
    text = f'{abs(value):,.{digits}f}'
    if float(text.replace(',', '')) == 0:
        return text
    return f'{"+" if value > 0 else MINUS}{text}'


def _number(value: float, digits: int) -> str:
    return f'{value:,.{digits}f}'.replace('-', MINUS)


def _scaled(value: float | None, scale: float) -> float | None:
    return None if value is None else value * scale
