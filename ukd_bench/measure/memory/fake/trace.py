"""What a training allocates and frees, in order, and what can be told of it afterwards."""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

WEIGHTS, GRADIENTS, OPTIMIZER = 'weights', 'gradients', 'optimizer'
ACTIVATIONS, TEACHERS, INPUTS, TEMPORARIES = 'activations', 'teachers', 'inputs', 'temporaries'
KINDS = (WEIGHTS, GRADIENTS, OPTIMIZER, ACTIVATIONS, TEACHERS, INPUTS, TEMPORARIES)
"""What memory is taken for, in the order of tables: activations are what forward passes make,
temporaries what backward passes and optimizers make for themselves; teachers are all networks
beside the one that is trained, with what their forward passes make."""

Event = tuple[int, int]
"""A block's number and its bytes where it is allocated; its number and 0 where it is freed."""


class Events:
    """Events in order, as two numbers each: a long training has hundreds of thousands.

    Args:
        events: The first of them.
    """

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._numbers = array('q')
        self += events

    def append(self, event: Event) -> None:
        """Adds one."""
        self._numbers.extend(event)

    def __iadd__(self, events: Iterable[Event]) -> Self:
        for event in events:
            self._numbers.extend(event)
        return self

    def __len__(self) -> int:
        return len(self._numbers) // 2

    def __iter__(self) -> Iterator[Event]:
        numbers = iter(self._numbers)
        return zip(numbers, numbers, strict=True)

    def __getitem__(self, some: slice) -> 'Events':
        begins, ends, _ = some.indices(len(self))
        found = Events()
        found._numbers = self._numbers[2 * begins : 2 * ends]
        return found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Iterable) and [*self] == [*other]


@dataclass
class Trace:
    """All that was allocated on one device.

    Attributes:
        events: In order. A block's number is used once.
        kinds: One of :data:`KINDS` by block.
        scratch: Bytes that an operator may take for itself while it runs, by the number of events
            after it.
    """

    events: Events = field(default_factory=Events)
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
    def before(self) -> Events:
        """The events before the stretch."""
        return self.trace.events[: self.begins]

    @property
    def events(self) -> Events:
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


def _live(events: Iterable[Event]) -> dict[int, int]:
    """Bytes of the blocks that are not freed."""
    live: dict[int, int] = {}
    for block, size in events:
        if size:
            live[block] = size
        else:
            del live[block]
    return live
