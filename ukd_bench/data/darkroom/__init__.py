"""DarkRoom: synthetic dark videos of the eleven ARID actions, made from a seed."""

from .actions import CLASSES
from .film import GENERATOR_VERSION
from .spec import PRESETS, DarkRoomSpec
from .write import make

__all__ = ['CLASSES', 'GENERATOR_VERSION', 'PRESETS', 'DarkRoomSpec', 'make']
