"""DarkRoom: synthetic dark videos of the eleven ARID actions, made from a seed."""

from .actions import CLASSES
from .write import GENERATOR_VERSION, PRESETS, DarkRoomSpec, make

__all__ = ['CLASSES', 'GENERATOR_VERSION', 'PRESETS', 'DarkRoomSpec', 'make']
