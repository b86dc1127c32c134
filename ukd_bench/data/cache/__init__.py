"""The clip cache: frames decoded and resized once, read from memory-mapped files ever after."""

from .build import build, verify
from .estimate import needed_bytes
from .store import CachedVideo, ClipCache, default_folder

__all__ = ['CachedVideo', 'ClipCache', 'build', 'default_folder', 'needed_bytes', 'verify']
