"""Results of sweeps, as data: ``load`` and ``load_clips`` give pandas DataFrames."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .frames import load, load_clips

__all__ = ['load', 'load_clips']


def __getattr__(name: str) -> Any:
    # Imported when asked for: a command that only reads a claims file must start quickly.
    if name not in __all__:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    from . import frames

    return getattr(frames, name)
