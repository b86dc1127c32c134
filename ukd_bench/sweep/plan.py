"""The plan of a sweep: a DAG of runs in which shared teachers and banks appear once."""

from dataclasses import dataclass

from mmengine.config import Config

from ..methods.own import OwnMethod
from ..methods.table import Method
from ..records.spec import RunSpec
from .config import PoolTeacher


@dataclass(frozen=True)
class PlannedRun:
    """A run, the resolved config it trains or scores by, and the row of its method."""

    spec: RunSpec
    config: Config
    method: Method

    @property
    def folder(self) -> str:
        """Name of the run's folder within the sweep's."""
        return f'{self.spec.key}-{self.spec.execution}'

    @property
    def label(self) -> str:
        """Name of the run in progress lines."""
        spec = self.spec
        count = f'K={spec.num_teachers}' if spec.num_teachers else ''
        words = (spec.method, count, spec.teacher or spec.student or '', f'seed={spec.seed}')
        return ' '.join(filter(None, words))

    @property
    def starts_from(self) -> str | None:
        """Key of the run whose weights it starts from: the stage before."""
        later = self.method.parents == 'stages' and self.spec.num_teachers > 1
        return self.spec.parents[-1] if later else None

    @property
    def work(self) -> float:
        """Rough work, a plain epoch being 1; it orders the queue."""
        return self.method.work(self.spec.epochs, self.spec.num_teachers)


@dataclass(frozen=True)
class Plan:
    """Runs in an order in which parents come before children.

    Attributes:
        name: Name of the sweep.
        runs: The runs by key.
        pool: Keys of the teachers' runs and of their banks, in pool order.
        own_methods: All methods that the sweep's config describes, whether the plan has runs of
            them or not.
    """

    name: str
    runs: dict[str, PlannedRun]
    pool: list[tuple[PoolTeacher, PlannedRun, PlannedRun]]
    own_methods: tuple[OwnMethod, ...] = ()

    def ancestors(self, run: PlannedRun) -> list[PlannedRun]:
        """Runs that a run needs, and those that these need; each once."""
        found: dict[str, PlannedRun] = {}
        for key in run.spec.parents:
            parent = self._run(key)
            found |= {one.spec.key: one for one in (*self.ancestors(parent), parent)}
        return [*found.values()]

    def teachers_of(self, run: PlannedRun) -> list[PlannedRun]:
        """The teachers that a run loads or reads the banks of, in its order."""
        parents = map(self._run, run.spec.parents)
        made_by = [self._run(p.spec.parents[0]) if p.spec.method == 'bank' else p for p in parents]
        return [one for one in made_by if one.spec.method == 'teacher']

    def children(self, key: str) -> list[PlannedRun]:
        """Runs that need this one."""
        return [run for run in self.runs.values() if key in run.spec.parents]

    def _run(self, key: str) -> PlannedRun:
        # Teachers and banks of the pool that no run of the plan needs have parents, too.
        pool = (run for _, *made in self.pool for run in made)
        return self.runs.get(key) or next(run for run in pool if run.spec.key == key)
