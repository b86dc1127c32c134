"""Low-light enhancement of uint8 batches on the device, and the preprocessor that applies it."""

from .gamma import Gamma
from .identity import Identity
from .preprocessor import LowLightPreprocessor

__all__ = ['Gamma', 'Identity', 'LowLightPreprocessor']
