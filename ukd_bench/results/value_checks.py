"""What the values of a claims file must be, told in one line where they are not."""

import difflib
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..errors import ConfigError


def _number(value: Any) -> bool:
    # True is a number to Python, and never meant as one here.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _text(value: Any) -> bool:
    return isinstance(value, str) and value != ''


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_text, value)) and 0 < len({*value}) == len(value)


Check = tuple[Callable[[Any], bool], str]
"""Whether a value will do, and what it must be, in words."""

_FRACTION: Check = (lambda value: _number(value) and 0 < value < 1, 'a number between 0 and 1')
SETTINGS: dict[str, Check] = {
    'schema': (lambda value: value == 1, '1'),
    'combine': (lambda value: value == 'all', "'all'"),
    'confidence': _FRACTION,
    'alpha': _FRACTION,
    'power': _FRACTION,
    'smallest_gain': (lambda value: _number(value) and 0 <= value <= 1, 'a fraction'),
    'bootstrap_draws': (lambda value: type(value) is int and value > 0, 'a positive whole number'),
    'bootstrap_seed': (lambda value: type(value) is int and value >= 0, 'a whole number from 0 on'),
    'claim': (
        lambda value: isinstance(value, list) and all(isinstance(one, dict) for one in value),
        'a list of tables, [[claim]]',
    ),
}

KINDS: dict[str, Check] = {
    'method': (_text, 'the name of a method'),
    'methods': (_texts, 'a list of different methods'),
    'number': (_number, 'a number'),
    'text': (_text, 'a text'),
    'claim': (_text, 'the id of a claim'),
}


def require(table: Mapping[str, Any], checks: Mapping[str, Check]) -> None:
    """Refuses a table that lacks a key, has one too many, or a value of another kind.

    Raises:
        ConfigError: naming the key and the value.
    """
    for key in checks:
        if key not in table:
            raise ConfigError(f'key {key!r} is absent')
    for key, value in table.items():
        if key not in checks:
            raise ConfigError(f'key {key!r} does not exist{hint(key, checks)}')
        fits, words = checks[key]
        if not fits(value):
            raise ConfigError(f'{key} = {value!r} is not {words}')


def hint(word: str, known: Iterable[str]) -> str:
    """What was meant instead, to end a complaint with; empty where nothing is like the word."""
    near = difflib.get_close_matches(word, known, n=1)
    return f'; did you mean {near[0]!r}?' if near else ''
