"""The budget question: how many teachers, what batch, and which card.

Every answer rests on two cells that were predicted, one that fits and the next, which does not. A
line through what is known says where to look, and nothing else.
"""

import contextlib
import functools
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, as_completed
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ...errors import ConfigError
from ...methods.table import METHOD_TABLE
from ...sizes import CARDS, CONTEXT_BYTES, GIB
from .boundary import Boundary, Need, find_boundary
from .rehearsal.subject import BANK, TEACHER, Cell, Subject
from .table import Row, predict_cell, tried
from .workers import workers

MOST_TEACHERS, MOST_BATCH = 64, 512
"""Larger numbers are not tried."""

Predict = Callable[[int, int], Need]
"""From K and the clips of a batch to what training and test of the student take."""


@dataclass(frozen=True)
class Question:
    """What is asked.

    Attributes:
        sizes: Bytes of each size of memory.
        num_teachers: K for the largest batch and for the smallest card.
        batch_size: Clips a step for the largest K and for the smallest card.
    """

    sizes: tuple[int, ...]
    num_teachers: int
    batch_size: int


@dataclass(frozen=True)
class Answer:
    """What fits a size of memory.

    Attributes:
        size: Bytes.
        teachers: The largest K; None for a method that has none.
        batch: The largest batch.
    """

    size: int
    teachers: Boundary | None
    batch: Boundary


@dataclass(frozen=True)
class MethodAnswer:
    """All that was found of one method.

    Attributes:
        method: Its name.
        num_teachers: K of the batch and of the card: the one that was asked for, the method's
            smallest if that is larger, or 0 where it has none.
        answers: One for each size.
        wanted: What it takes at that K and the batch that was asked for.
        num_cells: Cells that were predicted.
        error: Why there is no answer, in one line; None where there is one.
    """

    method: str
    num_teachers: int
    answers: tuple[Answer, ...] = ()
    wanted: Need | None = None
    num_cells: int = 0
    error: str | None = None


@dataclass
class Budget:
    """The answers for one student, and what its teachers take before.

    Attributes:
        methods: Answers by method.
        before: Rows of the teachers' trainings and bank fills.
    """

    methods: dict[str, MethodAnswer] = field(default_factory=dict)
    before: list[Row] = field(default_factory=list)


def room_bytes(size: int, device: str) -> int:
    """What a training may take of a size: all of it but what is allowed for the CUDA context."""
    return size - (CONTEXT_BYTES if device == 'cuda' else 0)


def smallest_card(need: Need) -> tuple[str, bool] | None:
    """The smallest card of :data:`.sizes.CARDS` that something fits.

    Returns:
        Its name, and whether it fits whatever scratch memory libraries take; None where none does.
    """
    for name, gib in sorted(CARDS.items(), key=lambda card: card[1]):
        room = room_bytes(round(gib * GIB), 'cuda')
        if need.fits(room):
            return name, need.surely_fits(room)
    return None


def answer(method: str, question: Question, predict: Predict, device: str) -> MethodAnswer:
    """What fits, for one method.

    Args:
        method: Its name.
        question: What is asked.
        predict: Tells what a cell takes; asked once for each.
        device: ``cuda`` or ``cpu``.

    Raises:
        ConfigError: a cell cannot be predicted.
    """
    row = METHOD_TABLE[method]
    once = functools.cache(predict)
    wanted = max(question.num_teachers, row.fewest) if row.by_count else 0
    answers = []
    for size in question.sizes:
        room, teachers = room_bytes(size, device), None
        if row.by_count:
            least, most = row.fewest, MOST_TEACHERS
            # Where the first two take the same, so may all.
            teachers = find_boundary(
                lambda k: once(k, question.batch_size), room, least, most, least, leap=most
            )
        batch = find_boundary(
            lambda clips: once(wanted, clips), room, 1, MOST_BATCH, question.batch_size, leap=4
        )
        answers.append(Answer(size, teachers, batch))
    need = once(wanted, question.batch_size)
    return MethodAnswer(method, wanted, tuple(answers), need, once.cache_info().currsize)


def budgets(
    subjects: Sequence[Subject],
    methods: Sequence[Sequence[str]],
    question: Question,
    folder: Path,
    jobs: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Budget]:
    """The answers for some students, in their order.

    Args:
        subjects: The students, on one device.
        methods: The methods of each.
        question: What is asked of all of them.
        folder: For clips, configs and banks; empty.
        jobs: Processes side by side.
        progress: Called with searches done and searches in all.

    Raises:
        UkdBenchError: a process died.
    """
    found = [Budget() for _ in subjects]
    asked = [(number, method) for number, mine in enumerate(methods) for method in mine]
    with workers(jobs) as pool:
        running: dict[Future, tuple[int, str | None]] = {}
        # Those that take longest first, so that nobody waits for one alone in the end.
        for number, method in sorted(asked, key=lambda one: -_work(one[1])):
            place = folder / f'{number}-{method}'
            future = pool.submit(search, subjects[number], method, question, place)
            running[future] = number, method
        for number, mine in enumerate(methods):
            if any(METHOD_TABLE[method].reads for method in mine):
                sized = replace(subjects[number], batch_size=question.batch_size)
                running[pool.submit(_before, sized, folder / f'{number}')] = number, None
        for done, future in enumerate(as_completed(running), start=1):
            number, name = running[future]
            result: Any = future.result()
            if name is None:
                found[number].before = result
            else:
                found[number].methods[name] = result
            progress(done, len(running))
    for budget, mine in zip(found, methods, strict=True):
        budget.methods = {method: budget.methods[method] for method in mine}
    return found


def search(subject: Subject, method: str, question: Question, folder: Path) -> MethodAnswer:
    """The answer for one method of a student, or why there is none."""
    try:
        predict = functools.partial(_need, subject, method, folder)
        return answer(method, question, predict, subject.device)
    except ConfigError as error:
        return MethodAnswer(method, 0, error=str(error))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@functools.cache
def _sized(subject: Subject, clips: int) -> Subject:
    """The same for all cells of a batch, so that teachers' configs are read once."""
    return replace(subject, batch_size=clips)


def _need(subject: Subject, method: str, folder: Path, num_teachers: int, clips: int) -> Need:
    sized = _sized(subject, clips)
    reads = METHOD_TABLE[method].reads
    prepared = folder / f'ready-{clips if reads == "banks" else 0}'
    if reads and not prepared.exists():
        # A bank has the clips of a rehearsal, of which there are more where batches are larger.
        shutil.rmtree(folder / 'teachers', ignore_errors=True)
        with _scored_once():
            for kind in range(len(subject.pool)):
                predict_cell(sized, Cell(BANK, kind=kind), folder)
        for other in folder.glob('ready-*'):
            other.unlink()
        prepared.touch()
    return need_of(predict_cell(sized, Cell(method, num_teachers), folder))


@contextlib.contextmanager
def _scored_once() -> Iterator[None]:
    """Has a teacher score the first clips alone for a block, and all others be scored the same.

    Of a bank only its size is of interest, and a large batch has many clips.
    """
    from ...knowledge.teacher import Teacher

    owner: Any = Teacher
    score, kept = owner.score, {}

    def score_first(teacher: Teacher, inputs: list) -> Any:
        if teacher not in kept:
            kept[teacher] = score(teacher, inputs)[:1]
        return kept[teacher].expand(len(inputs), -1)

    owner.score = score_first
    try:
        yield
    finally:
        owner.score = score


def need_of(rows: Sequence[Row]) -> Need:
    """What the largest of some phases takes: reserved where that is told, else allocated."""
    peaks = [row['reserved_peak_bytes'] or row['allocated_peak_bytes'] for row in rows]
    bounds = [
        peak + (row['workspace_bound_bytes'] or 0) for peak, row in zip(peaks, rows, strict=True)
    ]
    return Need(max(peaks), max(bounds))


def _before(subject: Subject, folder: Path) -> list[Row]:
    kinds = range(len(subject.pool))
    cells = [Cell(name, kind=kind) for name in (BANK, TEACHER) for kind in kinds]
    return [row for cell in cells for row in tried(predict_cell, subject, cell, folder)]


def _work(method: str) -> float:
    row = METHOD_TABLE[method]
    return row.by_count * (1 + row.teacher_work) + row.epoch_work
