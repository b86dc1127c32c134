"""From the axes to the plan: which runs there are, and what each needs."""

import copy
from collections.abc import Callable, Hashable, Iterable
from pathlib import Path
from typing import Any

from mmengine.config import Config

from ..data.views.rendering import teacher_pipeline
from ..errors import ConfigError
from ..methods.config_files import fill_in, find_config_by_path, load_config
from ..methods.own import require_importable
from ..methods.student_config import (
    method_hook,
    set_hook,
    student_config,
    student_config_path,
)
from ..methods.table import FLOOR, RUN_KINDS, Method
from ..records.key import scientific_dataset
from ..records.plain import require_plain
from .config import Axes
from .normalization import set_normalization
from .parts import Dataset, PoolTeacher, Student
from .place import pool_file
from .plan import Plan, PlannedRun, Pool
from .run_config import (
    epochs_of,
    own_kind_name,
    own_kind_seed,
    require_same_views,
    set_label_noise,
    set_options,
)
from .run_maker import RunMaker, Settled, one_run, set_evaluation
from .start import require_same_backbone, set_start
from .videos import SweepData, sweep_data


def make_plan(
    axes: Axes,
    data: SweepData,
    execution: str,
    device: str,
    pool_path: str,
    data_of: Callable[[Dataset], SweepData] = sweep_data,
) -> Plan:
    """Resolves every run that the axes ask for, and what those need.

    Args:
        axes: What to compare.
        data: What to train and test on.
        execution: Execution fingerprint of all runs.
        device: ``cpu`` or ``cuda``.
        pool_path: Path that the sweep's pool file will have; those of named regimes lie beside it.
        data_of: Function that finds the videos which networks are pretrained on.

    Raises:
        ConfigError: a config is absent or does not fit the sweep, or the axes ask for no run.
    """
    for method in axes.student_methods:
        require_importable(method)
    maker = RunMaker(execution, device)
    pools: dict[str, Pool] = {}
    wanted: dict[str, set[str]] = {}
    for regime in axes.regimes:
        pool = str(pool_file(Path(pool_path), regime.name, axes.first_regime))
        scoped, keys = axes.within(regime), []
        pools[regime.name] = []
        if scoped.students:
            planner = _RegimePlanner(scoped, data, maker, pool, data_of)
            keys = [run.spec.key for run in planner.wanted()]
            pools[regime.name] = planner.pool
        wanted[regime.name] = _with_ancestors(keys, maker.made)
    needed = set().union(*wanted.values())
    if not needed:
        raise ConfigError(
            f'no run to plan: methods {", ".join(axes.methods)} with '
            f'num_teachers {", ".join(map(str, axes.num_teachers))} and '
            f'seeds {", ".join(map(str, axes.seeds))}, as far as regimes and methods have them'
        )
    runs = {key: run for key, run in maker.made.items() if key in needed}
    return Plan(
        name=axes.name,
        runs=runs,
        made=maker.made,
        pools=pools,
        own_methods=axes.own_methods,
        regimes=tuple(axes.described_regimes()),
        keys_by_regime=wanted,
        first_regime=axes.first_regime,
        hosts=axes.hosts,
    )


class _RegimePlanner:
    """Plans the runs of one regime.

    Args:
        axes: The axes within that regime, which is their only one; they have a student.
        data: What to train and test on.
        maker: Makes the runs, those of other regimes among them.
        pool_path: Path that the regime's pool file will have.
        data_of: See :func:`make_plan`.
    """

    def __init__(
        self,
        axes: Axes,
        data: SweepData,
        maker: RunMaker,
        pool_path: str,
        data_of: Callable[[Dataset], SweepData],
    ) -> None:
        self.axes = axes
        (self.regime,) = axes.regimes
        self.data = data
        self.maker = maker
        self.pool_path = pool_path
        self.data_of = data_of
        self.pretrained: dict[tuple[str, str], tuple[PlannedRun, str]] = {}
        self.pool: Pool = []
        self.settled: dict[Hashable, tuple[Settled, tuple[str, ...]]] = {}
        # One config of the first student stands for all in what they share: clips and views.
        self.sharing = self._sharing()
        self.shared = self._config(self.sharing, axes.students[0])
        self.shared_name = f'{self.sharing.name} of {axes.students[0].name}'
        set_evaluation(self.shared, axes)

    def wanted(self) -> Iterable[PlannedRun]:
        """The runs that are asked for; what they need was made before them."""
        for teacher in self.axes.teachers:
            run = self._teacher(teacher)
            if run.spec.teacher != teacher.name:
                raise one_run(f'teachers {run.spec.teacher} and {teacher.name}')
            self.pool.append((teacher, run, self._bank(run)))
        if 'teacher' in self.axes.methods:
            counts = self.axes.of_method('teacher').num_teachers
            yield from (run for _, run, _ in self.pool[: max(counts, default=0)])
        if 'ensemble' in self.axes.methods:
            # One teacher is no ensemble.
            counts = self.axes.of_method('ensemble').num_teachers
            yield from (self._ensemble(k) for k in counts if k > 1)
        methods = [(one, self.axes.of_method(one.name)) for one in self.axes.student_methods]
        for student in self.axes.students:
            for seed in self.axes.seeds:
                for method, asked in methods:
                    if seed in asked.seeds and student in asked.students:
                        yield from self._students(method, student, seed, asked.num_teachers)

    def _sharing(self) -> Method:
        """The method whose config stands for all: plain, or the first wanted where it has none."""
        floor = self.axes.known.row(FLOOR)
        plain = student_config_path(self.axes.student_config, floor, self.axes.students[0].name)
        wanted = self.axes.student_methods
        return floor if not wanted or find_config_by_path(plain) is not None else wanted[0]

    def _students(
        self, method: Method, student: Student, seed: int, asked: Iterable[int]
    ) -> Iterable[PlannedRun]:
        """The runs of a method, one a number of teachers where that makes a difference."""
        if method.parents == 'own_kind':
            yield self._of_own_kind(method, student, seed)
            return
        counts = [k for k in asked if k >= method.fewest]
        if method.parents == 'stages':
            stages = self._stages(method, student, seed, max(counts, default=0))
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

    def _stages(
        self, method: Method, student: Student, seed: int, largest: int
    ) -> list[PlannedRun]:
        """Every stage up to the largest K: each starts from the weights of the one before."""
        stages: list[PlannedRun] = []
        for k in range(1, largest + 1):
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
            name = teacher.config or teacher.name
            path = fill_in('teacher_config', self.axes.teacher_config, teacher=name)
            config = self.maker.config(path, lambda: load_config(path))
        hook = method_hook(config, RUN_KINDS['teacher'], teacher.name)
        hook['view_seed'] = self.axes.teacher_view_seed
        where = f'teacher {teacher.name}'
        return self._make(
            config,
            of=f'teacher of {teacher.name}',
            method=RUN_KINDS['teacher'],
            student=teacher.student,
            teacher=teacher.name,
            seed=teacher.seed,
            epochs=self.axes.teacher_epochs,
            full_epochs=self.axes.teacher_epochs,
            view_seed=self.axes.teacher_view_seed,
            parents=self._starting(config, teacher.student, where),
        )

    def _starting(self, config: Config, student: str, where: str) -> tuple[str, ...]:
        """Sets where a network starts and how its clips are normalised.

        Returns:
            Keys of the runs whose weights it starts from.
        """
        set_normalization(config, self.regime, where)

        def pretraining(modality: str, network: dict) -> str:
            kind = student, modality
            if kind not in self.pretrained:
                self.pretrained[kind] = self._pretraining(*kind)
            run, path = self.pretrained[kind]
            require_same_backbone(network, run.config, where, path)
            return run.spec.key

        return tuple(set_start(config, self.regime, student, where, pretraining))

    def _pretraining(self, student: str, modality: str) -> tuple[PlannedRun, str]:
        """The training that backbones of a kind start from, and the path of its config."""
        own = self.regime.pretraining
        assert own is not None, 'only a regime with pretraining asks for it'
        path = fill_in('start.config', own.config, student=student, modality=modality)
        config = self.maker.config(path, lambda: load_config(path))
        name = f'{student}-{modality}'
        row = RUN_KINDS['pretraining']
        method_hook(config, row, path)['view_seed'] = own.seed
        set_normalization(config, self.regime, f'config {path}')
        epochs = own.epochs or config.train_cfg.max_epochs
        run = self._make(
            config,
            of=f'pretraining of {name}',
            data=self.data_of(own.dataset),
            method=row,
            student=student,
            teacher=name,
            seed=own.seed,
            epochs=epochs,
            full_epochs=epochs,
            view_seed=own.seed,
        )
        return run, path

    def _bank(self, teacher: PlannedRun) -> PlannedRun:
        config = copy.deepcopy(self.shared)
        # The students' views, as the bank's process must have them.
        method_hook(config, self.sharing, self.shared_name).update(
            view_seed=self.axes.view_seed, num_views=self.axes.bank_views
        )
        dataset = config.train_dataloader.dataset.to_dict()
        dataset['pipeline'] = teacher_pipeline(dataset['pipeline'], teacher.config)
        return self._make(
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
        return self._make(
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
        settled, starts_from = self._settled_student(method, student, seed, num_teachers)
        return self.maker.make(
            self.axes,
            settled,
            student=student.name,
            seed=seed,
            num_teachers=num_teachers,
            full_epochs=epochs_of(
                method, self.axes.full_epochs, num_teachers, self.axes.bank_views
            ),
            # What it learns from comes first.
            parents=(*(run.spec.key for run in parents), *starts_from),
        )

    def _settled_student(
        self, method: Method, student: Student, seed: int, num_teachers: int
    ) -> tuple[Settled, tuple[str, ...]]:
        """A student's config, and keys of the runs whose weights it starts from.

        Where the seed stands nowhere but in its randomness, students of all seeds share it.
        """
        # Which labels are wrong follows from the seed.
        noisy = seed if self.regime.label_noise else None
        name = method.name, student.name, num_teachers, noisy
        if name in self.settled:
            return self.settled[name]
        config = self._config(method, student)
        of = f'{method.name} of {student.name}'
        set_options(config, self.regime.options_of(method.name), of)
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
        set_label_noise(config, self.regime.label_noise, seed, of)
        starts_from = self._starting(config, student.name, of)
        epochs = epochs_of(method, student.epochs, num_teachers, self.axes.bank_views)
        settled = self.maker.settle(
            self.axes, self.data, config, method=method, epochs=epochs, of=of
        )
        self.settled[name] = settled, starts_from
        return self.settled[name]

    def _config(self, method: Method, student: Student) -> Config:
        """A student's config as it is read, to be changed at will."""

        def read() -> Config:
            config = student_config(self.axes.student_config, method, student.name)
            # Views are compared before a run is made of it.
            require_plain(config.to_dict(), f'config of {method.name} of {student.name}')
            return config

        return self.maker.config((method.name, student.name), read)

    def _make(
        self,
        config: Config,
        *,
        method: Method,
        epochs: int,
        of: str,
        data: SweepData | None = None,
        hook: str | None = None,
        identified_by: dict[str, Any] | None = None,
        **facts: Any,
    ) -> PlannedRun:
        """The one run of a config."""
        settled = self.maker.settle(
            *(self.axes, data or self.data, config),
            method=method,
            epochs=epochs,
            of=of,
            hook=hook,
            identified_by=identified_by,
        )
        return self.maker.make(self.axes, settled, **facts)


def _with_ancestors(keys: Iterable[str], runs: dict[str, PlannedRun]) -> set[str]:
    needed: set[str] = set()
    pending = list(keys)
    while pending:
        key = pending.pop()
        if key not in needed:
            needed.add(key)
            pending += runs[key].spec.parents
    return needed
