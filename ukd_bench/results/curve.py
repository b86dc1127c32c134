"""Training peaks over the number of teachers, as every rule about memory looks at them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

MEASURED, PREDICTED = 'measured', 'predicted'
OWN_SCALE, FULL_SIZE = 'the sweep’s own scale', 'full size'


@dataclass(frozen=True)
class Curve:
    """Training peaks of one method, in bytes, by K, ascending.

    Attributes:
        peaks: The peak at each K.
        floor: The peak of the method that it is held against; None where there is none.
        floors: That peak at each K, got in the same way as the one beside it; empty without any.
        out_of_memory: The K at which memory ran out, ascending.
        basis: ``MEASURED``, or ``PREDICTED`` where any of the peaks is.
        measured: The K whose peaks are measured.
        teacher_bytes: Mean size of a teacher's weights; None where it is not known.
    """

    peaks: Mapping[int, float]
    floor: float | None
    floors: Mapping[int, float]
    out_of_memory: tuple[int, ...]
    basis: str
    measured: tuple[int, ...]
    teacher_bytes: float | None

    @property
    def empty(self) -> bool:
        """Whether nothing is known of the method."""
        return not (self.peaks or self.out_of_memory)

    @property
    def multiples(self) -> dict[int, float]:
        """Each peak as a multiple of the floor beside it."""
        return {k: peak / self.floors[k] for k, peak in self.peaks.items() if k in self.floors}

    @property
    def levelled(self) -> dict[int, float]:
        """The peaks on one floor, so that a line runs through measured and predicted ones."""
        floor = self.floor or 0.0
        return {k: peak + (floor - self.floors.get(k, floor)) for k, peak in self.peaks.items()}


class HasCurves(Protocol):
    """What a rule about memory needs of a bench: runs of a sweep, or figures at full size."""

    @property
    def label(self) -> str:
        """What it is called."""

    @property
    def scale(self) -> str:
        """``OWN_SCALE`` or ``FULL_SIZE``."""

    def curve(self, method: str, against: str) -> Curve:
        """The training peaks of a method beside those of another."""


def first_reached(multiples: Mapping[int, float], reaches: Callable[[float], bool]) -> int | None:
    """The first K at which the straight lines between the known K reach a bound.

    Args:
        multiples: A multiple at each known K, ascending.
        reaches: Whether a multiple is beyond the bound.

    Returns:
        A whole number from the smallest known K on; None where no known K reaches the bound.
    """
    before: tuple[int, float] | None = None
    for k, multiple in multiples.items():
        if reaches(multiple):
            if before is None:
                return k
            start, low = before
            rise = (multiple - low) / (k - start)
            between = (one for one in range(start + 1, k) if reaches(low + rise * (one - start)))
            return next(between, k)
        before = k, multiple
    return None
