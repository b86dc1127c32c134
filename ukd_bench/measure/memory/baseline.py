"""What torch's own memory tracker says of the same rehearsals: the baseline to beat."""

import contextlib
import functools
from collections.abc import Callable, Hashable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensor
from torch.distributed._tools.mem_tracker import MemTracker

from ...errors import UkdBenchError, one_line
from .fake.ledger import DEVICE
from .fake.stage import FakeStage
from .rehearsal.cells import rehearse_cell
from .rehearsal.subject import Cell, Subject
from .table import Row, row_of, rows_by

_TOTAL = 'Total'


def tracker_rows(
    subject: Subject,
    cells: Sequence[Cell],
    folder: Path,
    jobs: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Row]:
    """Rows with ``mem_tracker_peak_bytes`` for the cells, see :func:`.table.predicted_rows`.

    A cell that the tracker cannot follow has one row, whose phase is None and whose ``error`` says
    why.
    """
    return rows_by(track_cell, subject, cells, folder, jobs, progress)


def track_cell(subject: Subject, cell: Cell, folder: Path) -> list[Row]:
    """The rows of a cell, see :func:`tracker_rows`."""
    stage = _stage(subject.device)
    try:
        rehearse_cell(subject, cell, folder, stage)
    except UkdBenchError as error:
        row = row_of(subject, cell, '') | dict(phase=None, mem_tracker_peak_bytes=None)
        return [row | dict(error=one_line(error))]
    return [
        row_of(subject, cell, phase) | dict(mem_tracker_peak_bytes=peak, error=None)
        for phase, peak in stage.tracked.items()
    ]


@functools.cache
def _stage(device: str) -> 'TrackedStage':
    return TrackedStage(device)


class TrackedStage(FakeStage):
    """A stage without a device, on which torch's tracker listens too.

    Args:
        kind: See :class:`.fake.stage.FakeStage`.

    Attributes:
        tracked: Its peak bytes by phase since the stage was opened.
    """

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.tracked: dict[str, int] = {}
        self._tracker = _Tracker(kind)
        self._phase: str | None = None

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """A block in which networks are on the stage; a new account begins."""
        self.tracked, self._tracker, self._phase = {}, _Tracker(self.kind), None
        with super().open():
            try:
                yield
            finally:
                self._close()

    def begin(self, phase: str, network: nn.Module | None = None) -> None:
        """Ends the phase that runs, if any, and begins another."""
        super().begin(phase, network)
        self._phase = phase
        if network is not None:
            self._tracker.track_external(network)
        # Where it is entered, its peak is what it knows of by then.
        self._tracker.__enter__()

    def end(self) -> None:
        """Ends the phase that runs."""
        if self._phase is not None:
            peaks = self._tracker.get_tracker_snapshot('peak')
            self.tracked[self._phase] = peaks.get(DEVICE, {}).get(_TOTAL, 0)
        self._close()
        super().end()

    def _once(self, key: Hashable, call: Callable[[], Any]) -> Any:
        # It hears of nothing that is not carried out.
        return call()

    def _close(self) -> None:
        if self._phase is not None:
            self._phase = None
            self._tracker.__exit__(None, None, None)


class _Tracker(MemTracker):
    """Torch's tracker, for steps that repeat."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._counts_inputs = kind == 'cuda'

    def _pre_fw_hook(self, module: nn.Module, inputs: Any) -> None:
        try:
            super()._pre_fw_hook(module, inputs)
        except NotImplementedError:
            # It refuses a second step, unless it is told to forget the modules of the first.
            self.reset_mod_stats()
            super()._pre_fw_hook(module, inputs)

    def _update_peak_stats(self, peak_state: Any) -> None:
        # Only the whole peak is asked for. Peaks of modules take it minutes with several networks.
        for device, snapshot in self._curr_mem_snap.items():
            if self._peak_mem.get(device, 0) < snapshot[_TOTAL]:
                self._peak_mem[device] = snapshot[_TOTAL]
                self._peak_mem_snap[device] = dict(snapshot)

    def _track_module_params_and_buffers(
        self, module: nn.Module, install_grad_hooks: bool = True
    ) -> tuple[int, int]:
        # It fails on frozen networks, unless it is told not to wait for their gradients.
        trained = all(parameter.requires_grad for parameter in module.parameters())
        return super()._track_module_params_and_buffers(module, install_grad_hooks and trained)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        moved = func is torch.ops.aten._to_copy.default and not isinstance(args[0], FakeTensor)
        if moved and not self._counts_inputs:
            # On a CPU a batch is not copied.
            return func(*args, **(kwargs or {}))
        return super().__torch_dispatch__(func, types, args, kwargs)
