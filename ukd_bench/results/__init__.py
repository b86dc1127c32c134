"""Results of sweeps, as data: ``load_frame`` and ``load_scores_frame`` give pandas DataFrames."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .frames import load_frame, load_scores_frame

__all__ = ['load_frame', 'load_scores_frame']


def __getattr__(name: str) -> Any:
    # Imported when asked for: a command that only reads a claims file must start quickly.
    if name not in __all__:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    from . import frames

    return getattr(frames, name)
