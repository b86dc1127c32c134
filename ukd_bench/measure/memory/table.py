"""Rows of a table of memory: what each cell of a subject takes, phase by phase.

What has to be imported for a rehearsal is imported where one is made, so that a process that only
hands cells to others has no torch.
"""

import functools
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, as_completed
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ConfigError
from ...methods.table import METHOD_TABLE
from .rehearsal.subject import BANK, TEACHER, Cell, Subject
from .workers import workers

if TYPE_CHECKING:
    from .fake.stage import FakeStage

Row = dict[str, Any]
"""A row as files have it: ``method``, ``num_teachers``, ``phase``, and figures in bytes."""
Work = Callable[[Subject, Cell, Path], list[Row]]
"""What is done with a cell of a subject, in a folder, for its rows."""
FAILED = 'failed'
FIGURES = (
    *('allocated_peak_bytes', 'reserved_peak_bytes', 'process_peak_bytes'),
    *('workspace_bound_bytes', 'breakdown'),
)
"""What a row knows of a phase; None where it does not."""


def predicted_rows(
    subject: Subject,
    cells: Sequence[Cell],
    folder: Path,
    jobs: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Row]:
    """A row for each phase of each cell, in the order of the cells.

    A cell that cannot be rehearsed has one row, of status ``failed``, without figures; ``error``
    says why in one line.

    Args:
        subject: What is rehearsed.
        cells: What of it, see :meth:`.subject.Subject.cells`.
        folder: For clips, configs and banks; empty.
        jobs: Processes side by side.
        progress: Called with cells done and cells in all.

    Raises:
        UkdBenchError: a process died.
    """
    return rows_by(predict_cell, subject, cells, folder, jobs, progress)


def rows_by(
    work: Work,
    subject: Subject,
    cells: Sequence[Cell],
    folder: Path,
    jobs: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Row]:
    """The rows that a function gives of each cell, see :func:`predicted_rows`."""
    found: dict[Cell, list[Row]] = {}
    lacking: str | None = None
    # Methods read what is made with the banks before.
    banks = [cell for cell in cells if cell.method == BANK]
    others = [cell for cell in cells if cell.method != BANK]
    with workers(jobs) as pool:
        for part in (banks, others):
            running: dict[Future[list[Row]], Cell] = {}
            # The longest first, so that nobody waits for it alone in the end.
            for cell in sorted(part, key=lambda cell: -cell.num_teachers):
                if lacking is not None and _reads_teachers(cell):
                    found[cell] = failed_rows(subject, cell, lacking)
                else:
                    running[pool.submit(tried, work, subject, cell, folder)] = cell
            for future in as_completed(running):
                found[running[future]] = future.result()
                progress(len(found), len(cells))
            rows = (row for cell in part for row in found[cell])
            lacking = next((row['error'] for row in rows if row.get('status') == FAILED), None)
    return [row for cell in cells for row in found[cell]]


def _reads_teachers(cell: Cell) -> bool:
    return cell.method in METHOD_TABLE and METHOD_TABLE[cell.method].reads is not None


def tried(work: Work, subject: Subject, cell: Cell, folder: Path) -> list[Row]:
    """The rows that a function gives of a cell, or one that says why there are none."""
    try:
        return work(subject, cell, folder)
    except ConfigError as error:
        return failed_rows(subject, cell, str(error))


def failed_rows(subject: Subject, cell: Cell, error: str) -> list[Row]:
    """The row of a cell without figures."""
    row = row_of(subject, cell, 'fill' if cell.method == BANK else 'train')
    return [row | dict.fromkeys(FIGURES) | dict(predicted=True, status=FAILED, error=error)]


def predict_cell(subject: Subject, cell: Cell, folder: Path) -> list[Row]:
    """The rows of a cell, see :func:`.cells.rehearse_cell`."""
    from .predict import peaks_on
    from .rehearsal.cells import rehearse_cell

    stage = _stage(subject.device, subject.libraries)
    rehearse_cell(subject, cell, folder, stage)
    peaks = peaks_on(stage, subject.device)
    return [
        row_of(subject, cell, phase)
        | dict(predicted=True, status='done', error=None, process_peak_bytes=None, **asdict(peak))
        for phase, peak in peaks.items()
    ]


def row_of(subject: Subject, cell: Cell, phase: str) -> Row:
    """What a row says beside its figures."""
    row = dict(method=cell.method, num_teachers=cell.num_teachers, phase=phase)
    if cell.method in (TEACHER, BANK):
        row['teacher'] = Path(subject.pool[cell.kind]).stem
    return row


def rows_of(subject: Subject, cell: Cell, rows: Iterable[Row]) -> list[Row]:
    """The rows of a cell, of all its phases, among some of a subject."""
    named = row_of(subject, cell, '')
    del named['phase']
    return [row for row in rows if named.items() <= row.items()]


@functools.cache
def _stage(device: str, libraries: str | None) -> 'FakeStage':
    from .fake.stage import FakeStage

    return FakeStage(device, libraries)
