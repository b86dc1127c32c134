"""A method of the user's own: a dict in a sweep's config, checked key by key."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from importlib.util import find_spec
from typing import Any

from ..checks import did_you_mean, is_a, is_number
from ..errors import ConfigError
from ..files.hashes import canonical_json
from .looks import LOOKS, Look
from .table import FLOOR, METHOD_TABLE, METHODS, NAME, RUN_KINDS, SUBJECT, Method

_PLANNED = ('pool', 'num_teachers', 'view_seed', 'num_views', 'previous')
"""Arguments of a hook that every plan sets."""
_REQUIRED = ('name', 'title', 'sentence')
_PARENTS = ('pool', 'own_kind', 'stages')
_FOLDS = ('all', 'one', 'others')
_LOOK_KEYS = tuple(one.name for one in fields(Look))
# `arguments` stand in the hook's dict, and the step benchmark has no config of such a method.
_ROW_KEYS = tuple(one.name for one in fields(Method) if one.name not in ('arguments', 'own_step'))


@dataclass(frozen=True)
class OwnMethod:
    """A method that a sweep's config describes.

    Attributes:
        row: What a plan must know of it.
        look: How it is called and drawn, as far as the config says.
        given: The dict, as plain values, for the plan that a report reads.
    """

    row: Method
    look: Look
    given: Mapping[str, Any]


def own_methods(items: Mapping[int, Any], where: str) -> tuple[OwnMethod, ...]:
    """Reads several methods, which must not be taken for one another.

    Args:
        items: Their dicts, by place in the list that they stand in.
        where: What messages call that list.

    Raises:
        ConfigError: see :func:`own_method`; or two have one name or title.
    """
    read = tuple(own_method(item, f'{where}[{i}]') for i, item in items.items())
    for kind, values in (
        ('name', [one.row.name for one in read]),
        ('title', [one.look.title.lower() for one in read]),
    ):
        if twice := [value for value in values if values.count(value) > 1]:
            raise ConfigError(f'{where}: two methods have the {kind} {twice[0]!r}')
    return read


def own_method(content: Any, where: str) -> OwnMethod:
    """Reads the dict that describes a method.

    Args:
        content: The dict. Keys are the attributes of :class:`Method` and :class:`Look`; ``hook``
            may be a dict with the path as ``type`` and arguments of the hook. ``name``, ``title``
            and ``sentence`` are required.
        where: What messages call it.

    Raises:
        ConfigError: naming the first key or value that cannot be used.
    """
    if not isinstance(content, Mapping):
        raise ConfigError(f'{where} is {content!r}, not of type dict')
    known = (*_ROW_KEYS, *_LOOK_KEYS)
    for key in content:
        if key not in known:
            raise ConfigError(f'{where}: key {key!r} does not exist{did_you_mean(key, known)}')
    for key in _REQUIRED:
        if key not in content:
            raise ConfigError(f'{where}: key {key!r} is absent')
    for key, value in content.items():
        check, allowed = _CHECKS[key]
        if not check(value):
            raise ConfigError(f'{where}: {key} = {value!r} is not {allowed}')
    try:
        given = json.loads(canonical_json(content))
    except (TypeError, ValueError) as error:
        raise ConfigError(f'{where}: holds other than plain values ({error})') from error
    _require_unused(given, where)
    row = _row(given, where)
    _require_consistent(row, where)
    return OwnMethod(row, _look(given), given)


def require_importable(method: Method) -> None:
    """Refuses a method whose hook no run would find, before teachers are trained for it.

    Nothing of the user's is imported; whether the hook can be used its run will tell.

    Raises:
        ConfigError: Python finds no module of that name.
    """
    top = (method.hook or 'ukd_bench').partition('.')[0]
    # What runs as a script is no module that a run could import.
    if top == '__main__' or find_spec(top) is None:
        raise ConfigError(
            f'method {method.name!r}: hook {method.hook!r}: there is no module {top!r} in the '
            "working folder or on Python's path"
        )


def _row(given: dict[str, Any], where: str) -> Method:
    values = {key: given[key] for key in _ROW_KEYS if key in given}
    hook = values.get('hook')
    if isinstance(hook, dict):
        values['hook'] = hook.pop('type')
        values['arguments'] = hook
        given['hook'] = dict(hook, type=values['hook'])
        if planned := [name for name in _PLANNED if name in hook]:
            raise ConfigError(f'{where}: hook has {planned[0]!r}, which every plan sets itself')
    one = values.get('parents', 'pool') == 'own_kind'
    values.setdefault('by_count', values.get('reads') is not None and not one)
    values.setdefault('folds', 'all' if values.get('parents', 'pool') == 'pool' else 'one')
    row = Method(**values)
    if row.hook is not None and 'borrows' not in values:
        values['borrows'] = SUBJECT if row.distils else FLOOR
    return Method(**values)


def _look(given: dict[str, Any]) -> Look:
    values = {key: _as_tuples(given[key]) for key in _LOOK_KEYS if key in given}
    return Look(**values)


def _as_tuples(value: Any) -> Any:
    return tuple(map(_as_tuples, value)) if isinstance(value, list) else value


def _require_unused(given: dict[str, Any], where: str) -> None:
    if given['name'] in METHODS:
        kind = _kind(given['name'])
        raise ConfigError(f"{where}: name {given['name']!r} is a {kind} of the suite's")
    title = given['title'].strip().lower()
    for name in METHODS:
        if title == name or (name in LOOKS and title == LOOKS[name].title.lower()):
            kind = _kind(name)
            raise ConfigError(f"{where}: title {given['title']!r} is the suite's {kind} {name!r}")


def _kind(name: str) -> str:
    return 'kind of run' if name in RUN_KINDS else 'method'


def _require_consistent(row: Method, where: str) -> None:
    if row.hook is None and row.reads is not None:
        raise ConfigError(f'{where}: reads = {row.reads!r}, but there is no hook that reads them')
    if row.parents != 'pool' and row.reads != 'banks':
        raise ConfigError(f"{where}: parents = {row.parents!r} needs reads = 'banks'")
    # One teacher of its own kind whatever K is; all others come in numbers.
    if row.reads is not None and row.by_count == (row.parents == 'own_kind'):
        raise ConfigError(
            f'{where}: by_count = {row.by_count} does not go with parents = {row.parents!r}'
        )
    if row.borrows is not None and METHOD_TABLE[row.borrows].distils and not row.distils:
        raise ConfigError(
            f'{where}: borrows = {row.borrows!r}, whose hook has teachers, and this method has none'
        )


def _is_line(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and '\n' not in value


def _is_hook(value: Any) -> bool:
    if isinstance(value, Mapping):
        return isinstance(value.get('type'), str) and _is_hook(value['type'])
    return value is None or (
        isinstance(value, str) and bool(re.fullmatch(r'[A-Za-z_]\w*(\.[A-Za-z_]\w*)+', value))
    )


def _is_amount(value: Any) -> bool:
    return is_number(value) and 0 <= value < float('inf')


def _is_marker(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) == 1 and value in 'ov^<>8spP*hHXDd'
    if not isinstance(value, (list, tuple)) or len(value) < 3:
        return False
    points = all(isinstance(one, (list, tuple)) and len(one) == 2 for one in value)
    numbers = [part for one in value for part in one] if points else value
    return (points or len(value) == 3) and all(map(is_number, numbers))


def _is_dash(value: Any) -> bool:
    return (
        isinstance(value, (list, tuple))
        and len(value) % 2 == 0
        and all(map(_is_amount, value))
        and (not value or sum(value) > 0)
    )


def _one_of(*allowed: Any) -> tuple[Callable[[Any], bool], str]:
    words = ', '.join(repr(one) for one in allowed)
    return (lambda value: any(value is one or value == one for one in allowed)), f'one of {words}'


_TEXT = (_is_line, 'a line of text')
_WORK = (_is_amount, 'a number of at least 0')
_YES_OR_NO = (lambda value: isinstance(value, bool), 'True or False')
_CHECKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    'name': (
        lambda value: isinstance(value, str) and bool(NAME.fullmatch(value)),
        'a name of small letters, digits and underscores',
    ),
    'hook': (_is_hook, "a dotted path, or a dict with one as its 'type'"),
    'reads': _one_of('banks', 'checkpoints', None),
    'parents': _one_of(*_PARENTS),
    'by_count': _YES_OR_NO,
    'fewest': (
        lambda value: is_a(value, int) and value >= 1,
        'a whole number of at least 1',
    ),
    'folds': _one_of(*_FOLDS),
    'equals_ukd': _YES_OR_NO,
    'borrows': _one_of(*METHOD_TABLE, None),
    'ukd_compute': _YES_OR_NO,
    'epoch_work': _WORK,
    'teacher_work': _WORK,
    'title': _TEXT,
    'sentence': _TEXT,
    'colour': (
        lambda value: isinstance(value, str) and bool(re.fullmatch('#[0-9a-fA-F]{6}', value)),
        'a colour like #0072b2',
    ),
    'marker': (_is_marker, "a marker of matplotlib's that has a face"),
    'dash': (_is_dash, 'a list of lengths of strokes and gaps'),
    'count_meaning': _TEXT,
    'unmeasured': _TEXT,
}
