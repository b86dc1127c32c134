"""Lengths of time as people write and read them."""

import re

from .errors import ConfigError, quoted

UNITS = {'s': 1, 'min': 60, 'h': 3600, 'd': 86400}
"""Seconds of each unit."""
_PART = r'(\d{1,9}(?:\.\d{1,9})?) ?(s|min|h|d)'


def parse_duration(text: str) -> float:
    """Seconds of ``90s``, ``45min``, ``2h``, ``1.5d``, or of several of these, as ``1h 30min``.

    Raises:
        ConfigError: the text is no length of time, or none that is longer than nothing.
    """
    if not re.fullmatch(rf'(?:{_PART} ?)+', text):
        units = ', '.join(UNITS)
        raise ConfigError(
            f'{quoted(text)} is not a length of time like 2h, 90min or 1h30min (units: {units})'
        )
    seconds = sum(float(number) * UNITS[unit] for number, unit in re.findall(_PART, text))
    if not seconds:
        raise ConfigError(f'{quoted(text)} is no time at all')
    return seconds


def duration_text(seconds: float) -> str:
    """Seconds as ``12.3 s``, ``4 min 05 s`` or ``2 h 07 min``."""
    if seconds < 99.95:
        return f'{seconds:.1f} s'
    whole = round(seconds)
    if whole < 3600:
        return f'{whole // 60} min {whole % 60:02d} s'
    minutes = round(seconds / 60)
    return f'{minutes // 60} h {minutes % 60:02d} min'
