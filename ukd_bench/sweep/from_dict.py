"""From the dicts of a config file to dataclasses, checked key by key against their types."""

from dataclasses import MISSING, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from ..checks import did_you_mean, is_a
from ..errors import ConfigError, quoted


def from_dict(kind: type, content: dict, where: str, leave_out: tuple[str, ...] = ()) -> Any:
    """An instance of a dataclass.

    Args:
        kind: The dataclass. Its fields may be numbers, texts, dicts, dataclasses, tuples of one of
            these, which a file gives as lists of at least one, and unions.
        content: Values by name of the field.
        where: What messages call the dict.
        leave_out: Fields that are no keys of the file.

    Raises:
        ConfigError: naming the first key or value that cannot be used.
    """
    hints = get_type_hints(kind)
    known = {one.name: one for one in fields(kind) if one.name not in leave_out}
    for key in content:
        if key not in known:
            raise ConfigError(
                f'{where}: key {quoted(key)} does not exist{did_you_mean(key, known)}'
            )
    values: dict[str, Any] = {}
    for name, one in known.items():
        if name in content:
            values[name] = _converted(hints[name], content[name], where, name)
        elif one.default is MISSING and one.default_factory is MISSING:
            raise ConfigError(f'{where}: key {name!r} is absent')
    return kind(**values)


def _converted(hint: Any, value: Any, where: str, name: str) -> Any:
    kinds = [*get_args(hint)] if get_origin(hint) in (Union, UnionType) else [hint]
    if value is None and NoneType in kinds:
        return None
    kinds = [kind for kind in kinds if kind is not NoneType]
    items = next((get_args(kind)[0] for kind in kinds if get_origin(kind) is tuple), None)
    if items is not None and (len(kinds) == 1 or isinstance(value, (list, tuple))):
        if not isinstance(value, (list, tuple)) or not value:
            raise ConfigError(
                f'{where}: key {name!r} is {quoted(value)}, not a list of at least one'
            )
        nested = is_dataclass(items)
        for item in value:
            _require_kind(f'{where}: {name}', item, dict if nested else items)
        if not nested:
            return tuple(value)
        return tuple(
            from_dict(items, item, f'{where}: {name}[{i}]') for i, item in enumerate(value)
        )
    parts: list[Any] = [kind for kind in kinds if is_dataclass(kind)]
    plain = [dict if is_dataclass(kind) else kind for kind in kinds]
    _require_kind(f'{where}: {name}', value, *dict.fromkeys(plain))
    if parts and isinstance(value, dict):
        # Of several, the one that knows most of the keys is meant.
        part = max(parts, key=lambda one: len({field.name for field in fields(one)} & {*value}))
        return from_dict(part, value, f'{where}: {name}')
    return value


def _require_kind(where: str, value: Any, *kinds: type) -> None:
    # A whole number is a number.
    allowed = (*kinds, int) if float in kinds else kinds
    if not is_a(value, *allowed):
        names = ' or '.join(kind.__name__ for kind in kinds)
        raise ConfigError(f'{where} is {quoted(value)}, not of type {names}')
