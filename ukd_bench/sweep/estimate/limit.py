"""How much memory there is for a run, and which runs do not fit it."""

import contextlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...data.cache.estimate import size_in_words
from ...records.questions import ask
from ...sizes import CONTEXT_BYTES, MIB
from ..executors.devices import Devices

PROCESS_BYTES = 500 * MIB
"""Allowed for Python and its libraries on the CPU, which runs share: ``preloaded_bytes`` of the
published records is 460 MiB."""


_OF_CONTAINER = (
    Path('/sys/fs/cgroup/memory.max'),
    Path('/sys/fs/cgroup/memory/memory.limit_in_bytes'),
)
"""Where Linux says what a container may take, in its second version of that and in its first."""


@dataclass(frozen=True)
class MemoryLimit:
    """What a run may take.

    Attributes:
        size: Bytes; None where the device is not here and no size was given.
        whose: What has them, in words.
        beside: Bytes that a run takes beside its tensors.
    """

    size: int | None
    whose: str
    beside: int

    @property
    def what_is_beside(self) -> str:
        """What is allowed beside the tensors, in words."""
        what = 'the CUDA context' if self.beside == CONTEXT_BYTES else 'Python and its libraries'
        return f'{size_in_words(self.beside)} for {what}'


def memory_limit(devices: Devices, given: int | None) -> MemoryLimit:
    """What runs may take: a size that was given, else what the device has that is here."""
    beside = CONTEXT_BYTES if devices.kind == 'cuda' else PROCESS_BYTES
    if given is not None:
        return MemoryLimit(given, '--memory-limit', beside)
    if devices.kind == 'cpu':
        return MemoryLimit(_memory_here(), 'this machine', beside)
    if devices.name is None:
        return MemoryLimit(None, devices.asked, beside)
    return MemoryLimit(ask({'cuda_memory': devices.name})['cuda_memory'], devices.name, beside)


def _memory_here() -> int:
    """Bytes of the machine's memory, or of what of it the container may take."""
    found = [os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES')]
    for path in _OF_CONTAINER:
        # The word max stands where there is no limit.
        with contextlib.suppress(OSError, ValueError):
            found.append(int(path.read_text()))
    return min(found)


@dataclass(frozen=True)
class Needs:
    """What a kind of run needs.

    Attributes:
        what: What a person calls it.
        peak: Bytes of its predicted peak.
        workspace: Bytes that scratch memory may take beside it at most.
    """

    what: str
    peak: int
    workspace: int = 0


def too_large(needs: Sequence[Needs], limit: MemoryLimit) -> list[str]:
    """A line on each kind of run that cannot fit."""
    if limit.size is None:
        return []
    return [
        f'{one.what} cannot fit: its peak of {size_in_words(one.peak)} and {limit.what_is_beside} '
        f'are more than the {size_in_words(limit.size)} of {limit.whose}'
        for one in needs
        if one.peak + limit.beside > limit.size
    ]


def perhaps_too_large(
    needs: Sequence[Needs], limit: MemoryLimit, at_once: Mapping[str, int], jobs: int, kind: str
) -> list[str]:
    """A line on each kind of run that fits alone, and may not with what else there may be.

    That is scratch memory on a GPU, and the runs beside it: on the CPU, or on a GPU that is shared.

    Args:
        needs: The kinds of runs.
        limit: What there is.
        at_once: How many runs there are of each kind, by what it is called.
        jobs: Runs at once that share the memory, on CUDA those on one GPU.
        kind: ``cpu`` or ``cuda``.
    """
    if limit.size is None:
        return []
    fitting = [one for one in needs if one.peak + limit.beside <= limit.size]
    peaks = sorted((one.peak for one in fitting for _ in range(at_once[one.what])), reverse=True)
    largest = peaks[:jobs]
    if kind == 'cuda':
        lines = [
            f'{one.what} may not fit: scratch memory of at most {size_in_words(one.workspace)} '
            f'comes beside its peak of {size_in_words(one.peak)} and {limit.what_is_beside}, '
            f'and the limit is {size_in_words(limit.size)} ({limit.whose})'
            for one in fitting
            if one.peak + limit.beside + one.workspace > limit.size
        ]
        # Each process has a context of its own.
        if len(largest) > 1 and sum(largest) + len(largest) * limit.beside > limit.size:
            lines.append(
                f'the {len(largest)} largest runs may not fit a GPU at once: '
                f'{size_in_words(sum(largest))} and {limit.what_is_beside} of each are more than '
                f'the {size_in_words(limit.size)} of {limit.whose}; a smaller --runs-per-gpu has '
                'fewer share it'
            )
        return lines
    if sum(largest) + limit.beside <= limit.size:
        return []
    return [
        f'the {len(largest)} largest runs may not fit at once: {size_in_words(sum(largest))} and '
        f'{limit.what_is_beside} are more than the {size_in_words(limit.size)} of {limit.whose}; '
        'a smaller --jobs runs fewer'
    ]
