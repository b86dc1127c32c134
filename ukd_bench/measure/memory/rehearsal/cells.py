"""Rehearses one cell of a table of memory."""

from pathlib import Path

from .stage import Stage
from .stand_in import make_stand_in
from .subject import BANK, TEACHER, Cell, Subject
from .teachers import Teachers
from .training import rehearse_training, train_set


def rehearse_cell(subject: Subject, cell: Cell, folder: Path, stage: Stage) -> None:
    """Does on a stage what a cell stands for.

    Args:
        subject: What is rehearsed.
        cell: What of it. The cell of a bank makes the teacher's files too, and the bank, so it
            comes before all cells of methods with teachers.
        folder: For clips, configs and banks, shared by all cells of a subject.
        stage: Where it is done; has the phases afterwards.

    Raises:
        ConfigError: the config cannot be used, or not be rehearsed.
    """
    clips = make_stand_in(folder / 'clips', subject.clip)
    teachers = Teachers(folder / 'teachers', subject.kinds)
    if cell.method == BANK:
        teachers.prepare(cell.kind, stage, train_set(subject.student_config(), clips))
        return
    pool = [] if cell.method == TEACHER else teachers.pool(cell.num_teachers)
    rehearse_training(subject.config(cell, pool), stage, clips, folder)
