"""Rows of a table of memory: what each cell of a subject takes, phase by phase."""

import functools
import gc
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from .fake.stage import FakeStage
from .predict import peaks_on
from .rehearsal.cells import rehearse_cell
from .rehearsal.subject import BANK, TEACHER, Cell, Subject

Row = dict[str, Any]
"""A row as files have it: ``method``, ``num_teachers``, ``phase``, and figures in bytes."""


def predicted_rows(
    subject: Subject,
    cells: Sequence[Cell],
    folder: Path,
    jobs: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Row]:
    """A row for each phase of each cell, in the order of the cells.

    Args:
        subject: What is rehearsed.
        cells: What of it, see :meth:`.subject.Subject.cells`.
        folder: For clips, configs and banks; empty.
        jobs: Processes side by side.
        progress: Called with cells done and cells in all.

    Raises:
        ConfigError: a cell cannot be rehearsed.
    """
    return rows_by(predict_cell, subject, cells, folder, jobs, progress)


def rows_by(
    work: Callable[[Subject, Cell, Path], list[Row]],
    subject: Subject,
    cells: Sequence[Cell],
    folder: Path,
    jobs: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Row]:
    """The rows that a function gives of each cell, see :func:`predicted_rows`."""
    found: dict[Cell, list[Row]] = {}
    # Methods read the banks that are filled before.
    banks = [cell for cell in cells if cell.method == BANK]
    others = [cell for cell in cells if cell.method != BANK]
    with ProcessPoolExecutor(jobs, get_context('spawn'), _begin) as workers:
        for part in (banks, others):
            # The longest first, so that nobody waits for it alone in the end.
            by_work = sorted(part, key=lambda cell: -cell.num_teachers)
            running: dict[Future[list[Row]], Cell] = {
                workers.submit(work, subject, cell, folder): cell for cell in by_work
            }
            try:
                for future in as_completed(running):
                    found[running[future]] = future.result()
                    progress(len(found), len(cells))
            except BaseException:
                workers.shutdown(wait=False, cancel_futures=True)
                raise
    return [row for cell in cells for row in found[cell]]


def predict_cell(subject: Subject, cell: Cell, folder: Path) -> list[Row]:
    """The rows of a cell, see :func:`.cells.rehearse_cell`."""
    stage = _stage(subject.device)
    rehearse_cell(subject, cell, folder, stage)
    peaks = peaks_on(stage, subject.device)
    return [
        row_of(subject, cell, phase)
        | dict(predicted=True, status='done', process_peak_bytes=None, **asdict(peak))
        for phase, peak in peaks.items()
    ]


def row_of(subject: Subject, cell: Cell, phase: str) -> Row:
    """What a row says beside its figures."""
    row = dict(method=cell.method, num_teachers=cell.num_teachers, phase=phase)
    if cell.method in (TEACHER, BANK):
        row['teacher'] = Path(subject.pool[cell.kind]).stem
    return row


@functools.cache
def _stage(device: str) -> FakeStage:
    return FakeStage(device)


def _begin() -> None:
    import torch
    from mmaction.utils import register_all_modules

    torch.set_num_threads(1)
    register_all_modules(init_default_scope=True)
    # What is imported stays, and need not be looked at by whoever collects garbage.
    gc.collect()
    gc.freeze()
