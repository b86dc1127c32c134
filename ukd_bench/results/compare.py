"""Compares a sweep with a reference, cell by cell: by hash on one machine, else by statistics."""

from dataclasses import dataclass
from math import sqrt
from statistics import fmean
from typing import Any, NamedTuple

from scipy import special

from ..records.record import LAST_EPOCH
from . import formatting
from .runs import Run, Sweep

MEMORY_TOLERANCE = 0.02
FALSE_ALARM = 0.01
"""Chance that any of all the accuracies that are compared differs by noise alone."""

EQUAL, AGREES, DIFFERS = 'equal', 'agrees', 'differs'
MISSING_HERE, MISSING_THERE = 'missing here', 'not in the reference'


class Place(NamedTuple):
    """What a run is matched by with that of another sweep.

    ``method`` is the method's identity, see :meth:`.KnownMethods.identity`, and ``number`` tells
    runs apart that agree in all else.
    """

    regime: str
    method: str
    student: str | None
    teacher: str | None
    num_teachers: int
    seed: int
    split: int
    epochs: int
    protocol: str
    selection: str
    data: Any
    number: int = 0


@dataclass(frozen=True)
class Row:
    """One figure of one cell; ``tolerance`` tells in words what was allowed."""

    cell: str
    figure: str
    measured: str
    reference: str
    tolerance: str
    verdict: str


@dataclass(frozen=True)
class Compared:
    """A comparison of two sweeps: all rows, and counts of cells."""

    rows: tuple[Row, ...]
    cells: int
    differing: tuple[str, ...]
    missing_here: tuple[str, ...]
    missing_there: tuple[str, ...]
    same_machine: bool

    @property
    def agrees(self) -> bool:
        """Whether every cell of the reference is here and none differs."""
        return not self.differing and not self.missing_here and self.cells > 0

    @property
    def summary(self) -> str:
        """The comparison in one sentence."""
        how = (
            'by hash (same device, threads and lock)'
            if self.same_machine
            else 'within stated tolerances'
        )
        text = f'{formatting.counted(self.cells, "cell")} compared {how}: '
        text += (
            f'differs in {len(self.differing)}'
            if self.differing
            else 'agrees'
            if self.cells
            else 'none in common'
        )
        if self.missing_here:
            missing = formatting.counted(len(self.missing_here), 'cell')
            text += f'; {missing} of the reference missing here'
        if self.missing_there:
            text += f'; {formatting.counted(len(self.missing_there), "cell")} not in the reference'
        return f'{text}.'


def compare(sweep: Sweep, reference: Sweep) -> Compared:
    """Matches done runs by cell: regime, method, network, K, seed, split, epochs, tests, data.

    Regimes and data count by name, and a run that is part of several regimes counts once. A method
    of one sweep's own is another's where all but its looks agrees. Never by key: a key changes with
    the code, and so would match nothing once it mattered. Rule, loss, weight and temperature must
    agree. Where device name, threads and lock agree, hashes and accuracy must be equal; elsewhere
    top-1 may differ by what the noise of clips and of two trainings explains, see
    :func:`accuracy_tolerance`; the seeds of the reference tell how much trainings differ. Allocated
    peaks may differ by 2 %, and are compared between devices of one kind.

    Args:
        sweep: what was measured.
        reference: what to compare it with.

    Returns:
        Rows in the order of the reference, then missing cells.
    """
    all_here, all_there = by_place(sweep), by_place(reference)
    here, there = _once(all_here, all_there), _once(all_there, all_here)
    rows: list[Row] = []
    differing: list[str] = []
    shared = [cell for cell in there if cell in all_here]
    noise, z = training_noise(reference), _quantile(len(shared))
    for cell in shared:
        label = _label(cell, there[cell], reference)
        mine = _compare_runs(label, all_here[cell], there[cell], noise, z)
        rows += mine
        if any(row.verdict == DIFFERS for row in mine):
            differing.append(label)
    missing_here = tuple(_label(c, run, reference) for c, run in there.items() if c not in all_here)
    missing_there = tuple(_label(c, run, sweep) for c, run in here.items() if c not in all_there)
    dash = formatting.DASH
    rows += [Row(label, 'run', dash, 'done', dash, MISSING_HERE) for label in missing_here]
    rows += [Row(label, 'run', 'done', dash, dash, MISSING_THERE) for label in missing_there]
    same = bool(shared) and all(same_machine(all_here[cell], there[cell]) for cell in shared)
    return Compared(tuple(rows), len(shared), tuple(differing), missing_here, missing_there, same)


def accuracy_tolerance(
    first: float, second: float, first_n: int, second_n: int, noise: float = 0.0, z: float = 3.0
) -> float:
    """``z`` standard errors of the difference of two accuracies.

    The clips' part is that of two proportions, pooled; one hit and one miss are added, so that 0
    and 1 keep a width (Agresti and Caffo 2000). Trainings on two machines differ as those of two
    seeds do, because their last bits part and the rest follows.

    Args:
        first: An accuracy, as a fraction.
        second: The other one.
        first_n: Clips that the first is of.
        second_n: Clips that the second is of.
        noise: Standard deviation of the accuracy of a training over seeds.
        z: Standard errors allowed.
    """
    pooled = (first * first_n + second * second_n + 1) / (first_n + second_n + 2)
    return z * sqrt(pooled * (1 - pooled) * (1 / first_n + 1 / second_n) + 2 * noise**2)


def training_noise(sweep: Sweep) -> float:
    """Standard deviation of top-1 over seeds, pooled over cells; 0 where no cell has two seeds."""
    squares, freedom = 0.0, 0
    for cell in sweep.cells():
        values = [value for run in cell.runs if (value := run.metric('top1')) is not None]
        if len(values) > 1:
            squares += sum((value - fmean(values)) ** 2 for value in values)
            freedom += len(values) - 1
    return sqrt(squares / freedom) if freedom else 0.0


def _quantile(comparisons: int) -> float:
    """Standard errors that one of so many comparisons exceeds with the chance ``FALSE_ALARM``."""
    return float(-special.ndtri(FALSE_ALARM / 2 / max(1, comparisons)))


def _compare_runs(label: str, run: Run, other: Run, noise: float, z: float) -> list[Row]:
    same = same_machine(run, other)
    rows = []
    data = run.value('dataset', 'fingerprint'), other.value('dataset', 'fingerprint')
    if data[0] != data[1]:
        return [Row(label, 'data', str(data[0])[:12], str(data[1])[:12], 'equal', DIFFERS)]
    taught = [formatting.distillation((one.record or {}).get('knowledge')) for one in (run, other)]
    if None not in taught:
        first, second = map(str, taught)
        verdict = EQUAL if first == second else DIFFERS
        rows.append(Row(label, 'distillation', first, second, 'equal', verdict))
    if same:
        for name, words in (
            ('initial_state', 'initial weights'),
            ('targets', 'targets'),
            ('student_state', 'trained weights'),
        ):
            mine, theirs = run.value('hashes', name), other.value('hashes', name)
            if mine is not None and theirs is not None:
                verdict = EQUAL if mine == theirs else DIFFERS
                rows.append(Row(label, words, mine[:12], theirs[:12], 'equal', verdict))
    mine, theirs = run.metric('top1'), other.metric('top1')
    if mine is not None and theirs is not None:
        sizes = run.value('dataset', 'test_samples'), other.value('dataset', 'test_samples')
        exact = same or None in sizes
        allowed = 0.0 if exact else accuracy_tolerance(mine, theirs, *sizes, noise, z)
        rows.append(_accuracy_row(label, mine, theirs, allowed))
    if run.value('environment', 'device') and _device(run)['kind'] == _device(other).get('kind'):
        rows += _memory_rows(label, run, other)
    return rows


def _accuracy_row(label: str, mine: float, theirs: float, allowed: float) -> Row:
    words = 'equal' if allowed == 0 else f'{100 * allowed:.1f} points'
    gap = abs(mine - theirs)
    verdict = EQUAL if gap == 0 else AGREES if gap <= allowed else DIFFERS
    return Row(
        label,
        'top-1, %',
        formatting.percent(mine),
        formatting.percent(theirs),
        words,
        verdict,
    )


def _memory_rows(label: str, run: Run, other: Run) -> list[Row]:
    rows = []
    for phase in run.record['memory'] if run.record else ():
        mine, theirs = run.memory(phase), other.memory(phase)
        if mine is None or theirs is None:
            continue
        verdict = (
            EQUAL
            if mine == theirs
            else AGREES
            if abs(mine - theirs) <= MEMORY_TOLERANCE * theirs
            else DIFFERS
        )
        words = f'{100 * MEMORY_TOLERANCE:g} %'
        rows.append(
            Row(
                label,
                f'{phase} peak, MiB',
                formatting.mib(mine),
                formatting.mib(theirs),
                words,
                verdict,
            )
        )
    return rows


def _device(run: Run) -> dict[str, Any]:
    return run.value('environment', 'device') or {}


def same_machine(run: Run, other: Run) -> bool:
    """Whether two runs were computed alike: by the same device, threads and lock."""
    pairs = [
        (_device(run).get('name'), _device(other).get('name')),
        *(
            (run.value('environment', n), other.value('environment', n))
            for n in ('threads', 'lock_sha256')
        ),
    ]
    return all(mine is not None and mine == theirs for mine, theirs in pairs)


def by_place(sweep: Sweep) -> dict[Place, Run]:
    """Done runs by each of their places: one for every regime that they are part of."""
    found: dict[Place, Run] = {}
    for run in sweep.done:
        own = run.value('dataset', 'name')
        data = sweep.dataset.get('name') if run.of_sweep_data else own
        for regime in run.regimes:
            place = Place(
                regime=regime,
                method=sweep.methods.identity(run.method),
                student=run.student,
                teacher=run.teacher,
                num_teachers=run.num_teachers,
                seed=run.seed,
                split=run.split,
                epochs=run.epochs,
                protocol=run.protocol,
                selection=run.selection,
                data=data,
            )
            # Pretrainings of one backbone for networks of different input go by their order.
            while place in found:
                place = place._replace(number=place.number + 1)
            found[place] = run
    return found


def _once(cells: dict[Place, Run], others: dict[Place, Run]) -> dict[Place, Run]:
    """Each run by one of its cells: one that is among the others', if any is."""
    chosen: dict[str, Place] = {}
    for cell, run in cells.items():
        if run.key not in chosen or (cell in others and chosen[run.key] not in others):
            chosen[run.key] = cell
    return {cell: cells[cell] for cell in chosen.values()}


def _label(cell: Place, run: Run, sweep: Sweep) -> str:
    parts = [sweep.methods.label(run.method), cell.teacher or cell.student]
    if cell.num_teachers:
        parts.append(f'K = {cell.num_teachers}')
    parts += [
        f'seed {cell.seed}, split {cell.split}, {formatting.counted(cell.epochs, "epoch")}',
        sweep.names_regimes(run),
    ]
    if cell.protocol not in ('', 'center 1'):
        parts.append(cell.protocol)
    if cell.selection != LAST_EPOCH:
        parts.append(cell.selection.replace('_', ' '))
    return ', '.join(str(part) for part in parts if part)
