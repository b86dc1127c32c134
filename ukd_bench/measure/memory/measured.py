"""Rows of a table of memory as the device at hand has them: a fresh process a cell."""

import os
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from signal import SIGKILL
from typing import Any

from ...errors import UkdBenchError, one_line
from ...methods.table import METHOD_TABLE
from .phases import Peaks
from .rehearsal.subject import BANK, Cell, Subject
from .room import Room, each_in
from .table import Row, row_of

DONE, OUT_OF_MEMORY, FAILED = 'done', 'oom', 'failed'
ALONE = Room()
"""One cell after another."""
_NO_FIGURES = dict.fromkeys(('allocated_peak_bytes', 'reserved_peak_bytes', 'process_peak_bytes'))


@dataclass
class Outcome:
    """How a cell went in a process of its own.

    Attributes:
        status: ``done``, ``oom`` or ``failed``.
        peaks: Figures of the phases that ended.
        start_bytes: What the process had beside tensors, see :class:`.real.stage.RealStage`.
        error: What went wrong, in one line; None where nothing did.
    """

    status: str
    peaks: Peaks = field(default_factory=dict)
    start_bytes: int | None = None
    error: str | None = None


def measured_rows(
    subject: Subject,
    cells: Sequence[Cell],
    folder: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
    room: Room = ALONE,
) -> list[Row]:
    """A row for each phase of each cell, in the order of the cells.

    A row has, beside what all rows have, ``process_start_bytes``, what the process had beside its
    tensors, and ``error``. A cell that fails, or dies for want of memory, has rows without
    figures, and the others go on. One that came to no end beside others is carried out again alone:
    libraries that find no memory fail in many ways.

    Args:
        subject: What is rehearsed; its device is the one at hand.
        cells: What of it, see :meth:`.subject.Subject.cells`.
        folder: For clips, configs, checkpoints and banks; empty.
        progress: Called with cells done and cells in all.
        room: How many cells at once, and with how much memory for all.

    Raises:
        ConfigError: teachers' files cannot be made.
    """
    prepare(subject, cells, folder)
    found: dict[Cell, Outcome] = {}

    def carry_out(cell: Cell) -> None:
        found[cell] = carried_out(subject, cell, folder)
        progress(len(found), len(cells))

    for cell in each_in(room, cells, carry_out):
        if found[cell].status != DONE:
            carry_out(cell)
    return [row for cell in cells for row in _rows(subject, cell, found[cell])]


def prepare(subject: Subject, cells: Sequence[Cell], folder: Path) -> None:
    """Makes the teachers' files and banks that cells read, in a process of its own.

    Banks are filled on fake tensors, which write scores of the right number.

    Raises:
        ConfigError: they cannot be made.
    """
    read = {row.reads for row in map(METHOD_TABLE.get, _methods(cells)) if row is not None}
    if read & {'banks', 'checkpoints'}:
        outcome = _in_fresh_process(_prepare, subject, folder, 'banks' in read)
        if outcome.status != DONE:
            raise UkdBenchError(f'the teachers cannot be made ready: {outcome.error}')


def carried_out(
    subject: Subject, cell: Cell, folder: Path, cap_bytes: int | None = None
) -> Outcome:
    """How a cell goes in a fresh process.

    Args:
        subject: See :func:`measured_rows`.
        cell: What of it.
        folder: As :func:`prepare` left it.
        cap_bytes: Memory that the cell's phases may take, see :mod:`.real.capped`; None for no cap.
    """
    return _in_fresh_process(_carry_out, subject, cell, folder, cap_bytes)


def _methods(cells: Sequence[Cell]) -> set[str]:
    return {cell.method for cell in cells}


def _rows(subject: Subject, cell: Cell, outcome: Outcome) -> list[Row]:
    phases: tuple[str, ...] = ('fill',) if cell.method == BANK else ('train', 'eval')
    if outcome.status == DONE:
        # A config may have no test.
        phases = tuple(outcome.peaks)
    rows = []
    for phase in phases:
        ended = phase in outcome.peaks
        rows.append(
            row_of(subject, cell, phase)
            | dict(predicted=False, status=DONE if ended else outcome.status)
            | (outcome.peaks[phase] if ended else _NO_FIGURES)
            | dict(workspace_bound_bytes=None, breakdown=None)
            | dict(process_start_bytes=outcome.start_bytes)
            | dict(error=None if ended else outcome.error)
        )
    return rows


def _in_fresh_process(work: Callable[..., Outcome], *arguments: Any) -> Outcome:
    context = get_context('spawn')
    mine, its = context.Pipe(duplex=False)
    process = context.Process(target=_begin, args=(its, work, arguments))
    process.start()
    its.close()
    try:
        outcome: Outcome = mine.recv()
    except EOFError:
        outcome = Outcome(FAILED)
    process.join()
    if outcome.error is None and process.exitcode:
        # What kills without being asked to is the system, when memory is short.
        killed = process.exitcode == -SIGKILL
        outcome.status = OUT_OF_MEMORY if killed else FAILED
        outcome.error = f'its process ended with exit code {process.exitcode}'
    return outcome


def _begin(connection: Connection, work: Callable[..., Outcome], arguments: tuple) -> None:
    # Torch's profiler tells where there is no GPU; what mmcv-lite lacks, nothing here needs.
    os.environ.setdefault('KINETO_LOG_LEVEL', '5')
    warnings.filterwarnings('ignore', 'Fail to import ``MultiScaleDeformableAttention``')
    connection.send(work(*arguments))


def _set_up() -> None:
    import torch
    from mmaction.utils import register_all_modules

    torch.set_num_threads(1)
    register_all_modules(init_default_scope=True)


def _prepare(subject: Subject, folder: Path, banks: bool) -> Outcome:
    from .fake.stage import FakeStage
    from .rehearsal.stand_in import make_stand_in
    from .rehearsal.teachers import Teachers
    from .rehearsal.training import train_set

    # Nothing here needs a GPU, and cells are measured with nobody else on it.
    os.environ['CUDA_VISIBLE_DEVICES'] = ''
    _set_up()
    clips = make_stand_in(folder / 'clips', subject.clip)
    teachers = Teachers(folder / 'teachers', subject.kinds)
    real, fake = _real_stage(subject), FakeStage(subject.device)
    try:
        dataset = train_set(subject.student_config(), clips)
        for kind in range(len(subject.kinds)):
            teachers.write(kind, real)
            if banks:
                teachers.fill(kind, fake, dataset)
    except UkdBenchError as error:
        return Outcome(FAILED, error=one_line(error))
    return Outcome(DONE)


def _carry_out(subject: Subject, cell: Cell, folder: Path, cap_bytes: int | None) -> Outcome:
    from .rehearsal.cells import rehearse_cell
    from .shortage import out_of_memory

    _set_up()
    stage = _real_stage(subject, cap_bytes)
    if cell.method == BANK:
        # The banks that methods read are there already, and would not be filled again.
        folder = folder / 'fills' / str(cell.kind)
    status, error = DONE, None
    try:
        rehearse_cell(subject, cell, folder, stage)
    # Whatever goes wrong is this cell's alone.
    except Exception as problem:
        status = OUT_OF_MEMORY if out_of_memory(problem) else FAILED
        error = one_line(problem)
        if not isinstance(problem, (UkdBenchError, MemoryError)):
            traceback.print_exc()
    return Outcome(status, stage.peaks, stage.start_bytes, error)


def _real_stage(subject: Subject, cap_bytes: int | None = None) -> Any:
    import torch

    from .real.capped import CappedStage
    from .real.stage import RealStage

    device = torch.device(subject.device)
    return RealStage(device) if cap_bytes is None else CappedStage(device, cap_bytes)
