"""A model of PyTorch's caching allocator: reserved memory without a GPU."""

from .caching import CachingAllocator, OutOfDeviceMemoryError
from .settings import AllocatorSettings

__all__ = ['AllocatorSettings', 'CachingAllocator', 'OutOfDeviceMemoryError']
