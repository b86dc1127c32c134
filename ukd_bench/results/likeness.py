"""How near students are to their teachers on the test clips, beside those that had none."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..methods.table import FLOOR
from .runs import Cell, Run, Sweep
from .scores import load_scores
from .statistics import Estimate, mean_interval

_LEAST = 1e-12
"""Probabilities count as at least this, so that one clip cannot make a mean infinite."""


@dataclass(frozen=True)
class Likeness:
    """Divergences from the mean of a cell's teachers, in nats, over seeds.

    Attributes:
        student: Divergence of the students.
        plain: Divergence of plain students of the same backbone, seed, split and schedule.
        difference: The first less the second, paired.
    """

    student: Estimate | None
    plain: Estimate | None
    difference: Estimate | None


def likeness(cell: Cell, sweep: Sweep) -> Likeness | None:
    """Compares the students of a cell with those that never met its teachers.

    Args:
        cell: Runs of one method.
        sweep: The sweep that has them.

    Returns:
        None where the cell has no teachers, or the sweep no plain students beside it.
    """
    beside = (cell.student, cell.split, cell.epochs, cell.setting, cell.data)
    plain = {
        run.seed: run
        for run in sweep.done_by_method.get(FLOOR, [])
        if cell.regime in run.regimes
        and (run.student, run.split, run.epochs, run.setting, run.data) == beside
    }
    pairs = []
    for run in cell.runs:
        if run.seed in plain:
            teachers = [one for one in sweep.lineage(run) or [] if one.method == 'teacher']
            own, other = (divergence_from(teachers, one) for one in (run, plain[run.seed]))
            if own is not None and other is not None:
                pairs.append((own, other))
    if not pairs:
        return None
    return Likeness(
        mean_interval([own for own, _ in pairs]),
        mean_interval([other for _, other in pairs]),
        mean_interval([own - other for own, other in pairs]),
    )


def divergence_from(teachers: Sequence[Run], student: Run) -> float | None:
    """Mean over the test clips of KL(mean of the teachers' probabilities ‖ the student's), in nats.

    None where there are no teachers, or some scores are absent or of other clips.
    """
    own, taught = load_scores(student), [load_scores(teacher) for teacher in teachers]
    if own is None or not taught:
        return None
    probabilities = []
    for scores in taught:
        if scores is None or not np.array_equal(scores.samples, own.samples):
            return None
        if scores.scores.shape != own.scores.shape:
            return None
        probabilities.append(scores.scores)
    target_NC = np.maximum(np.mean(probabilities, axis=0, dtype=np.float64), _LEAST)
    student_NC = np.maximum(own.scores.astype(np.float64), _LEAST)
    return float((target_NC * np.log(target_NC / student_NC)).sum(axis=1).mean())
