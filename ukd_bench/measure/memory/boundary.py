"""Finds the largest number that still fits, from both sides of the boundary."""

from collections.abc import Callable
from dataclasses import dataclass

_PATIENCE = 2
"""How often a line may meet one side of the boundary before the middle is tried."""


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
    need: Callable[[int], Need], room: int, least: int, most: int, start: int, leap: int
) -> Boundary:
    """Tries numbers until one fits and the next does not, led by a line through what is known.

    Args:
        need: What a number takes; asked once for each.
        room: Bytes that there are.
        least: The smallest number to be tried.
        most: The largest.
        start: The number that is tried first, between these.
        leap: How many times as large a number is tried next where nothing has grown.
    """
    peaks: dict[int, int] = {}
    known: dict[int, Need] = {}
    low, high, in_a_row = least - 1, most + 1, 0
    at = start
    while high - low > 1:
        known[at] = need(at)
        peaks[at] = known[at].peak_bytes
        fits = known[at].fits(room)
        # Counted up while numbers fit, and down while they do not.
        in_a_row = max(in_a_row, 0) + 1 if fits else min(in_a_row, 0) - 1
        low, high = (at, high) if fits else (low, at)
        if low in peaks and high in peaks and abs(in_a_row) > _PATIENCE:
            at = (low + high) // 2
        else:
            at = _guess(peaks, room, low, high, leap)
        at = min(max(at, low + 1), high - 1)
    return Boundary(low, known.get(low), known.get(high))


def _guess(peaks: dict[int, int], room: int, low: int, high: int, leap: int) -> int:
    """Where a line says that the boundary is."""
    if low in peaks and high in peaks:
        return low + int((room - peaks[low]) / (peaks[high] - peaks[low]) * (high - low))
    if low not in peaks:
        return high * room // peaks[high] if high in peaks else low + 1
    others = [number for number in peaks if number < low]
    if not others:
        return 2 * low
    before = max(others)
    slope = (peaks[low] - peaks[before]) / (low - before)
    return low + int((room - peaks[low]) / slope) if slope > 0 else leap * low
