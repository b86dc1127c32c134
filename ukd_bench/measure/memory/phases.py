"""Peak memory by phase, on CUDA and on the CPU."""

import contextlib
import gc
import os
from collections.abc import Iterator
from pathlib import Path

import torch

from .live_tensors import LiveTensorTracker

Peaks = dict[str, dict[str, int | None]]
"""Bytes by phase and figure; None where a figure is unknown."""

_FIGURES = ('allocated_peak_bytes', 'reserved_peak_bytes', 'process_peak_bytes')
_PROCESS_STATUS = Path('/proc/self/status')
_RESET_PROCESS_PEAK = Path('/proc/self/clear_refs')
_PRELOADED = 'UKD_BENCH_PRELOADED_BYTES'


class PhaseMemory:
    """Peaks of the phases of one run, one phase at a time.

    On CUDA ``allocated`` and ``reserved`` are the caching allocator's; on the CPU ``allocated`` is
    the bytes of live tensors and ``reserved`` is not defined. ``process`` is the peak resident set
    of this process, without loader workers; see :func:`preloaded_bytes`.

    Args:
        device: Device of the run.

    Attributes:
        peaks: Figures of the phases that have ended.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.peaks: Peaks = {}
        self._phase: str | None = None
        self._tracker: LiveTensorTracker | None = None
        self._watching = False
        self._running = {'allocated': 0, 'reserved': 0}
        self._withheld: set[str] = set()

    @property
    def running(self) -> bool:
        """Whether a phase runs."""
        return self._phase is not None

    def begin(self, phase: str) -> None:
        """Ends the phase that runs, if any, and starts another, or goes on with an earlier one.

        The peaks of a phase in several parts are the largest of the parts.
        """
        self.end()
        self._phase = phase
        self._running = {'allocated': 0, 'reserved': 0}
        # Frees what an ended phase left in reference cycles, which is not this one's.
        gc.collect()
        _reset_process_peak()
        if self.device.type == 'cuda':
            torch.cuda.synchronize(self.device)
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats(self.device)
        else:
            self._tracker = LiveTensorTracker()
            self.watch(True)

    @property
    def watching(self) -> bool:
        """Whether live tensors are counted now, as in a phase on the CPU unless told not to."""
        return self._watching

    def watch(self, wanted: bool) -> None:
        """Has live tensors counted or not, for as long as the phase lasts or until the next call.

        Counting slows every operator down. What lives through a pause is counted after it. On CUDA
        the allocator counts always.
        """
        if self._tracker is None or wanted == self._watching:
            return
        self._watching = wanted
        if wanted:
            self._tracker.__enter__()
        else:
            self._tracker.__exit__(None, None, None)

    def update(self) -> None:
        """Folds the device's peaks into the phase's.

        MMEngine resets CUDA's peak statistics whenever it logs, so this is called at every step,
        before the logger.
        """
        if self._tracker is not None:
            self._running['allocated'] = self._tracker.peak_bytes
        elif self._phase is not None and self.device.type == 'cuda':
            figures = {
                'allocated': torch.cuda.max_memory_allocated(self.device),
                'reserved': torch.cuda.max_memory_reserved(self.device),
            }
            self._running = {name: max(self._running[name], figures[name]) for name in figures}

    def end(self) -> None:
        """Ends the phase that runs and notes its peaks."""
        if self._phase is None:
            return
        self.peaks = self.so_far()
        self.watch(False)
        self._tracker = None
        self._phase = None

    def so_far(self) -> Peaks:
        """The peaks as they would be if the phase that runs, if any, ended now."""
        if self._phase is None:
            return self.peaks
        if self._phase in self._withheld:
            return self.peaks | {self._phase: dict.fromkeys(_FIGURES)}
        self.update()
        peaks = (self._running['allocated'], self._running['reserved'], _process_peak())
        part = {figure: peak or None for figure, peak in zip(_FIGURES, peaks, strict=True)}
        return _largest(self.peaks, {self._phase: part})

    def include(self, earlier: Peaks) -> None:
        """Counts in the peaks of an earlier process, whose work this one goes on with."""
        self.peaks = _largest(earlier, self.peaks)
        for phase in self._withheld & self.peaks.keys():
            self.peaks[phase] = dict.fromkeys(_FIGURES)

    def withhold(self, phase: str) -> None:
        """Makes a phase's figures unknown, now and later, where they say nothing of the run."""
        self._withheld.add(phase)
        if phase in self.peaks:
            self.peaks = self.peaks | {phase: dict.fromkeys(_FIGURES)}

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Measures a block as one phase."""
        self.begin(name)
        try:
            yield
        finally:
            self.end()


def _largest(one: Peaks, other: Peaks) -> Peaks:
    """The larger of each figure, where either is known."""
    merged = dict(one)
    for phase, figures in other.items():
        before = one.get(phase, figures)
        merged[phase] = {
            figure: max(value, before[figure] or 0) if value else before[figure]
            for figure, value in figures.items()
        }
    return merged


def _reset_process_peak() -> None:
    # Writing 5 resets the peak resident set (see proc(5)); where that is not allowed the process
    # peak is the one since the process began.
    with contextlib.suppress(OSError):
        _RESET_PROCESS_PEAK.write_text('5')


def note_preloaded() -> None:
    """Notes in the environment what this process has resident now, for :func:`preloaded_bytes`."""
    os.environ[_PRELOADED] = str(resident_bytes('VmRSS') or '')


def preloaded_bytes() -> int | None:
    """Resident bytes that this process began with, where it was forked from one that had imported.

    They are part of its ``process`` figures, although it shares most of these pages with others.
    """
    noted = os.environ.get(_PRELOADED)
    return int(noted) if noted else None


def _process_peak() -> int | None:
    """Peak resident set in bytes; None where the system does not tell."""
    return resident_bytes('VmHWM')


def resident_bytes(figure: str = 'VmRSS') -> int | None:
    """A figure of this process's status, its resident set now; None if the system tells none."""
    with contextlib.suppress(OSError):
        for line in _PROCESS_STATUS.read_text().splitlines():
            if line.startswith(f'{figure}:'):
                return int(line.split()[1]) * 1024
    return None
