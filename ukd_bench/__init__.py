"""A reproducibility benchmark for unlimited knowledge distillation (UKD) in the dark."""

__version__ = '0.1.0'
