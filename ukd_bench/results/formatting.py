"""How figures are written for people: one place, so that tables, verdicts and terminal agree."""

from collections.abc import Mapping
from typing import Any

from .statistics import Difference, Estimate

DASH = '–'
MINUS = '−'
MIB = 1024**2
GIB = 1024**3
_USUAL_LOSS = 'kl_divergence'


def signed(value: float, digits: int = 1) -> str:
    """A number with its sign; a true minus, and no sign on zero."""
    text = f'{abs(value):,.{digits}f}'
    if float(text.replace(',', '')) == 0:
        return text
    return f'{"+" if value > 0 else MINUS}{text}'


def number(value: float | None, digits: int = 1, scale: float = 1.0) -> str:
    """``value * scale``, or a dash where nothing was measured."""
    if value is None:
        return DASH
    return f'{value * scale:,.{digits}f}'.replace('-', MINUS)


def mib(value: float | None, digits: int = 1) -> str:
    """Bytes as MiB (without the unit)."""
    return number(value, digits, 1 / MIB)


def signed_mib(value: float, digits: int = 2) -> str:
    """A difference in bytes as MiB, with sign and unit."""
    return f'{signed(value / MIB, digits)} MiB'


def estimate(value: Estimate | None, digits: int = 1, scale: float = 1.0) -> str:
    """``mean ± half-width``; the mean alone where one value gives no interval."""
    if value is None:
        return DASH
    text = number(value.mean, digits, scale)
    if value.half_width is None:
        return text
    return f'{text} ± {number(value.half_width, digits, scale)}'


def interval(low: float | None, high: float | None, digits: int = 1, scale: float = 1.0) -> str:
    """``[low, high]`` with signs, or a dash."""
    if low is None or high is None:
        return DASH
    return f'[{signed(low * scale, digits)}, {signed(high * scale, digits)}]'


def points(value: float) -> str:
    """A difference of fractions in percentage points."""
    return f'{signed(100 * value)} points'


def difference(value: Difference) -> str:
    """A paired difference of fractions with its interval and n."""
    text = points(value.mean)
    if value.low is not None:
        text += f' {interval(value.low, value.high, 1, 100)}'
    return f'{text}, n = {value.n}'


def p_value(value: float | None) -> str:
    """A p-value to three decimals."""
    if value is None:
        return DASH
    return '< 0.001' if value < 0.001 else f'{value:.3f}'


def distillation(knowledge: Mapping[str, Any] | None) -> str | None:
    """Rule, weight, temperature and loss, as a record tells them; None of a run without any."""
    # A run that fills a bank has no rule yet.
    if knowledge is None or 'rule' not in knowledge:
        return None
    weight, temperature = knowledge['weight'], knowledge['temperature']
    text = f'{knowledge["rule"]}, weight {weight:g}, temperature {temperature:g}'
    # Records of earlier releases name no loss: there was this one alone.
    loss = knowledge.get('loss', _USUAL_LOSS)
    return text if loss == _USUAL_LOSS else f'{text}, loss {loss}'


def duration(seconds: float | None) -> str:
    """Seconds as ``12.3 s``, ``4 min 05 s`` or ``2 h 07 min``."""
    if seconds is None:
        return DASH
    if seconds < 99.95:
        return f'{seconds:.1f} s'
    whole = round(seconds)
    if whole < 3600:
        return f'{whole // 60} min {whole % 60:02d} s'
    minutes = round(seconds / 60)
    return f'{minutes // 60} h {minutes % 60:02d} min'


def sentence(text: str) -> str:
    """The text with a capital at its start."""
    return text[:1].upper() + text[1:]


def counted(count: int, noun: str) -> str:
    """A count with its noun, as ``1 run`` or ``3 runs``."""
    return f'{count} {noun}' if count == 1 else f'{count} {noun}s'


def listed(values: list[int]) -> str:
    """Numbers in a row, as ``1, 2 and 4``."""
    words = [str(value) for value in values]
    return words[0] if len(words) == 1 else f'{", ".join(words[:-1])} and {words[-1]}'
