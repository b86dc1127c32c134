"""The caching allocator's pools: segments of a device's memory, and the blocks cut from them."""

from bisect import bisect_left, insort
from collections.abc import Iterator

from .settings import (
    MIB,
    MIN_BLOCK,
    SHARED_BELOW,
    AllocatorSettings,
)

SMALL_REQUEST = MIB
SMALL_SEGMENT = 2 * MIB
SEGMENT_ROUNDING = 2 * MIB
# More than any device has, so that no expandable segment comes to its end.
ADDRESS_SPACE = 1 << 60


class Device:
    """The memory that segments are taken from.

    Args:
        capacity: Bytes that may be taken; none: any number.
        addresses: Where segments are put, in the order that they are taken; none: each above all
            before it.

    Attributes:
        capacity: As above.
        reserved_bytes: Bytes that are taken.
        reserved_peak_bytes: The most that were.
    """

    def __init__(self, capacity: int | None, addresses: Iterator[int] | None = None) -> None:
        self.capacity = capacity
        self._addresses = addresses
        self._next_address = 0
        self.reserved_bytes = 0
        self.reserved_peak_bytes = 0

    def reserve(self, size: int) -> bool:
        """Takes ``size`` bytes, unless there are fewer left."""
        if self.capacity is not None and self.reserved_bytes + size > self.capacity:
            return False
        self.reserved_bytes += size
        self.reserved_peak_bytes = max(self.reserved_peak_bytes, self.reserved_bytes)
        return True

    def place(self, size: int) -> int:
        """The address of a segment of ``size`` bytes that was reserved."""
        if self._addresses is not None:
            return next(self._addresses)
        self._next_address += size
        return self._next_address - size


class Block:
    """A piece of a segment: handed out, free, or (of an expandable segment) not mapped."""

    __slots__ = ('address', 'after', 'before', 'free', 'mapped', 'size')

    def __init__(
        self,
        address: int,
        size: int,
        before: 'Block | None' = None,
        after: 'Block | None' = None,
        mapped: bool = True,
    ) -> None:
        self.address = address
        self.size = size
        self.before = before
        self.after = after
        self.free = False
        self.mapped = mapped
        if before:
            before.after = self
        if after:
            after.before = self


class Pool:
    """Segments of fixed sizes that blocks are cut from."""

    def __init__(self, device: Device, settings: AllocatorSettings, small: bool) -> None:
        self._device = device
        self._shared_segment = SMALL_SEGMENT if small else settings.large_segment_size
        self._least_rest = MIN_BLOCK if small else SMALL_REQUEST + 1
        self._max_split = settings.max_split_size or ADDRESS_SPACE
        self._max_spare = settings.max_non_split_rounding or settings.large_segment_size
        # The free blocks as (size, address, block); no two have the same address.
        self._free: list[tuple[int, int, Block]] = []

    def take(self, size: int) -> Block | None:
        """The smallest free block that holds ``size`` bytes, of equal ones that of lowest address.

        None where that block is too large to be split and too large to be handed out whole.
        """
        at = self._best_fit(size)
        if at == len(self._free):
            return None
        block = self._free[at][2]
        if size < self._max_split <= block.size:
            return None
        if size >= self._max_split and block.size >= size + self._max_spare:
            return None
        del self._free[at]
        block.free = False
        return block

    def _best_fit(self, size: int) -> int:
        return bisect_left(self._free, (size,))

    def grow(self, size: int) -> Block | None:
        """A new segment as one block, or none where the device has none left."""
        segment = self._shared_segment
        if size >= SHARED_BELOW:
            segment = -(-size // SEGMENT_ROUNDING) * SEGMENT_ROUNDING
        if not self._device.reserve(segment):
            return None
        return Block(self._device.place(segment), segment)

    def split(self, block: Block, size: int) -> None:
        """Leaves ``size`` bytes in a block and the rest free, where the rest is worth it."""
        rest = block.size - size
        if rest < self._least_rest or size >= self._max_split:
            return
        self._add(Block(block.address + size, rest, block, block.after))
        block.size = size

    def put_back(self, block: Block) -> None:
        """Takes a block back, as one with the free ones beside it."""
        self._add(self._merged(block))

    def _add(self, block: Block) -> None:
        block.free = True
        insort(self._free, (block.size, block.address, block))

    def _remove(self, block: Block) -> None:
        block.free = False
        del self._free[bisect_left(self._free, (block.size, block.address))]

    def _merged(self, block: Block) -> Block:
        for beside in (block.before, block.after):
            if beside and beside.free and beside.mapped:
                self._remove(beside)
                _swallow(block, beside)
        return block

    def release_oversize(self, size: int) -> bool:
        """Gives back blocks that are never split: one that suffices, or the largest together."""
        if self._max_split == ADDRESS_SPACE:
            return False
        # Whatever may be split and suffices would have been taken, so this one may not.
        at = self._best_fit(size)
        if at < len(self._free):
            self._release(at)
            return True
        released = 0
        while released < size and at and self._free[at - 1][0] >= self._max_split:
            at -= 1
            released += self._free[at][0]
            self._release(at)
        return released >= size

    def release_unused(self) -> None:
        """Gives back all segments of which nothing is handed out."""
        for at in reversed(range(len(self._free))):
            block = self._free[at][2]
            if not block.before and not block.after:
                self._release(at)

    def _release(self, at: int) -> None:
        self._device.reserved_bytes -= self._free.pop(at)[0]


class ExpandablePool(Pool):
    """One segment that grows and shrinks by pages at its end and in its gaps."""

    def __init__(self, device: Device, settings: AllocatorSettings, small: bool) -> None:
        super().__init__(device, settings, small)
        self._least_rest = MIN_BLOCK
        self._page = self._shared_segment
        # The parts without memory as (address, block); the last is the endless end.
        self._unmapped: list[tuple[int, Block]] = []
        self._add_unmapped(Block(0, ADDRESS_SPACE, mapped=False))

    def split(self, block: Block, size: int) -> None:
        """As in the other pool, but however large the block is."""
        rest = block.size - size
        if rest >= self._least_rest:
            self._add(Block(block.address + size, rest, block, block.after))
            block.size = size

    def _best_fit(self, size: int) -> int:
        """As in the other pool, but a block that can grow counts with what it can grow by."""
        at = super()._best_fit(size)
        while at + 1 < len(self._free) and _room(self._free[at + 1][2]) < _room(self._free[at][2]):
            at += 1
        return at

    def grow(self, size: int) -> Block | None:
        """Maps pages at the lowest address where free and unmapped parts make ``size`` bytes."""
        for _, block in self._unmapped:
            if block.before and block.before.free:
                block = block.before
            if _room_from(block, size):
                break
        if not block.mapped and not self._map(block, min(block.size, size)):
            return None
        while block.size < size:
            gap = block.after
            assert gap is not None
            if not self._map(gap, min(gap.size, size - block.size)):
                return None
            # What was mapped has become one with the block before it.
            block = gap
        self._remove(block)
        return block

    def _map(self, gap: Block, size: int) -> bool:
        """Backs the first ``size`` bytes of an unmapped part with whole pages and frees them."""
        size = -(-size // self._page) * self._page
        if not self._device.reserve(size):
            return False
        self._remove_unmapped(gap)
        if size < gap.size:
            rest = Block(gap.address + size, gap.size - size, gap, gap.after, mapped=False)
            self._add_unmapped(rest)
            gap.size = size
        gap.mapped = True
        self.put_back(gap)
        return True

    def release_oversize(self, size: int) -> bool:
        """Gives back nothing: there are no segments but the one."""
        return False

    def release_unused(self) -> None:
        """Unmaps all pages of which nothing is handed out."""
        for _, _, block in list(self._free):
            begin = -(-block.address // self._page) * self._page
            end = (block.address + block.size) // self._page * self._page
            if begin < end:
                self._unmap(block, begin, end)

    def _unmap(self, block: Block, begin: int, end: int) -> None:
        self._remove(block)
        if block.address < begin:
            self._add(Block(block.address, begin - block.address, block.before, block))
        after = block.address + block.size - end
        if after:
            self._add(Block(end, after, block, block.after))
        block.address, block.size, block.mapped = begin, end - begin, False
        self._device.reserved_bytes -= block.size
        for beside in (block.before, block.after):
            if beside and not beside.mapped:
                self._remove_unmapped(beside)
                _swallow(block, beside)
        self._add_unmapped(block)

    def _add_unmapped(self, block: Block) -> None:
        insort(self._unmapped, (block.address, block))

    def _remove_unmapped(self, block: Block) -> None:
        del self._unmapped[bisect_left(self._unmapped, (block.address,))]


def _swallow(block: Block, beside: Block) -> None:
    """Makes a block one with the one right before or after it."""
    if beside is block.before:
        block.address = beside.address
        block.before = beside.before
        if block.before:
            block.before.after = block
    else:
        block.after = beside.after
        if block.after:
            block.after.before = block
    block.size += beside.size


def _room(block: Block) -> int:
    """The bytes of a free block and of the unmapped part after it."""
    after = block.after
    return block.size + (after.size if after and not after.mapped else 0)


def _room_from(block: Block | None, size: int) -> bool:
    """Whether the free and unmapped parts from a block on have ``size`` bytes."""
    found = 0
    while found < size and block and (block.free or not block.mapped):
        found += block.size
        block = block.after
    return found >= size
