"""Traces of allocations, and what an allocator makes of them: the model, or torch's own.

    python -m tests.measure.memory.traces SEED

prints torch's own outcome on this machine's GPU, in a process that has allocated nothing else, and
the addresses of the segments that it took; ``PYTORCH_ALLOC_CONF`` sets how its allocator works.
"""

import json
import random
import sys
from collections.abc import Iterator

MIB = 1024**2
EVENTS = 3000


def random_trace(seed: int, count: int = EVENTS) -> Iterator[tuple[int, int]]:
    """A trace of 32 bytes to 64 MiB whose sizes come back, as those of a training's steps do."""
    # Only `random()`, which draws the same numbers in every version of Python.
    draw = random.Random(seed).random
    sizes = [int(2 ** (5 + 21 * draw())) for _ in range((8, 30, 80)[seed % 3])]
    many = (10, 40, 160)[seed // 3 % 3]
    live = []
    block = 0
    for _ in range(count):
        if live and draw() < 0.5 * len(live) / many:
            yield live.pop(int(draw() * len(live))), 0
            continue
        known = draw() < 0.7
        yield block, sizes[int(draw() * len(sizes))] if known else int(2 ** (5 + 21 * draw()))
        live.append(block)
        block += 1


def figures(allocator):
    """Allocated and reserved bytes of the model, and their peaks."""
    return (
        allocator.allocated_bytes,
        allocator.reserved_bytes,
        allocator.allocated_peak_bytes,
        allocator.reserved_peak_bytes,
    )


def outcome(allocate, free, read, trace, error):
    """Replays a trace, and goes on after requests that fail.

    Returns:
        The peaks of allocated and reserved bytes, the sums of both over all events, and the
        number of requests that failed.
    """
    failed = set()
    sums = [0, 0]
    for block, size in trace:
        if size:
            try:
                allocate(block, size)
            except error:
                failed.add(block)
        elif block not in failed:
            free(block)
        allocated, reserved, *peaks = read()
        sums[0] += allocated
        sums[1] += reserved
    return (*peaks, *sums, len(failed))


def torch_outcome(trace):
    """What the allocator of torch makes of a trace on this machine's GPU, and where it lay."""
    import torch

    torch.cuda.init()
    torch.cuda.memory._record_memory_history(context=None, max_entries=100 * EVENTS)
    addresses = {}

    def allocate(block, size):
        addresses[block] = torch.cuda.caching_allocator_alloc(size)

    def free(block):
        torch.cuda.caching_allocator_delete(addresses.pop(block))

    def torch_figures():
        return (
            torch.cuda.memory_allocated(),
            torch.cuda.memory_reserved(),
            torch.cuda.max_memory_allocated(),
            torch.cuda.max_memory_reserved(),
        )

    made = outcome(allocate, free, torch_figures, trace, torch.OutOfMemoryError)
    (events,) = torch.cuda.memory._snapshot()['device_traces'][:1]
    return made, [event['addr'] for event in events if event['action'] == 'segment_alloc']


if __name__ == '__main__':
    print(json.dumps(torch_outcome(random_trace(int(sys.argv[1])))))
