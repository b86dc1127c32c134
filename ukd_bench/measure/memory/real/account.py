"""The CPU allocator's own account of a rehearsal."""

import gc
from collections.abc import Iterator
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile, record_function

BEGIN, END = 'ukd_bench begins ', 'ukd_bench ends '
_MEMORY = '[memory]'


class HostAccount:
    """What torch's allocator hands out on the CPU and takes back, as its profiler hears of it.

    The allocator reports each time memory is taken or returned, scratch memory within operators
    included. The account begins where it is entered, so that must be before networks are built.
    """

    def __enter__(self) -> 'HostAccount':
        # What an earlier account saw taken would be given back in this one.
        gc.collect()
        self._profile = profile(activities=[ProfilerActivity.CPU], profile_memory=True)
        self._profile.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._profile.__exit__(None, None, None)

    def mark(self, name: str) -> None:
        """Notes a moment: :data:`BEGIN` or :data:`END` and the name of a phase."""
        with record_function(name):
            pass

    def peaks(self) -> dict[str, int]:
        """Peak bytes by phase that has ended, once the account is closed."""
        return peaks_by_phase(self._events())

    def _events(self) -> Iterator[tuple[str, int]]:
        profiler = self._profile.profiler
        assert profiler is not None and profiler.kineto_results is not None
        # Torch's stubs leave out what an event knows of memory.
        events: list[Any] = profiler.kineto_results.events()
        for event in sorted(events, key=lambda event: event.start_ns()):
            name = event.name()
            if name == _MEMORY and event.device_type() == torch.autograd.DeviceType.CPU:
                yield '', event.nbytes()
            elif name.startswith((BEGIN, END)):
                yield name, 0


def peaks_by_phase(events: Iterator[tuple[str, int]]) -> dict[str, int]:
    """Peak bytes by phase that begins and ends.

    Args:
        events: In order: a mark and 0; or an empty string, and the bytes that are taken or, if
            negative, given back.
    """
    peaks: dict[str, int] = {}
    running, level, peak = '', 0, 0
    for mark, size in events:
        level += size
        peak = max(peak, level)
        if mark.startswith(BEGIN):
            running, peak = mark.removeprefix(BEGIN), level
        elif mark.startswith(END) and running:
            peaks[running] = max(peak, peaks.get(running, 0))
            running = ''
    return peaks
