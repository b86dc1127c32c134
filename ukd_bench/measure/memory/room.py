"""Work side by side on a GPU, as much of it at once as its memory holds."""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TypeVar

from ...records.nvidia import ask_driver
from ...sizes import MIB

BESIDE_BYTES = 800 * MIB
"""Of a process, beside what the allocator reserves: up to 760 MiB were seen on an H100."""

_Thing = TypeVar('_Thing')


@dataclass(frozen=True)
class Room:
    """How much may be done at once.

    Attributes:
        jobs: How many things at most.
        free_bytes: The memory that there is for all.
        needs: Bytes of each thing, as they were predicted; what is not known is done alone.
    """

    jobs: int = 1
    free_bytes: int = 0
    needs: Mapping = field(default_factory=dict)

    def holds(self, thing: object, beside: Sequence[object]) -> bool:
        """Whether a thing may begin beside others."""
        if not beside:
            return True
        if len(beside) >= self.jobs or any(one not in self.needs for one in (thing, *beside)):
            return False
        return sum(self.needs[one] + BESIDE_BYTES for one in (thing, *beside)) <= self.free_bytes


def free_bytes() -> int:
    """Free memory of the first GPU that this process would see; 0 where the driver does not tell.

    It is asked of the driver, because torch would take a context of its own to answer.
    """
    seen = os.environ.get('CUDA_VISIBLE_DEVICES', '0').split(',')[0].strip()
    rows = ask_driver('--query-gpu=memory.free', f'--id={seen or 0}')
    return int(rows[0][0]) * MIB if rows and rows[0][0].isdecimal() else 0


def each_in(room: Room, things: Sequence[_Thing], work: Callable[[_Thing], object]) -> list[_Thing]:
    """Does some work with each thing, in threads, and returns when all is done.

    Args:
        room: How much at once. What needs most begins first; smaller things fill what it leaves.
        things: The things.
        work: What is done; an exception ends the others when they are done with theirs.

    Returns:
        The things that others were worked with beside, in their order.
    """
    accompanied: set[_Thing] = set()
    left = sorted(things, key=lambda thing: -room.needs.get(thing, 0))
    running: dict[Future, _Thing] = {}
    with ThreadPoolExecutor(room.jobs) as pool:
        while left or running:
            for thing in [*left]:
                if room.holds(thing, [*running.values()]):
                    left.remove(thing)
                    running[pool.submit(work, thing)] = thing
                    if len(running) > 1:
                        accompanied.update(running.values())
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                del running[future]
                future.result()
    return [thing for thing in things if thing in accompanied]
