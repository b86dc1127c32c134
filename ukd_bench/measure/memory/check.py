"""Whether an estimate is enough: cells once more, each under a cap of that size."""

from collections.abc import Callable, Sequence
from pathlib import Path

from .measured import FAILED, OUT_OF_MEMORY, Outcome, carried_out, prepare
from .rehearsal.subject import Cell, Subject
from .table import FIGURES, Row, row_of

_MIB = 2**20
_WIDTHS = (21, 4, 6, 14, 12)
_VERDICTS = {'done': 'enough', OUT_OF_MEMORY: 'too little'}


def check(
    subject: Subject,
    cells: Sequence[Cell],
    predicted: Sequence[Row],
    folder: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Row]:
    """A row for each cell: how it goes with no more memory than was predicted.

    Its ``cap_bytes`` is the estimate, of the ``phase`` that takes most; ``status`` is ``done`` if
    it was enough, ``oom`` if it was not, and ``failed`` if there is none or something else went
    wrong, as ``error`` says.

    Args:
        subject: What is rehearsed; its device is the one at hand.
        cells: What of it.
        predicted: Rows of these cells, see :func:`.table.predicted_rows`.
        folder: For clips, configs, checkpoints and banks; empty.
        progress: Called with cells done and cells in all.

    Raises:
        UkdBenchError: teachers' files cannot be made.
    """
    prepare(subject, cells, folder)
    rows = []
    for number, cell in enumerate(cells, start=1):
        mine = [row for row in predicted if _is_of(subject, cell, row)]
        estimates = {row['phase']: _estimate(row) for row in mine}
        known = {phase: size for phase, size in estimates.items() if size is not None}
        phase = max(known, key=lambda name: known[name], default='train')
        if known:
            outcome = carried_out(subject, cell, folder, known[phase])
        else:
            reasons = (row['error'] for row in mine)
            outcome = Outcome(FAILED, error=next(filter(None, reasons), 'nothing was predicted'))
        told = dict(predicted=False, status=outcome.status, error=outcome.error)
        figures = dict.fromkeys(FIGURES) | dict(cap_bytes=known.get(phase))
        rows.append(row_of(subject, cell, phase) | told | figures)
        progress(number, len(cells))
    return rows


def checked(subject: Subject, cell: Cell, estimate_bytes: int, folder: Path) -> Outcome:
    """How a cell goes in a fresh process that may take no more than its estimate.

    Running out of memory is the failure that counts, ``oom``. See :class:`.real.capped.CappedStage`
    for what the cap is of on each device.

    Args:
        subject: What is rehearsed; its device is the one at hand.
        cell: What of it.
        estimate_bytes: Of the phase that takes most: allocated on the CPU, reserved on CUDA.
        folder: For clips, configs, checkpoints and banks; empty, or of the same subject.

    Raises:
        UkdBenchError: teachers' files cannot be made.
    """
    prepare(subject, [cell], folder)
    return carried_out(subject, cell, folder, estimate_bytes)


def check_text(rows: Sequence[Row]) -> str:
    """A table of 80 columns of the rows of :func:`check`, for a person."""
    lines = [_line(('method', 'K', 'phase', 'estimate MiB', 'it was'))]
    for row in rows:
        size = '-' if row['cap_bytes'] is None else f'{row["cap_bytes"] / _MIB:.1f}'
        verdict = _VERDICTS.get(row['status'], row['status'])
        lines.append(
            _line((row['method'], str(row['num_teachers'] or '-'), row['phase'], size, verdict))
        )
    return '\n'.join(lines)


def _line(cells: Sequence[str]) -> str:
    name, *others = (
        f'{cell:{"<" if number == 0 else ">"}{width}}'
        for number, (cell, width) in enumerate(zip(cells, _WIDTHS, strict=True))
    )
    return name + ''.join(others)


def _is_of(subject: Subject, cell: Cell, row: Row) -> bool:
    named = row_of(subject, cell, row['phase'])
    return all(row.get(key) == value for key, value in named.items())


def _estimate(row: Row) -> int | None:
    """What a device must hand out: what is reserved; on the CPU, what is allocated."""
    reserved: int | None = row['reserved_peak_bytes']
    allocated: int | None = row['allocated_peak_bytes']
    return allocated if reserved is None else reserved
