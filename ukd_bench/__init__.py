"""A reproducibility benchmark for unlimited knowledge distillation (UKD) in the dark.

Its two functions for configs are imported when they are asked for: every command passes here in its
first moment, when it cannot be interrupted in order yet.
"""

# What `typing` would say, which takes longer to import than all else here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from .files.configs import mmaction2_config, shipped_config

__all__ = ['mmaction2_config', 'shipped_config']

__version__ = '0.1.0'


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    from .files import configs

    return getattr(configs, name)
