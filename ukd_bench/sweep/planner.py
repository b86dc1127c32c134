"""From the axes to the plan: which runs there are, what each needs, and their keys."""

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from mmengine.config import Config

from ..data.flow import FLOW_VERSION
from ..data.views.rendering import teacher_pipeline
from ..errors import ConfigError
from ..files.hashes import digest
from ..methods.config_files import fill_in, find_config_by_path, load_config
from ..methods.own import require_importable
from ..methods.student_config import (
    method_hook,
    set_hook,
    student_config,
    student_config_path,
)
from ..methods.table import FLOOR, RUN_KINDS, Method
from ..records.key import (
    OPEN_FLOW,
    PROTOCOL_VERSION,
    holds_step,
    scientific,
    scientific_dataset,
)
from ..records.plain import require_plain
from ..records.spec import RunSpec
from ..records.user_code import user_sources
from ..records.weights import initial_weights
from .config import Axes, PoolTeacher, Student
from .plan import Plan, PlannedRun
from .run_config import (
    epochs_of,
    own_kind_name,
    own_kind_seed,
    require_same_views,
    set_data,
    set_epochs,
    set_protocol,
    set_selection,
)
from .videos import SweepData

KEY_DIGITS = 12


def make_plan(axes: Axes, data: SweepData, execution: str, device: str, pool_path: str) -> Plan:
    """Resolves every run that the axes ask for, and what those need.

    Args:
        axes: What to compare.
        data: What to train and test on.
        execution: Execution fingerprint of all runs.
        device: ``cpu`` or ``cuda``.
        pool_path: Path that the sweep's pool file will have.

    Raises:
        ConfigError: a config is absent or does not fit the sweep, or the axes ask for no run.
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
        # Configs by method and student: with many seeds and K, reading them is what takes time.
        self.configs: dict[tuple[str, str], Config] = {}
        # One config of the first student stands for all in what they share: clips and views.
        self.sharing = self._sharing()
        self.shared = self._config(self.sharing, axes.students[0])
        self.shared_name = f'{self.sharing.name} of {axes.students[0].name}'
        self._set_evaluation(self.shared)
        self.pool: list[tuple[PoolTeacher, PlannedRun, PlannedRun]] = []
        # Runs by key, in the order in which they were made: parents come before children.
        self.made: dict[str, PlannedRun] = {}

    def plan(self) -> Plan:
        for method in self.axes.student_methods:
            require_importable(method)
        for teacher in self.axes.teachers:
            run = self._teacher(teacher)
            if run.spec.teacher != teacher.name:
                raise _one_run(f'teachers {run.spec.teacher} and {teacher.name}')
            self.pool.append((teacher, run, self._bank(run)))
        wanted = [run.spec.key for run in self._wanted()]
        if not wanted:
            raise ConfigError(
                f'no run to plan: methods {", ".join(self.axes.methods)} with '
                f'num_teachers {", ".join(map(str, self.axes.num_teachers))}'
            )
        needed = _with_ancestors(wanted, self.made)
        runs = {key: run for key, run in self.made.items() if key in needed}
        return Plan(self.axes.name, runs, self.pool, self.axes.own_methods)

    def _sharing(self) -> Method:
        """The method whose config stands for all: plain, or the first wanted where it has none."""
        floor = self.axes.known.row(FLOOR)
        plain = student_config_path(self.axes.student_config, floor, self.axes.students[0].name)
        wanted = self.axes.student_methods
        return floor if not wanted or find_config_by_path(plain) is not None else wanted[0]

    def _wanted(self) -> Iterable[PlannedRun]:
        counts = self.axes.num_teachers
        if 'teacher' in self.axes.methods:
            yield from (run for _, run, _ in self.pool[: max(counts)])
        if 'ensemble' in self.axes.methods:
            # One teacher is no ensemble.
            yield from (self._ensemble(k) for k in counts if k > 1)
        for student in self.axes.students:
            for seed in self.axes.seeds:
                for method in self.axes.student_methods:
                    yield from self._students(method, student, seed)

    def _students(self, method: Method, student: Student, seed: int) -> Iterable[PlannedRun]:
        """The runs of a method, one a number of teachers where that makes a difference."""
        if method.parents == 'own_kind':
            yield self._of_own_kind(method, student, seed)
            return
        counts = [k for k in self.axes.num_teachers if k >= method.fewest]
        if method.parents == 'stages':
            stages = self._stages(method, student, seed)
            yield from (stages[k - 1] for k in counts)
        elif method.by_count:
            for k in counts:
                yield self._student(method, student, seed, k, self._first(method.reads, k))
        else:
            yield self._student(method, student, seed)

    def _first(self, part: str | None, num_teachers: int) -> list[PlannedRun]:
        """The first K teachers' runs or banks, whichever a method reads."""
        first = self.pool[:num_teachers] if part else []
        return [bank if part == 'banks' else teacher for _, teacher, bank in first]

    def _stages(self, method: Method, student: Student, seed: int) -> list[PlannedRun]:
        """Every stage up to the largest K: each starts from the weights of the one before."""
        stages: list[PlannedRun] = []
        for k in range(1, max(self.axes.num_teachers) + 1):
            _, _, bank = self.pool[k - 1]
            stages.append(self._student(method, student, seed, k, [bank, *stages[-1:]]))
        return stages

    def _of_own_kind(self, method: Method, student: Student, seed: int) -> PlannedRun:
        """The student of a teacher that has its own config, and in all else what teachers have."""
        teacher = PoolTeacher(own_kind_name(student, seed), student.name, own_kind_seed(seed))
        bank = self._bank(self._teacher(teacher, self._config(self.axes.known.row(FLOOR), student)))
        return self._student(method, student, seed, 1, [bank])

    def _teacher(self, teacher: PoolTeacher, config: Config | None = None) -> PlannedRun:
        if config is None:
            config = load_config(
                fill_in('teacher_config', self.axes.teacher_config, teacher=teacher.name)
            )
        hook = method_hook(config, RUN_KINDS['teacher'], teacher.name)
        hook['view_seed'] = self.axes.teacher_view_seed
        return self._run(
            config,
            method=RUN_KINDS['teacher'],
            student=teacher.student,
            teacher=teacher.name,
            seed=teacher.seed,
            epochs=self.axes.teacher_epochs,
            full_epochs=self.axes.teacher_epochs,
            view_seed=self.axes.teacher_view_seed,
        )

    def _bank(self, teacher: PlannedRun) -> PlannedRun:
        config = copy.deepcopy(self.shared)
        # The students' views, as the bank's process must have them.
        method_hook(config, self.sharing, self.shared_name).update(
            view_seed=self.axes.view_seed, num_views=self.axes.bank_views
        )
        dataset = config.train_dataloader.dataset.to_dict()
        dataset['pipeline'] = teacher_pipeline(dataset['pipeline'], teacher.config)
        return self._run(
            config,
            of=self.shared_name,
            hook=self.sharing.hook,
            method=RUN_KINDS['bank'],
            teacher=teacher.spec.teacher,
            seed=teacher.spec.seed,
            epochs=self.axes.full_epochs,
            num_views=self.axes.bank_views,
            parents=(teacher.spec.key,),
            # A bank depends on the videos, the views and the teacher, not on how a student trains.
            identified_by=dict(dataset=scientific_dataset(dataset)),
        )

    def _ensemble(self, num_teachers: int) -> PlannedRun:
        first = self._first('checkpoints', num_teachers)
        # Each teacher tests in its own rendering, so no student has a say in it.
        config = copy.deepcopy(first[0].config)
        row = RUN_KINDS['ensemble']
        method_hook(config, row, first[0].label)['view_seed'] = self.axes.view_seed
        return self._run(
            config,
            of=f'teacher of {first[0].spec.teacher}',
            method=row,
            num_teachers=num_teachers,
            epochs=self.axes.full_epochs,
            parents=tuple(run.spec.key for run in first),
            identified_by=dict(
                dataset=scientific_dataset(config.test_dataloader.dataset.to_dict())
            ),
        )

    def _student(
        self,
        method: Method,
        student: Student,
        seed: int,
        num_teachers: int = 0,
        parents: Iterable[PlannedRun] = (),
    ) -> PlannedRun:
        config = self._config(method, student)
        of = f'{method.name} of {student.name}'
        require_same_views(config, self.shared, of, self.shared_name)
        set_hook(
            method_hook(config, method, method.name),
            method,
            num_teachers=num_teachers,
            view_seed=self.axes.view_seed,
            num_views=self.axes.num_views,
            pool=self.pool_path,
            distillation=self.axes.distillation.given(),
        )
        return self._run(
            config,
            method=method,
            student=student.name,
            seed=seed,
            num_teachers=num_teachers,
            epochs=epochs_of(method, student.epochs, num_teachers, self.axes.bank_views),
            full_epochs=epochs_of(
                method, self.axes.full_epochs, num_teachers, self.axes.bank_views
            ),
            parents=tuple(run.spec.key for run in parents),
        )

    def _config(self, method: Method, student: Student) -> Config:
        """A student's config as it is read, to be changed at will."""
        known = method.name, student.name
        if known not in self.configs:
            template = self.axes.student_config
            config = student_config(template, method, student.name)
            # Views are compared before a run is made of it.
            require_plain(config.to_dict(), f'config of {method.name} of {student.name}')
            self.configs[known] = config
        return copy.deepcopy(self.configs[known])

    def _run(
        self,
        config: Config,
        *,
        method: Method,
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
        of: str | None = None,
        hook: str | None = None,
    ) -> PlannedRun:
        set_epochs(config, epochs)
        data, root = self.data, str(self.data.root.resolve())
        set_data(config, root, data.split, data.num_classes, data.edition)
        self._set_evaluation(config)
        config.randomness = dict(seed=seed)
        view_seed = self.axes.view_seed if view_seed is None else view_seed
        hook = hook or method.hook
        whole = config.to_dict()
        where = f'config of {of or f"{method.name} of {teacher or student}"}'
        require_plain(whole, where)
        weights = initial_weights(whole, where)
        counts = scientific(whole, hook, weights)
        if identified_by is None:
            identified_by = counts
        identity = dict(
            protocol=PROTOCOL_VERSION,
            method=method.name,
            num_teachers=num_teachers,
            seed=seed,
            view_seed=view_seed,
            num_views=num_views,
            data=self.identity,
            config=identified_by,
            parents=parents,
        )
        # Modules that a config imports may register anything that it names.
        imports = config.get('custom_imports')
        if sources := user_sources([identified_by, dict(custom_imports=imports)]):
            identity['sources'] = sources
        if holds_step(identified_by, OPEN_FLOW):
            identity['flow'] = FLOW_VERSION
        key = digest(identity, KEY_DIGITS)
        # What a run needs must stay as it was, too.
        needed = [self.made[parent].spec for parent in parents]
        spec = RunSpec(
            key=key,
            execution=self.execution,
            method=method.name,
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
            config_sha256=digest(counts),
            hook=hook,
            sources=_union(sources, *(one.sources for one in needed)),
            weights=_union(weights, *(one.weights for one in needed)),
        )
        run = PlannedRun(spec, config, method)
        other = self.made.setdefault(key, run)
        # Students that differ in their schedule alone may share a teacher of their own kind.
        if student != other.spec.student and method.name not in RUN_KINDS:
            raise _one_run(f'{other.label} and {run.label}')
        return other

    def _set_evaluation(self, config: Config) -> None:
        set_protocol(config, self.axes.protocol)
        set_selection(config, self.axes.selection)


def _one_run(names: str) -> ConfigError:
    return ConfigError(f'{names} are one run: their configs say the same; leave one of the two out')


def _union(*parts: Mapping[str, str]) -> dict[str, str]:
    return {name: sha256 for part in reversed(parts) for name, sha256 in part.items()}


def _with_ancestors(keys: Iterable[str], runs: dict[str, PlannedRun]) -> set[str]:
    needed: set[str] = set()
    pending = list(keys)
    while pending:
        key = pending.pop()
        if key not in needed:
            needed.add(key)
            pending += runs[key].spec.parents
    return needed
