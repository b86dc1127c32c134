"""The axes of a sweep from a config file, key by key."""

from dataclasses import fields, replace
from pathlib import Path

from ..files.configs import read_config
from ..methods.own import own_methods
from ..methods.table import METHODS
from .config import NO_KEYS, Axes, require_once
from .from_dict import from_dict
from .parts import Choice


def read_axes(path: Path) -> Axes:
    """Reads a sweep config.

    Raises:
        ConfigError: the file is absent, is no config, or has a key or value that cannot be used.
    """
    content, dicts = _without_dicts(read_config(path, 'sweep config').to_dict())
    # What begins with an underscore is the file's own, as in any module.
    content = {key: value for key, value in content.items() if not key.startswith('_')}
    axes = from_dict(Axes, content, str(path), leave_out=NO_KEYS)
    where = f'{path}: methods'
    choices = [_choice(item, f'{where}[{i}]') for i, item in dicts.items()]
    own = {i: _without_scope(item) for i, item in dicts.items() if item.get('name') not in METHODS}
    axes = replace(
        axes,
        own_methods=own_methods(own, where),
        choices=tuple(filter(None, choices)),
        first_regime=axes.regimes[0].name,
    )
    # One of them would be passed over.
    require_once('method', [choice.name for choice in axes.choices])
    axes.check()
    axes.check_scopes()
    return axes


def _without_dicts(content: dict) -> tuple[dict, dict[int, dict]]:
    """A config with names in place of the dicts among its methods, and these by place."""
    methods = content.get('methods')
    if not isinstance(methods, (list, tuple)):
        return content, {}
    dicts = {i: item for i, item in enumerate(methods) if isinstance(item, dict)}
    names = [str(item.get('name')) if i in dicts else item for i, item in enumerate(methods)]
    return content | dict(methods=names), dicts


def _choice(item: dict, where: str) -> Choice | None:
    """What of a method's dict narrows it; all of the dict where the method is the suite's."""
    keys = {one.name for one in fields(Choice)}
    given = {key: value for key, value in item.items() if key in keys}
    if item.get('name') in METHODS:
        given = item
    elif given.keys() <= {'name'}:
        return None
    return from_dict(Choice, given, where)


def _without_scope(item: dict) -> dict:
    keys = {one.name for one in fields(Choice)} - {'name'}
    return {key: value for key, value in item.items() if key not in keys}
