"""Memory per phase, step time, and scores of a test pass.

Its two public classes are imported when they are asked for: both need torch, which the help of
``ukd-bench measure`` shall not wait for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .measure_hook import MeasureHook
    from .prediction import ClipScores

__all__ = ['ClipScores', 'MeasureHook']

_MODULES = {'MeasureHook': '.measure_hook', 'ClipScores': '.prediction'}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(import_module(_MODULES[name], __name__), name)
