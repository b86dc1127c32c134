"""Whether an estimate is enough: a cell once more, under a cap of that size."""

from pathlib import Path

from .measured import Outcome, carried_out, prepare
from .rehearsal.subject import Cell, Subject


def checked(subject: Subject, cell: Cell, estimate_bytes: int, folder: Path) -> Outcome:
    """How a cell goes in a fresh process that may take no more than its estimate.

    Running out of memory is the failure that counts, ``oom``. See :class:`.real.capped.CappedStage`
    for what the cap is of on each device.

    Args:
        subject: What is rehearsed; its device is the one at hand.
        cell: What of it.
        estimate_bytes: Of the phase that takes most: allocated on the CPU, reserved on CUDA.
        folder: For clips, configs, checkpoints and banks; empty.

    Raises:
        UkdBenchError: teachers' files cannot be made.
    """
    prepare(subject, [cell], folder)
    return carried_out(subject, cell, folder, estimate_bytes)
