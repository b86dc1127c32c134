"""The hooks that a config lists beside MMEngine's own."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmengine.config import Config


def custom_hooks(config: 'Config | dict[str, Any]') -> list[dict[str, Any]]:
    """The entries of a config's ``custom_hooks``, to be looked at or changed in place.

    There are none where the config lists none or something that is no list. What is no dict, such
    as a hook that is built already, has no arguments to look at, and is left out.
    """
    entries = config.get('custom_hooks')
    if not isinstance(entries, (list, tuple)):
        return []
    return [entry for entry in entries if isinstance(entry, dict)]
