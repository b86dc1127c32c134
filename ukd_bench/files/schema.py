"""What the values of a JSON file must be, told once for each kind of file and checked on reading.

A check is called with a value and its place, as in ``metrics.top1``, and raises :class:`Misfit`.
Checks are made of smaller ones, so that all that any reader uses of a file has its type.
"""

import re
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any

from ..checks import is_a, is_number
from ..errors import quoted

LARGEST = 2**63 - 1
"""Largest whole number of a table's column."""
LONGEST_NAME = 255
"""Bytes of the longest name of a file."""
LONGEST_PLACE = 100
"""Characters of a value's place that a message has room for."""

Check = Callable[[Any, str], None]


class Misfit(ValueError):
    """A value that is not what it must be; the message names its place."""


def _simple(fits: Callable[[Any], bool], words: str) -> Check:
    def check(value: Any, where: str) -> None:
        if not fits(value):
            raise Misfit(f'{where} is {quoted(value)}, not {words}')

    return check


def _is_whole(value: Any) -> bool:
    return is_a(value, int) and abs(value) <= LARGEST


def _is_line(value: Any) -> bool:
    # C0 and C1 control characters, which neither a page nor a terminal shows.
    return isinstance(value, str) and not any(
        code < 32 or 127 <= code < 160 for code in map(ord, value)
    )


anything: Check = _simple(lambda value: True, '')
whole = _simple(lambda value: _is_whole(value) and value >= 0, 'a whole number from 0 on')
positive = _simple(lambda value: _is_whole(value) and value > 0, 'a positive whole number')
several = _simple(lambda value: _is_whole(value) and value > 1, 'a whole number from 2 on')
# The bounds leave out NaN and the infinite ones.
number = _simple(lambda value: is_number(value) and abs(value) <= LARGEST, 'a number')
amount = _simple(lambda value: is_number(value) and 0 <= value <= LARGEST, 'a number of at least 0')
above_0 = _simple(lambda value: is_number(value) and 0 < value <= LARGEST, 'a positive number')
fraction = _simple(lambda value: is_number(value) and 0 <= value <= 1, 'a fraction')
flag = _simple(lambda value: isinstance(value, bool), 'true or false')
line = _simple(_is_line, 'a line of text')
name = _simple(lambda value: _is_line(value) and value.strip() != '', 'a line of text')
text = _simple(lambda value: isinstance(value, str), 'text')
place = _simple(
    lambda value: (
        _is_line(value)
        and 0 < len(value) <= 1000
        and all(len(part.encode()) <= LONGEST_NAME for part in value.split('/'))
    ),
    'a path',
)


def matching(pattern: str, words: str) -> Check:
    """A check that a text matches a pattern as a whole; ``words`` say what that is."""
    fits = re.compile(pattern).fullmatch
    return _simple(lambda value: isinstance(value, str) and fits(value) is not None, words)


def one_of(*allowed: Any) -> Check:
    """A check that a value is one of several, of the same type."""
    words = ', '.join(map(str, allowed))
    return _simple(
        lambda value: any(type(value) is type(one) and value == one for one in allowed),
        f'one of {words}' if len(allowed) > 1 else words,
    )


def maybe(check: Check) -> Check:
    """A check that passes null as well."""
    return lambda value, where: None if value is None else check(value, where)


def list_of(check: Check) -> Check:
    """A check of each item of a list."""
    is_list = _simple(lambda value: isinstance(value, (list, tuple)), 'a list')

    def check_all(value: Any, where: str) -> None:
        is_list(value, where)
        for index, item in enumerate(value):
            check(item, f'{where}[{index}]')

    return check_all


def map_of(check: Check) -> Check:
    """A check of each value of an object whose keys are any names."""

    def check_all(value: Any, where: str) -> None:
        _require_object(value, where)
        for key, item in value.items():
            name(key, f'a key of {where}' if where else 'a key')
            check(item, _inside(where, key))

    return check_all


def table(
    required: Mapping[str, Check],
    optional: Mapping[str, Check] | None = None,
    others: Check | None = anything,
) -> Check:
    """A check of an object by its keys.

    Args:
        required: Checks of the keys that must be there.
        optional: Checks of those that may be absent.
        others: Check of the values of all further keys; None where there may be none.
    """
    known = {**required, **(optional or {})}

    def check_all(value: Any, where: str) -> None:
        _require_object(value, where)
        for key in required:
            if key not in value:
                raise Misfit(f'key {_inside(where, key)!r} is absent')
        for key, item in value.items():
            check = known.get(key, others)
            if check is None:
                raise Misfit(f'key {quoted(_inside(where, str(key)))} does not exist')
            check(item, _inside(where, key))

    return check_all


def of_types(hints: Mapping[str, Any], others: Check | None = None) -> Check:
    """A check of an object that has the keys and types of a dataclass's annotations."""
    return table({key: _of_type(hint) for key, hint in hints.items()}, others=others)


def _of_type(hint: Any) -> Check:
    if isinstance(hint, types.UnionType):
        (kind,) = (one for one in typing.get_args(hint) if one is not types.NoneType)
        return maybe(_of_type(kind))
    if typing.get_origin(hint) in (tuple, list):
        return list_of(_of_type(typing.get_args(hint)[0]))
    if typing.get_origin(hint) in (dict, Mapping):
        return map_of(_of_type(typing.get_args(hint)[1]))
    return {str: line, int: whole, float: number, bool: flag}.get(hint, anything)


def _require_object(value: Any, where: str) -> None:
    if not isinstance(value, Mapping):
        raise Misfit(f'{where} is {quoted(value)}, not an object' if where else 'no JSON object')


def _inside(where: str, key: str) -> str:
    return (f'{where}.{key}' if where else key)[:LONGEST_PLACE]


def first_misfit(check: Check, value: Any) -> str | None:
    """What is wrong with a file's content, in a few words; None where nothing is."""
    try:
        check(value, '')
    except Misfit as misfit:
        return str(misfit)
    return None
