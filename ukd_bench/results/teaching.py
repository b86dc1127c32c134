"""Whether teachers know more than the student learns alone, without which nothing can be gained."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

from ..methods.table import FLOOR
from ..records.record import ORACLE
from .comparable import ComparableRuns
from .runs import Run, Sweep


@dataclass(frozen=True)
class Teaching:
    """Top-1, as fractions, of the teachers of a regime's pool, each alone and together.

    Attributes:
        teachers: By name, in the order of the pool.
        ensembles: By K, ascending.
    """

    teachers: dict[str, float]
    ensembles: dict[int, float]

    @property
    def best(self) -> tuple[str, float] | None:
        """The best teacher alone, with its accuracy."""
        return max(self.teachers.items(), key=lambda one: one[1], default=None)

    @property
    def together(self) -> tuple[str, float] | None:
        """The largest ensemble, with its accuracy."""
        if not self.ensembles:
            return None
        largest = max(self.ensembles)
        return f'ensemble of {largest}', self.ensembles[largest]


def teaching(sweep: Sweep, regime: str) -> Teaching:
    """The teachers that a regime's students have; those of the students' own kind are left out."""
    mine = [run for run in sweep.done if regime in run.regimes]
    taught = [run for run in mine if run.method == 'teacher' and run.teacher]
    pool = sweep.pool_in(regime) or dict.fromkeys(run.teacher for run in taught if run.teacher)
    teachers = {name: _mean(run for run in taught if run.teacher == name) for name in pool}
    counts = sorted({run.num_teachers for run in mine if run.method == 'ensemble'})
    together = {
        k: _mean(run for run in mine if (run.method, run.num_teachers) == ('ensemble', k))
        for k in counts
    }
    return Teaching(
        {name: top1 for name, top1 in teachers.items() if top1 is not None},
        {k: top1 for k, top1 in together.items() if top1 is not None},
    )


def plain_top1(bench: ComparableRuns) -> float | None:
    """Mean top-1 of the student alone with its full schedule; None where there is none."""
    return _mean(run for run in bench.runs if run.method == FLOOR and not run.shortened)


def _mean(runs: Iterable[Run]) -> float | None:
    found = [run.metric('top1') for run in runs if run.done and run.selection != ORACLE]
    known = [top1 for top1 in found if top1 is not None]
    return fmean(known) if known else None
