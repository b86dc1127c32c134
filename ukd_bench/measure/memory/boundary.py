"""Finds the largest number that still fits, from both sides of the boundary."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Need:
    """What something takes.

    Attributes:
        peak_bytes: What it takes for certain.
        bounded_bytes: What it takes at most, with the scratch memory of libraries.
    """

    peak_bytes: int
    bounded_bytes: int

    def fits(self, room: int) -> bool:
        """Whether it fits, if libraries take no scratch memory."""
        return self.peak_bytes <= room

    def surely_fits(self, room: int) -> bool:
        """Whether it fits whatever libraries take."""
        return self.bounded_bytes <= room


@dataclass(frozen=True)
class Boundary:
    """The largest number that fits, of those that were tried.

    All smaller numbers that were tried fit too. Memory as an allocator reserves it may fall by a
    little where a number rises, so that a larger one that was not tried may fit by chance.

    Attributes:
        value: The number; one less than the least where not even that fits.
        at: What it takes; None where nothing fits.
        beyond: What the next number takes, which does not fit; None where ``value`` is the largest
            that was to be tried.
    """

    value: int
    at: Need | None
    beyond: Need | None


def find_boundary(
    need: Callable[[int], Need], room: int, least: int, most: int, start: int
) -> Boundary:
    """Tries numbers until one fits and the next does not, led by a line through what is known.

    Args:
        need: What a number takes; asked once for each.
        room: Bytes that there are.
        least, most: The numbers to be tried.
        start: The number that is tried first, between these.
    """
    known: dict[int, Need] = {}
    low, high = least - 1, most + 1
    at = start
    while high - low > 1:
        known[at] = need(at)
        low, high = (at, high) if known[at].fits(room) else (low, at)
        at = min(max(_guess(known, room, low, high), low + 1), high - 1)
    return Boundary(low, known.get(low), known.get(high))


def _guess(known: dict[int, Need], room: int, low: int, high: int) -> int:
    """Where a line says that the boundary is."""
    peaks = {number: need.peak_bytes for number, need in known.items()}
    if low in peaks and high in peaks:
        # A line that meets the same side over and over would close in slowly.
        if len(peaks) % 3 == 0:
            return (low + high) // 2
        share = (room - peaks[low]) / (peaks[high] - peaks[low])
        return low + int(share * (high - low))
    if low not in peaks:
        return high * room // peaks[high] if high in peaks else low + 1
    others = [number for number in peaks if number < low]
    if not others:
        return 2 * low
    slope = (peaks[low] - peaks[max(others)]) / (low - max(others))
    # What does not grow fits up to the largest number, which is tried next.
    return low + int((room - peaks[low]) / slope) if slope > 0 else high - 1
