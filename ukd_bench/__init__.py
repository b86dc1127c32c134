"""A reproducibility benchmark for unlimited knowledge distillation (UKD) in the dark."""

from .files.configs import mmaction2_config, shipped_config

__all__ = ['mmaction2_config', 'shipped_config']

__version__ = '0.1.0'
