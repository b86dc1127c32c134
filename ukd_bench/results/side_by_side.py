"""Two sweeps side by side: the cells that stand in both, and what stands in only one."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from . import formatting
from .compare import Place, by_place, same_machine
from .runs import Run, Sweep
from .statistics import (
    Difference,
    Estimate,
    holm,
    mean_interval,
    paired_difference,
    unpaired_difference,
)

EQUAL, DIFFER, NOT_COMPARABLE = 'equal', 'differ', 'not comparable'
Figure = Callable[[Run], float | None]


@dataclass(frozen=True)
class Beside:
    """A cell of both sweeps, its runs in the order of their seeds.

    Attributes:
        place: What the two agree in; its seed is that of no run.
        first, second: The runs.
        paired: Whether the two sweeps have the same seeds, and each pair began with the same
            weights, so that a seed's luck is in both.
        difference: Top-1 of the second less that of the first; None where one was not measured or
            the clips are not the same.
        corrected_p: Its p-value, corrected by Holm over all cells.
    """

    place: Place
    first: tuple[Run, ...]
    second: tuple[Run, ...]
    paired: bool
    difference: Difference | None
    corrected_p: float | None = None

    @property
    def pairs(self) -> list[tuple[Run, Run]]:
        """The runs of the seeds that both have."""
        return _pairs(self.first, self.second)

    @property
    def shortened(self) -> bool:
        """Whether its runs trained for fewer epochs than the full schedule of their sweep has."""
        return self.first[0].shortened or self.second[0].shortened

    @property
    def selection(self) -> str:
        """The rule by which its runs' tested epochs were chosen."""
        return self.place.selection

    def means(self, figure: Figure) -> tuple[Estimate | None, Estimate | None]:
        """Mean and interval of a figure over the seeds of each sweep."""
        first, second = (
            mean_interval([figure(run) for run in runs]) for runs in (self.first, self.second)
        )
        return first, second

    def ratio(self, figure: Figure) -> float | None:
        """The second sweep's mean over the first's; None where there is none to divide by."""
        first, second = self.means(figure)
        return second.mean / first.mean if first and second and first.mean else None

    def hashes(self, name: str) -> str | None:
        """Whether a hash is equal at every seed that both have; None where none has it.

        Where it differs between machines, locks, numbers of threads or clips, that says nothing.
        """
        told = [
            (one, other) for one, other in self.pairs if _hash(one, name) and _hash(other, name)
        ]
        unequal = [pair for pair in told if _hash(pair[0], name) != _hash(pair[1], name)]
        alike = _same_clips(self.first, self.second)
        if alike and any(same_machine(*pair) for pair in unequal):
            return DIFFER
        return NOT_COMPARABLE if unequal else EQUAL if told else None

    @property
    def unlike(self) -> list[str]:
        """What else differs that may change the accuracy, in words."""
        looks: dict[str, Callable[[Run], object]] = {
            'distillation': _distillation,
            'batch size': lambda run: run.value('schedule', 'batch_size'),
            'number of processes': lambda run: run.value('schedule', 'processes') or 1,
        }
        found = [
            words
            for words, look in looks.items()
            if {look(run) for run in self.first} != {look(run) for run in self.second}
        ]
        return found if _same_clips(self.first, self.second) else ['data', *found]


@dataclass(frozen=True)
class Alone:
    """Runs of a cell that one of two sweeps has alone.

    Attributes:
        place: The cell.
        runs: The runs, in the order of their seeds.
        in_second: Whether the second sweep has them.
        elsewhere: What became of them in the other sweep.
    """

    place: Place
    runs: tuple[Run, ...]
    in_second: bool
    elsewhere: str


@dataclass(frozen=True)
class SideBySide:
    """Two sweeps, what stands in both, and what in one alone."""

    first: Sweep
    second: Sweep
    both: tuple[Beside, ...]
    alone: tuple[Alone, ...]

    def told_apart(self, alpha: float = 0.05) -> list[Beside]:
        """The cells whose accuracies differ by more than noise explains."""
        return [one for one in self.both if one.corrected_p is not None and one.corrected_p < alpha]


def side_by_side(first: Sweep, second: Sweep) -> SideBySide:
    """Matches the cells of two sweeps as :func:`.compare.compare` matches runs.

    Seeds play no part, nor does the name of the data: memory and time can be set side by side where
    accuracies cannot, which then have no difference. What is no student and serves several regimes
    counts once.

    Returns:
        Cells in the order of the first sweep's tables, students before all else.
    """
    ones, others = _cells(first), _cells(second)
    shared = ((place, runs) for place, runs in ones.items() if place in others)
    both = [_beside(place, runs, others[place]) for place, runs in _each_once(shared)]
    tested = {
        one.place: one.difference.p_value
        for one in both
        if one.difference and one.difference.p_value is not None
    }
    known = dict(zip(tested, holm([*tested.values()]), strict=True))
    both = [replace(one, corrected_p=known.get(one.place)) for one in both]
    both.sort(key=lambda one: _order(one.place, one.first[0], first))
    alone = [
        *_alone(ones, others, second, in_second=False),
        *_alone(others, ones, first, in_second=True),
    ]
    return SideBySide(first, second, tuple(both), tuple(alone))


def _cells(sweep: Sweep) -> dict[Place, list[Run]]:
    found: dict[Place, list[Run]] = defaultdict(list)
    for place, run in by_place(sweep).items():
        data = None if run.of_sweep_data else place.data
        found[place._replace(seed=-1, data=data)].append(run)
    return {place: sorted(runs, key=lambda run: run.seed) for place, runs in found.items()}


def _each_once(cells: Iterable[tuple[Place, list[Run]]]) -> Iterator[tuple[Place, list[Run]]]:
    """The cells, but for those whose runs, no students, stood in a cell of another regime."""
    seen = set()
    for place, runs in cells:
        keys = tuple(run.key for run in runs)
        if runs[0].of_student or keys not in seen:
            yield place, runs
        seen.add(keys)


def _beside(place: Place, first: Iterable[Run], second: Iterable[Run]) -> Beside:
    ones, others = tuple(first), tuple(second)
    pairs = _pairs(ones, others)
    paired = len(pairs) == len(ones) == len(others) and all(
        _hash(one, 'initial_state') == _hash(other, 'initial_state') is not None
        for one, other in pairs
    )
    return Beside(place, ones, others, paired, _difference(ones, others, paired))


def _difference(first: tuple[Run, ...], second: tuple[Run, ...], paired: bool) -> Difference | None:
    if not _same_clips(first, second):
        return None
    mine, theirs = ([run.metric('top1') for run in runs] for runs in (first, second))
    ones = [value for value in mine if value is not None]
    others = [value for value in theirs if value is not None]
    if not ones or not others:
        return None
    if paired and len(ones) == len(others) == len(first):
        return paired_difference(others, ones)
    return unpaired_difference(others, ones)


def _same_clips(first: Iterable[Run], second: Iterable[Run]) -> bool:
    """Whether two groups of runs had the same clips, as far as their records tell."""
    for name in ('name', 'fingerprint', 'test_fingerprint'):
        ones, others = (
            {run.value('dataset', name) for run in runs} - {None} for runs in (first, second)
        )
        if ones and others and ones != others:
            return False
    return True


def _alone(
    mine: Mapping[Place, list[Run]],
    theirs: Mapping[Place, list[Run]],
    other: Sweep,
    in_second: bool,
) -> list[Alone]:
    found = []
    for place, runs in _each_once(mine.items()):
        has = {run.seed for run in theirs.get(place, ())}
        left = tuple(run for run in runs if run.seed not in has)
        if left:
            found.append(Alone(place, left, in_second, _became(place, left, other)))
    return found


def _became(place: Place, runs: tuple[Run, ...], other: Sweep) -> str:
    """What the other sweep has of runs that it has no figures of, in words."""
    seeds = {run.seed for run in runs}
    planned = [
        run
        for run in other.runs
        if other.methods.identity(run.method) == place.method
        and place.regime in run.regimes
        and (run.student, run.teacher, run.num_teachers, run.split)
        == (place.student, place.teacher, place.num_teachers, place.split)
        and run.seed in seeds
    ]
    if not planned:
        return 'not planned'
    words = dict.fromkeys(
        'under another schedule, evaluation or data'
        if run.done
        else _WORDS.get(run.status, run.status)
        for run in planned
    )
    return ', '.join(words)


_WORDS = {'oom': 'out of memory'}


def _order(place: Place, run: Run, sweep: Sweep) -> tuple[object, ...]:
    regimes = [regime.name for regime in sweep.regimes]
    students = sweep.students
    backbone = students.index(place.student) if place.student in students else len(students)
    return (
        *(not run.of_student, regimes.index(place.regime), backbone if run.of_student else 0),
        *(sweep.methods.position(run.method), place.num_teachers, place.split, place.epochs),
    )


def _pairs(first: Iterable[Run], second: Iterable[Run]) -> list[tuple[Run, Run]]:
    others = {run.seed: run for run in second}
    return [(run, others[run.seed]) for run in first if run.seed in others]


def _hash(run: Run, name: str) -> str | None:
    value = run.value('hashes', name)
    return None if value is None else str(value)


def _distillation(run: Run) -> str | None:
    return formatting.distillation((run.record or {}).get('knowledge'))
