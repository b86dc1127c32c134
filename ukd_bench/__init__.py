"""A reproducibility benchmark for unlimited knowledge distillation (UKD) in the dark.

Its two functions for configs are imported when they are asked for: every command passes here in its
first moment, when it cannot be interrupted in order yet.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .files.configs import mmaction2_config, shipped_config

__all__ = ['mmaction2_config', 'shipped_config']

__version__ = '0.1.0'


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    from .files import configs

    return getattr(configs, name)
