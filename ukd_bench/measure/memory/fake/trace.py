"""What a training allocates and frees, in order, and what can be told of it afterwards."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

WEIGHTS, GRADIENTS, OPTIMIZER = 'weights', 'gradients', 'optimizer'
ACTIVATIONS, TEACHERS, INPUTS, TEMPORARIES = 'activations', 'teachers', 'inputs', 'temporaries'
KINDS = (WEIGHTS, GRADIENTS, OPTIMIZER, ACTIVATIONS, TEACHERS, INPUTS, TEMPORARIES)
"""What memory is taken for, in the order of tables: activations are what forward passes make,
temporaries what backward passes and optimizers make for themselves; teachers are all networks
beside the one that is trained, with what their forward passes make."""

Event = tuple[int, int]
"""A block's number and its bytes where it is allocated; its number and 0 where it is freed."""


@dataclass
class Trace:
    """All that was allocated on one device.

    Attributes:
        events: In order. A block's number is used once.
        kinds: One of :data:`KINDS` by block.
        scratch: Bytes that an operator may take for itself while it runs, by the number of events
            after it.
    """

    events: list[Event] = field(default_factory=list)
    kinds: dict[int, str] = field(default_factory=dict)
    scratch: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Phase:
    """A stretch of a trace.

    Attributes:
        trace: The whole trace.
        begins, ends: Number of events before the stretch, and before what comes after it.
    """

    trace: Trace
    begins: int
    ends: int

    @property
    def before(self) -> list[Event]:
        """The events before the stretch."""
        return self.trace.events[: self.begins]

    @property
    def events(self) -> list[Event]:
        """The events of the stretch."""
        return self.trace.events[self.begins : self.ends]

    @cached_property
    def peak(self) -> tuple[int, int]:
        """Number of events before the moment of the peak, and the bytes alive then."""
        return max(self._levels(), key=lambda level: level[1])

    @property
    def bounded_peak_bytes(self) -> int:
        """The most there could be if every operator took the scratch memory it may take."""
        scratch = self.trace.scratch
        return max(live + scratch.get(at, 0) for at, live in self._levels())

    def breakdown(self) -> dict[str, int]:
        """Bytes by kind at the moment of the peak; they add up to it."""
        found = dict.fromkeys(KINDS, 0)
        for block, size in _live(self.trace.events[: self.peak[0]]).items():
            found[self.trace.kinds[block]] += size
        return found

    def _levels(self) -> Iterator[tuple[int, int]]:
        """Number of events and bytes alive, at the beginning and after each event."""
        sizes = _live(self.before)
        live = sum(sizes.values())
        yield self.begins, live
        for at, (block, size) in enumerate(self.events, start=self.begins + 1):
            if size:
                sizes[block] = size
                live += size
            else:
                live -= sizes.pop(block)
            yield at, live


def _live(events: list[Event]) -> dict[int, int]:
    """Bytes of the blocks that are not freed."""
    live: dict[int, int] = {}
    for block, size in events:
        if size:
            live[block] = size
        else:
            del live[block]
    return live
