"""The axes of a sweep, and what of them fits each other."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from math import inf
from typing import Any

from ..data.arid.label_noise import require_share
from ..data.views.protocols import protocol
from ..durations import parse_duration
from ..errors import ConfigError, quoted
from ..files.hosts import check_hosts
from ..methods.distillation import Distillation
from ..methods.known import KnownMethods
from ..methods.normalization import require_numbers
from ..methods.own import OwnMethod
from ..methods.table import METHODS, ON_DEMAND, Method
from ..records.record import LAST_EPOCH, SELECTIONS
from ..records.regime import AS_CONFIGURED, BY_CLIP, DEFAULT_REGIME, PURPOSES, SCRATCH
from .executors import SlurmOptions
from .parts import Choice, Dataset, Fixed, PoolTeacher, Regime, Scope, Student

SWEEP_METHODS = tuple(method for method in METHODS if method not in ON_DEMAND)
"""Names of methods and runs that a sweep may ask for, beside methods of its own."""
_SEEDS = range(2**32 - 10_000)
"""NumPy takes seeds below 2**32, and loader workers and teachers of a student's own kind count on
from the seed of the run and of the student."""
_MOST_THREADS = 1024
"""More than any machine has cores; torch ends a process that asks for many more."""
_MOST_GPUS = 64
_IN_ONE_PROCESS = 'ukd_bench.MutualHook'
"""The hook that refuses several processes, which a plan shall tell before anything is trained."""
NO_KEYS = ('own_methods', 'choices', 'first_regime')
"""Fields of the axes that are no keys of a config."""
_LONGEST_NAME = 200
"""Characters of a name; file systems allow 255 bytes and the suite adds some of its own."""


@dataclass(frozen=True)
class Axes:
    """Everything a plan follows from; one field a key of the config file, but for three.

    ``own_methods`` and ``choices`` are the dicts among the config's ``methods``: what describes a
    method, which stays when the axes are narrowed, and what narrows one. ``regimes`` are the
    circumstances in which methods are compared, and ``first_regime`` is the first that the file
    names.
    ``protocol`` is the evaluation protocol, ``selection`` the rule by which the tested epoch is
    chosen; both hold for all runs. ``num_views`` is how many views a bank holds, after which those
    of all students repeat; None for one an epoch of the full schedule. ``gpus_per_run`` is in how
    many processes, each with a GPU of its own, a network is trained. ``distillation`` holds for all
    distilling methods. ``run_limit`` is how long a run may take, in seconds or as ``2h``; None for
    any time. ``hosts`` says which paths begin otherwise on which hosts. ``claims`` is the path of
    the claims file, None for the shipped one.
    ``slurm`` is what a cluster is asked for, and has no part in what runs come to.
    """

    name: str
    dataset: Dataset
    students: tuple[Student, ...]
    full_epochs: int
    teacher_epochs: int
    teachers: tuple[PoolTeacher, ...]
    methods: tuple[str, ...]
    num_teachers: tuple[int, ...]
    seeds: tuple[int, ...]
    student_config: str
    teacher_config: str
    view_seed: int = 0
    teacher_view_seed: int = 1
    num_views: int | None = None
    threads: int = 1
    gpus_per_run: int = 1
    hosts: dict = field(default_factory=dict)
    run_limit: str | float | None = None
    protocol: str = 'center'
    selection: str = LAST_EPOCH
    claims: str | None = None
    distillation: Distillation = field(default_factory=Distillation)
    slurm: SlurmOptions = field(default_factory=SlurmOptions)
    regimes: tuple[Regime, ...] = (Regime(),)
    own_methods: tuple[OwnMethod, ...] = ()
    choices: tuple[Choice, ...] = ()
    first_regime: str = DEFAULT_REGIME

    def narrowed(
        self,
        methods: list[str] | None = None,
        num_teachers: list[int] | None = None,
        backbones: list[str] | None = None,
        seeds: list[int] | None = None,
        split: int | None = None,
        edition: str | None = None,
        regimes: list[str] | None = None,
    ) -> 'Axes':
        """The axes with some replaced by what the command line asks for.

        Raises:
            ConfigError: the sweep does not have one of the values.
        """
        students = {student.name: student for student in self.students}
        by_name = {regime.name: regime for regime in self.regimes}
        _require_among('backbone', backbones, students)
        _require_among('regime', regimes, by_name)
        changed = replace(
            self,
            methods=tuple(methods or self.methods),
            num_teachers=tuple(num_teachers or self.num_teachers),
            students=tuple(students[name] for name in backbones or students),
            seeds=tuple(seeds if seeds is not None else self.seeds),
            regimes=tuple(by_name[name] for name in regimes or by_name),
            dataset=replace(
                self.dataset,
                split=self.dataset.split if split is None else split,
                edition=edition or self.dataset.edition,
            ),
        )
        changed.check()
        return changed

    def within(self, regime: Regime) -> 'Axes':
        """The axes as they are in one regime.

        Args:
            regime: One of the axes' own.
        """
        epochs = regime.epochs
        students = self.students
        if epochs is not None:
            students = tuple(replace(student, epochs=epochs) for student in students)
        methods = [
            name
            for name in self.methods
            if name in (regime.methods or self.methods)
            and regime.name in (self.choice(name).regimes or (regime.name,))
        ]
        return replace(
            self._in(regime),
            regimes=(regime,),
            students=tuple(one for one in students if _asks_for(regime.students, one.name)),
            full_epochs=epochs or self.full_epochs,
            num_views=regime.num_views or self.num_views,
            teachers=self._pool(regime),
            teacher_epochs=regime.teacher_epochs or self.teacher_epochs,
            methods=tuple(methods),
            distillation=regime.distillation or self.distillation,
        )

    def _pool(self, regime: Regime) -> tuple[PoolTeacher, ...]:
        """The teachers of a regime, in the order that it has them in."""
        by_name = {teacher.name: teacher for teacher in self.teachers}
        return tuple(by_name[name] for name in regime.teachers or by_name)

    def of_method(self, name: str) -> 'Axes':
        """The axes with what is asked of one method alone."""
        choice = self.choice(name)
        students = tuple(one for one in self.students if _asks_for(choice.students, one.name))
        return replace(self._in(choice), students=students)

    def choice(self, name: str) -> Choice:
        """What is asked of a method; everything where the config does not say."""
        return next((one for one in self.choices if one.name == name), Choice())

    def _in(self, scope: Scope) -> 'Axes':
        return replace(
            self,
            num_teachers=tuple(k for k in self.num_teachers if _asks_for(scope.num_teachers, k)),
            seeds=tuple(seed for seed in self.seeds if _asks_for(scope.seeds, seed)),
        )

    def check(self) -> None:
        """Checks values against each other.

        Raises:
            ConfigError: naming the first that does not fit.
        """
        # These are names of folders, and what is written there must stay there.
        _require_name('name', self.name)
        _require_name('dataset.name', self.dataset.name)
        for kind, items in (('student', self.students), ('teacher', self.teachers)):
            names = [item.name for item in items]
            for i, name in enumerate(names):
                _require_name(f'{kind}s[{i}].name', name)
            require_once(kind, names)
        _require_among('method', self.methods, self.sweep_methods)
        for count in self.num_teachers:
            if not 1 <= count <= len(self.teachers):
                raise ConfigError(
                    f'num_teachers = {quoted(count)} is not in 1 to {len(self.teachers)}, '
                    f'the size of the pool of sweep {self.name!r}'
                )
        _require_among('selection', [self.selection], SELECTIONS)
        protocol(self.protocol)
        self.distillation.check()
        self.slurm.check('slurm')
        require_once('regime', [regime.name for regime in self.regimes])
        for regime in self.regimes:
            self._check_regime(regime)
        for key, seed in self._all_seeds():
            if seed not in _SEEDS:
                raise ConfigError(
                    f'{key} = {quoted(seed)} is no seed, a whole number from 0 to {_SEEDS[-1]}'
                )
        if self.teacher_epochs < 1:
            raise ConfigError(f'teacher_epochs = {quoted(self.teacher_epochs)} is not positive')
        if not 1 <= self.threads <= _MOST_THREADS:
            raise ConfigError(f'threads = {quoted(self.threads)} is not in 1 to {_MOST_THREADS}')
        if not 1 <= self.gpus_per_run <= _MOST_GPUS:
            raise ConfigError(
                f'gpus_per_run = {quoted(self.gpus_per_run)} is not in 1 to {_MOST_GPUS}, as many '
                'as one machine may have'
            )
        if self.gpus_per_run > 1:
            for method in self.student_methods:
                if method.hook == _IN_ONE_PROCESS:
                    raise ConfigError(
                        f'gpus_per_run = {self.gpus_per_run}: method {method.name} trains its '
                        'networks in one process alone'
                    )
        self._check_limit()
        check_hosts(self.hosts)
        self._check_views('', self.num_views, self.full_epochs)
        for student in self.students:
            if not 1 <= student.epochs <= self.full_epochs:
                raise ConfigError(
                    f'student {student.name}: epochs = {quoted(student.epochs)} is not in 1 to '
                    f'full_epochs = {quoted(self.full_epochs)}'
                )

    def _check_views(self, where: str, num_views: int | None, epochs: int) -> None:
        if num_views is not None and not 1 <= num_views <= epochs:
            raise ConfigError(
                f'{where}num_views = {quoted(num_views)} is not in 1 to full_epochs = '
                f'{quoted(epochs)}'
            )

    def _check_regime(self, regime: Regime) -> None:
        where = f'regime {quoted(regime.name)}'
        _require_name('name of a regime', regime.name)
        _require_among(f'{where}: teacher', regime.teachers, [one.name for one in self.teachers])
        pool = regime.teachers or ()
        require_once('teacher', [*pool], f'{where}: ')
        for count in self._in(regime).num_teachers if pool else ():
            if count > len(pool):
                raise ConfigError(
                    f'{where}: num_teachers = {quoted(count)} is not in 1 to {len(pool)}, the size '
                    'of its pool'
                )
        self._check_views(f'{where}: ', regime.num_views, regime.epochs or self.full_epochs)
        _require_among(f'{where}: method', regime.method_cfg_options, self.sweep_methods)
        for method, options in regime.method_cfg_options.items():
            if not isinstance(options, dict):
                raise ConfigError(
                    f'{where}: method_cfg_options: {method} is {quoted(options)}, not of type dict'
                )
        for key, allowed in (
            ('start', (AS_CONFIGURED, SCRATCH)),
            ('normalization', (AS_CONFIGURED, BY_CLIP)),
            ('purpose', PURPOSES),
        ):
            if isinstance(value := getattr(regime, key), str):
                _require_among(f'{where}: {key}', [value], allowed)
        for key in ('epochs', 'teacher_epochs'):
            if getattr(regime, key) is not None and getattr(regime, key) < 1:
                raise ConfigError(f'{where}: {key} = {getattr(regime, key)} is not positive')
        require_share(regime.label_noise, f'{where}: ')
        if isinstance(regime.normalization, Fixed):
            require_numbers(asdict(regime.normalization), f'{where}: ')
        if regime.distillation is not None:
            regime.distillation.check()
        if (own := regime.pretraining) is not None:
            _require_name(f'{where}: start.dataset.name', own.dataset.name)
            if own.epochs is not None and own.epochs < 1:
                raise ConfigError(f'{where}: start.epochs = {own.epochs} is not positive')
            for other in self.datasets:
                if other.name == own.dataset.name and other != own.dataset:
                    raise ConfigError(
                        f'{where}: start.dataset has the name {other.name!r} of other videos'
                    )

    def check_scopes(self) -> None:
        """Refuses what narrows the axes to something that they do not have.

        Raises:
            ConfigError: naming the regime or method and the value.
        """
        names = [student.name for student in self.students]
        scopes: list[tuple[str, Scope]] = [
            *((f'regime {quoted(one.name)}', one) for one in self.regimes),
            *((f'method {quoted(one.name)}', one) for one in self.choices),
        ]
        for where, scope in scopes:
            _require_among(f'{where}: student', scope.students, names)
            _require_among(f'{where}: num_teachers', scope.num_teachers, self.num_teachers)
            _require_among(f'{where}: seed', scope.seeds, self.seeds)
        for regime in self.regimes:
            _require_among(f'regime {quoted(regime.name)}: method', regime.methods, self.methods)
        for choice in self.choices:
            regimes = [regime.name for regime in self.regimes]
            _require_among(f'method {quoted(choice.name)}: regime', choice.regimes, regimes)

    @property
    def datasets(self) -> tuple[Dataset, ...]:
        """All videos that are read: the sweep's own, and those of its pretraining; each once."""
        found = [self.dataset]
        for regime in self.regimes:
            if regime.pretraining is not None and regime.pretraining.dataset not in found:
                found.append(regime.pretraining.dataset)
        return tuple(found)

    def described_regimes(self) -> list[Mapping[str, Any]]:
        """What a plan tells of each regime."""
        return [one.described(self.within(one).full_epochs) for one in self.regimes]

    def _all_seeds(self) -> Iterator[tuple[str, int]]:
        for i, seed in enumerate(self.seeds):
            yield f'seeds[{i}]', seed
        for i, teacher in enumerate(self.teachers):
            yield f'teachers[{i}].seed', teacher.seed
        for regime in self.regimes:
            if regime.pretraining is not None:
                yield f'regime {quoted(regime.name)}: start.seed', regime.pretraining.seed
        yield 'view_seed', self.view_seed
        yield 'teacher_view_seed', self.teacher_view_seed

    def _check_limit(self) -> None:
        try:
            seconds = self.limit_s
        except ConfigError as error:
            raise ConfigError(f'run_limit = {error}') from error
        if seconds is not None and not 0 < seconds < inf:
            raise ConfigError(f'run_limit = {quoted(self.run_limit)} is no number of seconds')

    @property
    def limit_s(self) -> float | None:
        """Seconds that a run may take."""
        limit = self.run_limit
        return parse_duration(limit) if isinstance(limit, str) else limit

    @property
    def bank_views(self) -> int:
        """Views in every bank: enough for all students, whichever of them are asked for."""
        return self.num_views or self.full_epochs

    @cached_property
    def known(self) -> KnownMethods:
        """The suite's methods and the config's own."""
        return KnownMethods(self.own_methods)

    @property
    def sweep_methods(self) -> tuple[str, ...]:
        """Names that ``methods`` may hold."""
        return (*SWEEP_METHODS, *(method.row.name for method in self.own_methods))

    @property
    def student_methods(self) -> tuple[Method, ...]:
        """The methods asked for that train a student."""
        return tuple(self.known.rows[name] for name in self.methods if name in self.known.rows)


def _asks_for(scope: tuple | None, value: Any) -> bool:
    return scope is None or value in scope


def _require_among(kind: str, values: Any, known: Any) -> None:
    for value in values or ():
        if value not in known:
            raise ConfigError(f'{kind} {quoted(value)} is none of {", ".join(map(str, known))}')


def require_once(kind: str, names: list[str], where: str = '') -> None:
    """Refuses a name that stands twice; ``where`` begins the message.

    Raises:
        ConfigError: naming it.
    """
    if twice := [name for name in names if names.count(name) > 1]:
        raise ConfigError(f'{where}two {kind}s have the name {twice[0]!r}')


def _require_name(key: str, name: str) -> None:
    is_plain = name.isprintable() and name.strip() == name and not {*'/\\'} & {*name}
    if name in ('', '.', '..') or not is_plain or len(name) > _LONGEST_NAME:
        raise ConfigError(
            f'{key} = {quoted(name)} is no name of a folder: printable characters without '
            f'slashes, and no more than {_LONGEST_NAME} of them'
        )
