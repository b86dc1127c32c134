"""The stage on which a process may take no more memory than it is told."""

import contextlib
import ctypes
import resource
from collections.abc import Iterator

import torch
from torch import nn

from .account import HostAccount
from .stage import RealStage

ALLOWANCE = 64 * 2**20
"""Bytes that a process on the CPU may take beside what the allocator hands out: Python's objects,
compiled kernels and the rests of pages. It is the same for all networks."""

_MMAP_THRESHOLD = -3
"""``M_MMAP_THRESHOLD`` of mallopt(3)."""
_MAPPED_FROM = 2**16


class CappedStage(RealStage):
    """A stage whose phases run under a cap on memory.

    On CUDA the caching allocator gets no more than the cap
    (``torch.cuda.set_per_process_memory_fraction``). On the CPU the process's data
    (``RLIMIT_DATA``) may be no more than the cap, :data:`ALLOWANCE`, and what it has beside its
    tensors when the first phase begins; whatever is freed goes back to the system at once.

    Args:
        device: The device at hand.
        cap_bytes: The cap.
    """

    def __init__(self, device: torch.device, cap_bytes: int) -> None:
        super().__init__(device)
        self.cap_bytes = cap_bytes

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """A block in which networks are on the stage; the cap ends with it."""
        with contextlib.ExitStack() as stack:
            if not self.on_cuda:
                _return_memory_when_freed()
                limits = resource.getrlimit(resource.RLIMIT_DATA)
                stack.callback(resource.setrlimit, resource.RLIMIT_DATA, limits)
            stack.enter_context(super().open())
            yield

    def begin(self, phase: str, network: nn.Module | None = None) -> None:
        """Ends the phase that runs, if any, and begins another, from the first on under the cap."""
        first = not self._memory.peaks
        super().begin(phase, network)
        if not first:
            return
        if self.on_cuda:
            whole = torch.cuda.get_device_properties(self.device).total_memory
            fraction = min(1.0, self.cap_bytes / whole)
            torch.cuda.set_per_process_memory_fraction(fraction, self.device)
        else:
            _, hard = resource.getrlimit(resource.RLIMIT_DATA)
            cap = (self.beside_tensors('VmData') or 0) + self.cap_bytes + ALLOWANCE
            resource.setrlimit(resource.RLIMIT_DATA, (cap, hard))

    def _new_account(self) -> HostAccount | None:
        # It would take memory itself.
        return None


def _return_memory_when_freed() -> None:
    # Else the C library keeps up to 32 MiB at a time for later, the more the longer it runs.
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _MAPPED_FROM)
