"""The plan of a sweep: a DAG of runs in which shared teachers and banks appear once."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from mmengine.config import Config

from ..files.hosts import Hosts
from ..methods.own import OwnMethod
from ..methods.table import Method
from ..records.label import run_label
from ..records.regime import DEFAULT_REGIME
from ..records.spec import RunSpec
from ..records.weights import made_by_runs
from .parts import PoolTeacher
from .videos import SweepData


@dataclass(frozen=True)
class PlannedRun:
    """One run of a plan.

    Attributes:
        spec: Its specification.
        shared: The resolved config that it trains or scores by, but for its seed, which is that of
            one of the runs that share the config.
        method: The row of its method.
        data: Its videos.
        regime: Name of the regime that it was planned for first; it may be part of others.
    """

    spec: RunSpec
    shared: Config
    method: Method
    data: SweepData
    regime: str = DEFAULT_REGIME

    @property
    def config(self) -> Config:
        """The resolved config that it trains or scores by, a copy."""
        config = copy.deepcopy(self.shared)
        config.randomness = dict(seed=self.spec.seed)
        return config

    @property
    def folder(self) -> str:
        """Name of the run's folder within the sweep's."""
        return f'{self.spec.key}-{self.spec.execution}'

    @property
    def label(self) -> str:
        """Name of the run in progress lines."""
        spec = self.spec
        network = spec.teacher or spec.student
        return run_label(spec.method, spec.num_teachers, network, spec.seed, self.regime)

    @property
    def starts_from(self) -> str | None:
        """Key of the run that it goes on from: the stage before."""
        later = self.method.parents == 'stages' and self.spec.num_teachers > 1
        learns_from = [key for key in self.spec.parents if key not in self.pretrained_by]
        return learns_from[-1] if later else None

    @cached_property
    def pretrained_by(self) -> tuple[str, ...]:
        """Keys of the runs whose weights its backbones start from."""
        named = dict.fromkeys(one['run'] for one in made_by_runs(self.shared))
        # An ensemble has the config of a teacher, and starts from nothing.
        return tuple(key for key in named if key in self.spec.parents)

    @property
    def work(self) -> float:
        """Rough work, a plain epoch being 1; it orders the queue."""
        return self.method.work(self.spec.epochs, self.spec.num_teachers)


Pool = list[tuple[PoolTeacher, PlannedRun, PlannedRun]]
"""Teachers in their order, each with its run and that of its bank."""


@dataclass(frozen=True)
class Plan:
    """Runs in an order in which parents come before children.

    Attributes:
        name: Name of the sweep.
        runs: The runs by key.
        made: These, and what no run of the plan needs but a pool has, by key.
        pools: The pool of each regime, by the regime's name.
        own_methods: All methods that the sweep's config describes, whether the plan has runs of
            them or not.
        regimes: What is told of each regime.
        keys_by_regime: Keys of the runs of each regime, and of what these need, by its name.
        first_regime: Name of the first regime of the sweep's config.
        hosts: Which paths begin otherwise on which hosts.
    """

    name: str
    runs: dict[str, PlannedRun]
    made: dict[str, PlannedRun]
    pools: dict[str, Pool]
    own_methods: tuple[OwnMethod, ...] = ()
    regimes: tuple[Mapping[str, Any], ...] = ()
    keys_by_regime: Mapping[str, set[str]] = field(default_factory=dict)
    first_regime: str = DEFAULT_REGIME
    hosts: Hosts = field(default_factory=dict)

    @property
    def pool(self) -> Pool:
        """The teachers of all regimes, each once."""
        every = [one for pool in self.pools.values() for one in pool]
        return [*{run.spec.key: (teacher, run, bank) for teacher, run, bank in every}.values()]

    @property
    def datasets(self) -> list[SweepData]:
        """The videos of all runs, each once."""
        return [*{id(run.data): run.data for run in self.runs.values()}.values()]

    def regimes_of(self, run: PlannedRun) -> list[str]:
        """Names of the regimes that a run is part of."""
        return [name for name, keys in self.keys_by_regime.items() if run.spec.key in keys]

    def ancestors(self, run: PlannedRun) -> list[PlannedRun]:
        """Runs that a run needs, and those that these need; each once."""
        found: dict[str, PlannedRun] = {}
        for key in run.spec.parents:
            parent = self.made[key]
            found |= {one.spec.key: one for one in (*self.ancestors(parent), parent)}
        return [*found.values()]

    def teachers_of(self, run: PlannedRun) -> list[PlannedRun]:
        """The teachers that a run loads or reads the banks of, in its order."""
        parents = [self.made[key] for key in run.spec.parents]
        made_by = [
            self.made[one.spec.parents[0]] if one.spec.method == 'bank' else one for one in parents
        ]
        return [one for one in made_by if one.spec.method == 'teacher']

    def reads_checkpoints_of(self, run: PlannedRun) -> set[str]:
        """Keys of the runs whose checkpoints a run reads, or compares a bank with."""
        return {*run.spec.parents, *(one.spec.key for one in self.teachers_of(run))}

    def children(self, key: str) -> list[PlannedRun]:
        """Runs that need this one."""
        return self._children.get(key, [])

    @cached_property
    def _children(self) -> dict[str, list[PlannedRun]]:
        found: dict[str, list[PlannedRun]] = {}
        for run in self.runs.values():
            for parent in dict.fromkeys(run.spec.parents):
                found.setdefault(parent, []).append(run)
        return found
