"""The plan of a sweep: a DAG of runs in which shared teachers and banks appear once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mmengine.config import Config

from ..errors import ConfigError
from ..records import DISTILLED_METHODS, PROTOCOL_VERSION, digest, scientific
from ..spec import RunSpec
from .axes import Axes, PoolTeacher, Student
from .configure import (
    load_config,
    set_data,
    set_epochs,
    set_hook,
    set_protocol,
    set_selection,
)
from .data import SweepData

KEY_DIGITS = 12


@dataclass(frozen=True)
class PlannedRun:
    """A run and the resolved config it trains or scores by."""

    spec: RunSpec
    config: Config

    @property
    def folder(self) -> str:
        """Name of the run's folder within the sweep's."""
        return f'{self.spec.key}-{self.spec.execution}'

    @property
    def label(self) -> str:
        """What progress lines call it."""
        spec = self.spec
        count = f'K={spec.num_teachers}' if spec.num_teachers else ''
        words = (spec.method, count, spec.teacher or spec.student or '', f'seed={spec.seed}')
        return ' '.join(filter(None, words))


@dataclass(frozen=True)
class Plan:
    """Runs in an order in which parents come before children.

    Attributes:
        name: Of the sweep.
        runs: By key.
        pool: Keys of the teachers' runs and of their banks, in pool order.
    """

    name: str
    runs: dict[str, PlannedRun]
    pool: list[tuple[PoolTeacher, PlannedRun, PlannedRun]]

    def children(self, key: str) -> list[PlannedRun]:
        """Runs that need this one."""
        return [run for run in self.runs.values() if key in run.spec.parents]


def make_plan(axes: Axes, data: SweepData, execution: str, device: str, pool_path: str) -> Plan:
    """Resolves every run that the axes ask for, and what those need.

    Args:
        axes: What to compare.
        data: What to train and test on.
        execution: Execution fingerprint of all runs.
        device: ``cpu`` or ``cuda``.
        pool_path: Where the sweep's pool file will lie.

    Raises:
        ConfigError: a config is absent or does not fit the sweep.
    """
    return _Planner(axes, data, execution, device, pool_path).plan()


class _Planner:
    def __init__(
        self, axes: Axes, data: SweepData, execution: str, device: str, pool_path: str
    ) -> None:
        self.axes = axes
        self.data = data
        self.execution = execution
        self.device = device
        self.pool_path = pool_path
        self.identity = data.identity()
        self.pool: list[tuple[PoolTeacher, PlannedRun, PlannedRun]] = []

    def plan(self) -> Plan:
        rendering = self._student_config('plain', self.axes.students[0])
        self._set_evaluation(rendering)
        for teacher in self.axes.teachers:
            run = self._teacher(teacher)
            self.pool.append((teacher, run, self._bank(teacher, run, rendering)))
        wanted = list(self._wanted(rendering))
        available = {run.spec.key: run for _, *runs in self.pool for run in runs}
        available |= {run.spec.key: run for run in wanted}
        needed = _with_ancestors((run.spec.key for run in wanted), available)
        # Pool first, because parents come before children.
        return Plan(
            self.axes.name, {key: run for key, run in available.items() if key in needed}, self.pool
        )

    def _wanted(self, rendering: Config) -> Iterable[PlannedRun]:
        if 'teacher' in self.axes.methods:
            yield from (run for _, run, _ in self.pool[: max(self.axes.num_teachers)])
        if 'ensemble' in self.axes.methods:
            # One teacher is no ensemble.
            yield from (self._ensemble(k, rendering) for k in self.axes.num_teachers if k > 1)
        for student in self.axes.students:
            for seed in self.axes.seeds:
                for method in self.axes.student_methods:
                    counts = self.axes.num_teachers if method in DISTILLED_METHODS else (0,)
                    yield from (self._student(method, student, seed, k, rendering) for k in counts)

    def _teacher(self, teacher: PoolTeacher) -> PlannedRun:
        config = load_config(
            _fill_in('teacher_config', self.axes.teacher_config, teacher=teacher.name)
        )
        set_hook(config, teacher.name, view_seed=self.axes.teacher_view_seed)
        return self._run(
            config,
            method='teacher',
            student=teacher.student,
            teacher=teacher.name,
            seed=teacher.seed,
            epochs=self.axes.teacher_epochs,
            full_epochs=self.axes.teacher_epochs,
            view_seed=self.axes.teacher_view_seed,
        )

    def _bank(self, teacher: PoolTeacher, run: PlannedRun, rendering: Config) -> PlannedRun:
        return self._run(
            Config(rendering.to_dict()),
            method='bank',
            teacher=teacher.name,
            seed=teacher.seed,
            epochs=self.axes.full_epochs,
            # Enough for every student of the sweep, whichever of them are asked for.
            num_views=self.axes.full_epochs,
            parents=(run.spec.key,),
            # A bank depends on the videos, the views and the teacher, not on how a student trains.
            identified_by=dict(dataset=scientific(rendering.train_dataloader.dataset.to_dict())),
        )

    def _ensemble(self, num_teachers: int, rendering: Config) -> PlannedRun:
        return self._run(
            Config(rendering.to_dict()),
            method='ensemble',
            num_teachers=num_teachers,
            epochs=self.axes.full_epochs,
            parents=tuple(run.spec.key for _, run, _ in self.pool[:num_teachers]),
            identified_by=dict(dataset=scientific(rendering.test_dataloader.dataset.to_dict())),
        )

    def _student(
        self, method: str, student: Student, seed: int, num_teachers: int, rendering: Config
    ) -> PlannedRun:
        config = self._student_config(method, student)
        self._require_one_rendering(config, rendering, method, student)
        set_hook(config, method, view_seed=self.axes.view_seed)
        parents: tuple[str, ...] = ()
        if method in DISTILLED_METHODS:
            set_hook(config, method, pool=self.pool_path, num_teachers=num_teachers)
            parents = tuple(
                (bank if method == 'ukd' else teacher).spec.key
                for _, teacher, bank in self.pool[:num_teachers]
            )
        return self._run(
            config,
            method=method,
            student=student.name,
            seed=seed,
            num_teachers=num_teachers,
            epochs=student.epochs,
            parents=parents,
        )

    def _student_config(self, method: str, student: Student) -> Config:
        return load_config(
            _fill_in(
                'student_config', self.axes.student_config, method=method, student=student.name
            )
        )

    def _run(
        self,
        config: Config,
        *,
        method: str,
        epochs: int,
        full_epochs: int | None = None,
        student: str | None = None,
        teacher: str | None = None,
        num_teachers: int = 0,
        seed: int = 0,
        view_seed: int | None = None,
        num_views: int = 0,
        parents: tuple[str, ...] = (),
        identified_by: dict[str, Any] | None = None,
    ) -> PlannedRun:
        try:
            set_epochs(config, epochs)
            data, root = self.data, str(self.data.root.resolve())
            set_data(config, root, data.split, data.num_classes, data.edition)
            self._set_evaluation(config)
        except AttributeError as error:
            what = student or teacher or method
            raise ConfigError(f'config of {what}: lacks a section ({error})') from error
        config.randomness = dict(seed=seed)
        view_seed = self.axes.view_seed if view_seed is None else view_seed
        key = digest(
            dict(
                protocol=PROTOCOL_VERSION,
                method=method,
                num_teachers=num_teachers,
                seed=seed,
                view_seed=view_seed,
                num_views=num_views,
                data=self.identity,
                config=identified_by or scientific(config.to_dict()),
                parents=parents,
            ),
            KEY_DIGITS,
        )
        spec = RunSpec(
            key=key,
            execution=self.execution,
            method=method,
            student=student,
            teacher=teacher,
            num_teachers=num_teachers,
            seed=seed,
            split=self.data.split,
            epochs=epochs,
            full_epochs=full_epochs or self.axes.full_epochs,
            view_seed=view_seed,
            num_views=num_views,
            device=self.device,
            threads=self.axes.threads,
            parents=parents,
            data_name=self.data.name,
            synthetic=self.data.synthetic,
        )
        return PlannedRun(spec, config)

    def _set_evaluation(self, config: Config) -> None:
        set_protocol(config, self.axes.protocol)
        set_selection(config, self.axes.selection)

    def _require_one_rendering(
        self, config: Config, rendering: Config, method: str, student: Student
    ) -> None:
        if _views_of(config) != _views_of(rendering):
            raise ConfigError(
                f'{method} of {student.name} has another training pipeline than plain of '
                f'{self.axes.students[0].name}: students of one sweep share their views'
            )


def _views_of(config: Config) -> list[dict]:
    """The training pipeline without what reads flow under the same views."""
    pipeline = config.train_dataloader.dataset.to_dict()['pipeline']
    return [step for step in pipeline if step['type'] != 'ukd_bench.OpenFlow']


def _fill_in(key: str, template: str, **names: str) -> str:
    try:
        return template.format(**names)
    except (KeyError, IndexError, ValueError) as error:
        allowed = ', '.join(f'{{{name}}}' for name in names)
        raise ConfigError(f'{key} = {template!r} may hold only {allowed}') from error


def _with_ancestors(keys: Iterable[str], runs: dict[str, PlannedRun]) -> set[str]:
    needed: set[str] = set()
    pending = list(keys)
    while pending:
        key = pending.pop()
        if key not in needed:
            needed.add(key)
            pending += runs[key].spec.parents
    return needed
