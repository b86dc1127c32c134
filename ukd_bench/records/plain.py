"""The values that a run's config may hold: those that JSON and the config's own file give back."""

from typing import Any

from ..errors import ConfigError, quoted, shortened
from ..files.hashes import canonical_json

_LONGEST_PLACE = 200
"""Characters of a dotted key in a message."""


def require_plain(part: Any, where: str) -> None:
    """Refuses what would leave a key ambiguous or could not be written into a run's ``config.py``.

    Texts, finite numbers, truth values and None may stand in dicts with texts as keys, in lists and
    in tuples. JSON would take the keys 1 and '1' for one.

    Args:
        part: A config as plain dicts and lists, or a part of one; what it imports is named in it by
            its dotted path.
        where: What messages call it.

    Raises:
        ConfigError: naming the dotted key and the value.
    """
    _require(part, where, '')


def _require(part: Any, where: str, place: str) -> None:
    inner = place and f'{place}.'
    if isinstance(part, dict):
        for key, value in part.items():
            if not isinstance(key, str):
                raise ConfigError(
                    f'{where}: {_named(f"{inner}{quoted(key)}")}: a key of a config is text'
                )
            _require(value, where, f'{inner}{key}')
    elif isinstance(part, (list, tuple)):
        for index, value in enumerate(part):
            _require(value, where, f'{inner}{index}')
    elif not _is_plain(part):
        raise ConfigError(
            f'{where}: {_named(place)} = {quoted(part)} is no value of a config: text, a finite '
            'number, True, False, None, or a dict, list or tuple of these'
        )


def _is_plain(value: Any) -> bool:
    try:
        canonical_json(value)
        # A text may name a file, and stands in one.
        return not isinstance(value, str) or b'\0' not in value.encode()
    except (TypeError, ValueError):
        return False


def _named(place: str) -> str:
    return shortened(place.encode(errors='backslashreplace').decode(), _LONGEST_PLACE)
