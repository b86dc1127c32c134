"""Whether predictions hold: cells carried out under a cap on memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from .boundary import Boundary
from .budget import MethodAnswer, Question, room_bytes
from .measured import DONE, OUT_OF_MEMORY, Outcome, carried_out, prepare
from .rehearsal.subject import Cell, Subject


def checked(subject: Subject, cell: Cell, cap_bytes: int, folder: Path) -> Outcome:
    """How a cell goes in a fresh process that may take no more than a cap.

    Running out of memory is the failure that counts, ``oom``. See :class:`.real.capped.CappedStage`
    for what the cap is of on each device.

    Args:
        subject: What is rehearsed; its device is the one at hand.
        cell: What of it.
        cap_bytes: An estimate of the phase that takes most, allocated on the CPU and reserved on
            CUDA; or the memory that there is.
        folder: For clips, configs, checkpoints and banks; empty.

    Raises:
        UkdBenchError: teachers' files cannot be made.
    """
    prepare(subject, [cell], folder)
    return carried_out(subject, cell, folder, cap_bytes)


@dataclass(frozen=True)
class Side:
    """One side of a boundary: the largest number that fits some memory, or the next.

    Attributes:
        cell: What is carried out.
        batch_size: Clips a step.
        need_bytes: What it was predicted to take.
        room_bytes: The memory that there is.
    """

    cell: Cell
    batch_size: int
    need_bytes: int
    room_bytes: int

    @property
    def excess_bytes(self) -> int:
        """What it was predicted to take beyond the memory that there is; negative where it fits."""
        return self.need_bytes - self.room_bytes

    def as_predicted(self, outcome: Outcome, allowance: int) -> bool | None:
        """Whether it went as predicted, or None where it may go either way.

        Args:
            outcome: How it went.
            allowance: Bytes that it may have taken beside: an excess within them decides nothing.
        """
        if outcome.status == OUT_OF_MEMORY:
            return self.excess_bytes > 0
        if outcome.status != DONE:
            return False
        return True if self.excess_bytes <= 0 else None if self.excess_bytes <= allowance else False


def sides(answer: MethodAnswer, question: Question, device: str) -> Iterator[Side]:
    """Both sides of each boundary of an answer, as far as it has both."""
    for one in answer.answers:
        room = room_bytes(one.size, device)
        for value, need in _both(one.teachers):
            yield Side(Cell(answer.method, value), question.batch_size, need, room)
        for value, need in _both(one.batch):
            yield Side(Cell(answer.method, answer.num_teachers), value, need, room)


def check_sides(
    subject: Subject,
    asked: list[Side],
    folder: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Outcome]:
    """How sides go that may take no more memory than there is, see :func:`checked`."""
    outcomes = []
    for number, side in enumerate(asked, start=1):
        sized = replace(subject, batch_size=side.batch_size)
        outcomes.append(checked(sized, side.cell, side.room_bytes, folder / str(number)))
        progress(number, len(asked))
    return outcomes


def _both(found: Boundary | None) -> Iterator[tuple[int, int]]:
    if found is not None and found.at is not None and found.beyond is not None:
        yield found.value, found.at.peak_bytes
        yield found.value + 1, found.beyond.peak_bytes
