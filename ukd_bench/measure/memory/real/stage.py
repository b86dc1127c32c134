"""The stage on which rehearsals take real memory, which is measured."""

import contextlib
import copy
import os
import warnings
from collections.abc import Iterator
from typing import Any

import mmengine.runner.runner as mmengine_runner
import torch
from mmaction.registry import MODELS
from mmengine.model import revert_sync_batchnorm
from torch import nn

from ....distill import MutualHook
from ....records.nvidia import ask_driver
from ..phases import Peaks, PhaseMemory, resident_bytes
from ..rehearsal.stage import build_peer, replaced
from .account import BEGIN, END, HostAccount


class RealStage:
    """A stage on which networks are as on any device, but for weights that are not loaded.

    Networks keep the random weights that they are built with, so that nothing is downloaded.

    On the CPU ``allocated`` is the allocator's own account, see :class:`.account.HostAccount`, and
    ``process`` the peak resident set of the phase. On CUDA ``allocated`` and ``reserved`` are the
    caching allocator's, and ``process`` is NVML's figure at the end of the phase, where nothing
    that is reserved has been given back yet.

    Args:
        device: The device at hand.

    Attributes:
        peaks: Figures of the phases that have ended.
        start_bytes: What the process had beside tensors when the first phase began (on CUDA, on
            the device before the first network); None where it is not known.
    """

    needs_weights = True

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.peaks: Peaks = {}
        self.start_bytes: int | None = None
        self._memory = PhaseMemory(device)
        self._account: HostAccount | None = None
        self._running: str | None = None

    @property
    def on_cuda(self) -> bool:
        """Whether the device is a GPU."""
        return self.device.type == 'cuda'

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """A block in which networks are on the stage; ``peaks`` has its figures afterwards."""
        self._memory, self._account = PhaseMemory(self.device), None
        with contextlib.ExitStack() as stack:
            stack.enter_context(warnings.catch_warnings())
            warnings.simplefilter('ignore')
            stack.enter_context(replaced(self._replacements()))
            stack.callback(self._note_peaks)
            if self.on_cuda:
                # The context is made with the first tensor.
                torch.zeros(1, device=self.device)
                torch.cuda.synchronize(self.device)
            else:
                self._account = self._new_account()
                if self._account is not None:
                    stack.enter_context(self._account)
            self.start_bytes = self._device_bytes()
            yield

    def build(self, model: dict[str, Any]) -> nn.Module:
        """A network on the host with random weights."""
        network: Any = revert_sync_batchnorm(MODELS.build(copy.deepcopy(model)))
        network.init_weights = _nothing
        return network

    def begin(self, phase: str, network: nn.Module | None = None) -> None:
        """Ends the phase that runs, if any, and begins another."""
        self.end()
        self._memory.begin(phase)
        # The allocator gives the account here; tensors need not be counted.
        self._memory.watch(False)
        self._running = phase
        if self.start_bytes is None:
            self.start_bytes = self.beside_tensors()
        if self._account is not None:
            self._account.mark(f'{BEGIN}{phase}')

    def end(self) -> None:
        """Ends the phase that runs."""
        phase, self._running = self._running, None
        if phase is None:
            return
        if self._account is not None:
            self._account.mark(f'{END}{phase}')
        self._memory.end()
        if self.on_cuda:
            self._memory.peaks[phase]['process_peak_bytes'] = self._device_bytes()

    def beside_tensors(self, figure: str = 'VmRSS') -> int | None:
        """What a process on the CPU has beside its tensors, where a phase has just begun.

        Args:
            figure: Of the process's status: its resident set, or another.
        """
        whole = None if self.on_cuda else resident_bytes(figure)
        if whole is None or self._running is None:
            return None
        tensors = self._memory.so_far()[self._running]['allocated_peak_bytes'] or 0
        return whole - tensors

    def _new_account(self) -> HostAccount | None:
        return HostAccount()

    def _note_peaks(self) -> None:
        self.peaks = self._memory.peaks
        if not self.on_cuda:
            told = {} if self._account is None else self._account.peaks()
            for phase, figures in self.peaks.items():
                figures['allocated_peak_bytes'] = told.get(phase)

    def _device_bytes(self) -> int | None:
        return device_process_bytes(os.getpid()) if self.on_cuda else None

    def _replacements(self) -> Iterator[tuple[Any, str, Any]]:
        """What is done otherwise: initial weights, and the device."""
        yield MutualHook, '_build_peer', lambda hook, runner, number: build_peer(self, runner)
        yield mmengine_runner, 'get_device', lambda: str(self.device)


def device_process_bytes(process: int) -> int | None:
    """What a process has taken of all GPUs, context included, as the driver tells another process.

    None where there is no such driver, or it knows the process by another number, as it may in a
    container.
    """
    rows = ask_driver('--query-compute-apps=pid,used_memory') or []
    with contextlib.suppress(ValueError):
        return sum(int(used) * 2**20 for number, used in rows if int(number) == process) or None
    return None


def _nothing(*_: Any, **__: Any) -> None:
    return None
