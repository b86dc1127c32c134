"""What PyTorch's caching allocator would report of a training's allocations, without a GPU.

The rules are those of the native CUDA allocator of PyTorch 2.11, from its notes on CUDA's memory
management (https://docs.pytorch.org/docs/stable/notes/cuda.html#memory-management) and from the
behaviour of ``c10/cuda/CUDACachingAllocator.cpp``, for one stream of one device.
"""

from collections.abc import Iterable

from ....errors import UkdBenchError
from .pools import (
    SMALL_REQUEST,
    Block,
    Device,
    ExpandablePool,
    Pool,
)
from .settings import AllocatorSettings


class OutOfDeviceMemoryError(UkdBenchError, MemoryError):
    """A request that does not fit, all figures in bytes.

    Attributes:
        requested: The request, rounded to the block that was asked for.
        allocated: Allocated when it came.
        reserved: Reserved when it failed, after all that could be was given back to the device.
        capacity: What the allocator may reserve.
    """

    def __init__(self, requested: int, allocated: int, reserved: int, capacity: int) -> None:
        super().__init__(
            f'out of device memory: {requested:,} bytes requested, {allocated:,} allocated and '
            f'{reserved:,} reserved of {capacity:,}'
        )
        self.requested = requested
        self.allocated = allocated
        self.reserved = reserved
        self.capacity = capacity


class CachingAllocator:
    """A model of the allocator that counts bytes and holds none.

    Args:
        capacity: Bytes that it may take from the device, the context's already taken off;
            none: as many as are asked for.
        settings: What ``PYTORCH_ALLOC_CONF`` sets.
        addresses: Where the driver puts segments that do not grow, in the order that they are
            taken, which decides between free blocks of one size; none: each above all before it.

    Attributes:
        allocated_bytes: Bytes of the blocks that are handed out, as in
            ``torch.cuda.memory_allocated``: a block that was not split counts whole.
        allocated_peak_bytes: As in ``torch.cuda.max_memory_allocated``.
    """

    def __init__(
        self,
        capacity: int | None = None,
        settings: AllocatorSettings | None = None,
        addresses: Iterable[int] | None = None,
    ) -> None:
        self._settings = settings or AllocatorSettings()
        self._device = Device(capacity, None if addresses is None else iter(addresses))
        self.allocated_bytes = self.allocated_peak_bytes = 0
        kind = ExpandablePool if self._settings.expandable_segments else Pool
        self._small = kind(self._device, self._settings, small=True)
        self._large = kind(self._device, self._settings, small=False)
        self._handed_out: dict[int, tuple[Pool, Block]] = {}

    @property
    def reserved_bytes(self) -> int:
        """Bytes taken from the device, as in ``torch.cuda.memory_reserved``."""
        return self._device.reserved_bytes

    @property
    def reserved_peak_bytes(self) -> int:
        """The most bytes that were, as in ``torch.cuda.max_memory_reserved``."""
        return self._device.reserved_peak_bytes

    def allocate(self, block: int, size: int) -> None:
        """Hands out ``size`` bytes as block number ``block``.

        Raises:
            OutOfDeviceMemoryError: if they do not fit.
        """
        if size <= 0 or block in self._handed_out:
            raise ValueError(f'block {block} cannot be allocated with {size} bytes')
        size = self._settings.rounded(size)
        pool = self._small if size <= SMALL_REQUEST else self._large
        found = pool.take(size) or pool.grow(size)
        if found is None and pool.release_oversize(size):
            found = pool.grow(size)
        if found is None:
            self.empty_cache()
            found = pool.grow(size)
        if found is None:
            assert self._device.capacity is not None
            raise OutOfDeviceMemoryError(
                size, self.allocated_bytes, self.reserved_bytes, self._device.capacity
            )
        pool.split(found, size)
        self._handed_out[block] = pool, found
        self.allocated_bytes += found.size
        self.allocated_peak_bytes = max(self.allocated_peak_bytes, self.allocated_bytes)

    def free(self, block: int) -> None:
        """Takes block number ``block`` back into the cache."""
        if block not in self._handed_out:
            raise ValueError(f'block {block} is not allocated')
        pool, given_back = self._handed_out.pop(block)
        self.allocated_bytes -= given_back.size
        pool.put_back(given_back)

    def replay(self, events: Iterable[tuple[int, int]]) -> None:
        """Goes through ``(block, size)`` pairs; a size of 0 frees the block.

        Raises:
            OutOfDeviceMemoryError: if one does not fit.
        """
        for block, size in events:
            if size:
                self.allocate(block, size)
            else:
                self.free(block)

    def empty_cache(self) -> None:
        """Gives back what the device can have, as ``torch.cuda.empty_cache`` does."""
        self._large.release_unused()
        self._small.release_unused()

    def reset_peaks(self) -> None:
        """Lets the peaks start from what there is now: ``reset_peak_memory_stats`` of torch."""
        self.allocated_peak_bytes = self.allocated_bytes
        self._device.reserved_peak_bytes = self._device.reserved_bytes
