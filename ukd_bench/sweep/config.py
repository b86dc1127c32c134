"""The axes of a sweep, read from a config file and checked key by key."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from types import NoneType
from typing import Any, get_args

from ..checks import did_you_mean, is_a
from ..data.views.protocols import protocol
from ..errors import ConfigError, quoted
from ..files.configs import read_config
from ..methods.distillation import Distillation
from ..methods.known import KnownMethods
from ..methods.own import OwnMethod, own_methods
from ..methods.table import METHODS, ON_DEMAND, Method
from ..records.record import LAST_EPOCH, SELECTIONS

SWEEP_METHODS = tuple(method for method in METHODS if method not in ON_DEMAND)
"""Names of methods and runs that a sweep may ask for, beside methods of its own."""
_SEEDS = range(2**32 - 10_000)
"""NumPy takes seeds below 2**32, and loader workers and teachers of a student's own kind count on
from the seed of the run and of the student."""
_MOST_THREADS = 1024
"""More than any machine has cores; torch ends a process that asks for many more."""
_LONGEST_NAME = 200
"""Characters of a name; file systems allow 255 bytes and the suite adds some of its own."""


@dataclass(frozen=True)
class Student:
    """A student backbone and the epochs its runs train for."""

    name: str
    epochs: int


@dataclass(frozen=True)
class PoolTeacher:
    """A teacher of the pool: its name, backbone and seed."""

    name: str
    student: str
    seed: int


@dataclass(frozen=True)
class Dataset:
    """The videos that are trained and tested on.

    Attributes:
        name: What the report calls it, and its folder below ``data``.
        split: Number of the split.
        darkroom: Preset and seed of synthetic videos to make; None for videos on disk.
        edition: Edition whose lists are used, where those of two of ARID lie at one root.
    """

    name: str
    split: int = 1
    darkroom: dict | None = None
    edition: str | None = None


@dataclass(frozen=True)
class Axes:
    """Everything a plan follows from; one field a key of the config file, but for ``own_methods``.

    ``own_methods`` are the dicts among the config's ``methods``; they stay when it is narrowed.
    ``protocol`` is the evaluation protocol, ``selection`` the rule by which the tested epoch is
    chosen; both hold for all runs. ``num_views`` is how many views a bank holds, after which those
    of all students repeat; None for one an epoch of the full schedule. ``distillation`` holds for
    all distilling methods. ``claims`` is the path of the claims file, None for the shipped one.
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
    protocol: str = 'center'
    selection: str = LAST_EPOCH
    claims: str | None = None
    distillation: Distillation = field(default_factory=Distillation)
    own_methods: tuple[OwnMethod, ...] = ()

    def narrowed(
        self,
        methods: list[str] | None = None,
        num_teachers: list[int] | None = None,
        backbones: list[str] | None = None,
        seeds: list[int] | None = None,
        split: int | None = None,
        edition: str | None = None,
    ) -> 'Axes':
        """The axes with some replaced by what the command line asks for.

        Raises:
            ConfigError: the sweep does not have one of the values.
        """
        students = {student.name: student for student in self.students}
        for backbone in backbones or ():
            if backbone not in students:
                raise ConfigError(f'backbone {quoted(backbone)} is none of {", ".join(students)}')
        changed = replace(
            self,
            methods=tuple(methods or self.methods),
            num_teachers=tuple(num_teachers or self.num_teachers),
            students=tuple(students[name] for name in backbones or students),
            seeds=tuple(seeds if seeds is not None else self.seeds),
            dataset=replace(
                self.dataset,
                split=self.dataset.split if split is None else split,
                edition=edition or self.dataset.edition,
            ),
        )
        changed.check()
        return changed

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
            if twice := [name for name in names if names.count(name) > 1]:
                raise ConfigError(f'two {kind}s have the name {twice[0]!r}')
        for method in self.methods:
            if method not in self.sweep_methods:
                raise ConfigError(
                    f'method {quoted(method)} is none of {", ".join(self.sweep_methods)}'
                )
        for count in self.num_teachers:
            if not 1 <= count <= len(self.teachers):
                raise ConfigError(
                    f'num_teachers = {quoted(count)} is not in 1 to {len(self.teachers)}, '
                    f'the size of the pool of sweep {self.name!r}'
                )
        if self.selection not in SELECTIONS:
            raise ConfigError(
                f'selection {quoted(self.selection)} is none of {", ".join(SELECTIONS)}'
            )
        protocol(self.protocol)
        self.distillation.check()
        for key, seed in self._all_seeds():
            if seed not in _SEEDS:
                raise ConfigError(
                    f'{key} = {quoted(seed)} is no seed, a whole number from 0 to {_SEEDS[-1]}'
                )
        if self.teacher_epochs < 1:
            raise ConfigError(f'teacher_epochs = {quoted(self.teacher_epochs)} is not positive')
        if not 1 <= self.threads <= _MOST_THREADS:
            raise ConfigError(f'threads = {quoted(self.threads)} is not in 1 to {_MOST_THREADS}')
        if self.num_views is not None and not 1 <= self.num_views <= self.full_epochs:
            raise ConfigError(
                f'num_views = {quoted(self.num_views)} is not in 1 to full_epochs = '
                f'{quoted(self.full_epochs)}'
            )
        for student in self.students:
            if not 1 <= student.epochs <= self.full_epochs:
                raise ConfigError(
                    f'student {student.name}: epochs = {quoted(student.epochs)} is not in 1 to '
                    f'full_epochs = {quoted(self.full_epochs)}'
                )

    def _all_seeds(self) -> Iterator[tuple[str, int]]:
        for i, seed in enumerate(self.seeds):
            yield f'seeds[{i}]', seed
        for i, teacher in enumerate(self.teachers):
            yield f'teachers[{i}].seed', teacher.seed
        yield 'view_seed', self.view_seed
        yield 'teacher_view_seed', self.teacher_view_seed

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


def _require_name(key: str, name: str) -> None:
    is_plain = name.isprintable() and name.strip() == name and not {*'/\\'} & {*name}
    if name in ('', '.', '..') or not is_plain or len(name) > _LONGEST_NAME:
        raise ConfigError(
            f'{key} = {quoted(name)} is no name of a folder: printable characters without '
            f'slashes, and no more than {_LONGEST_NAME} of them'
        )


def read_axes(path: Path) -> Axes:
    """Reads a sweep config.

    Raises:
        ConfigError: the file is absent, is no config, or has a key or value that cannot be used.
    """
    content, own = _without_dicts(read_config(path, 'sweep config').to_dict())
    axes = _build(Axes, content, str(path))
    axes = replace(axes, own_methods=own_methods(own, f'{path}: methods'))
    axes.check()
    return axes


def _without_dicts(content: dict) -> tuple[dict, dict[int, dict]]:
    """A config with the names of its own methods in place of them, and these by place."""
    methods = content.get('methods')
    if not isinstance(methods, (list, tuple)):
        return content, {}
    own = {i: item for i, item in enumerate(methods) if isinstance(item, dict)}
    names = [str(item.get('name')) if i in own else item for i, item in enumerate(methods)]
    return content | dict(methods=names), own


_NESTED: dict[str, type] = {
    'dataset': Dataset, 'students': Student, 'teachers': PoolTeacher, 'distillation': Distillation,
}  # fmt: skip
_LISTS: dict[str, type] = {
    'students': dict, 'teachers': dict, 'methods': str, 'num_teachers': int, 'seeds': int,
}  # fmt: skip
_DICTS = ('dataset', 'darkroom', 'distillation')


def _build(kind: type, content: dict, where: str) -> Any:
    known = {one.name: one for one in fields(kind) if one.name != 'own_methods'}
    for key in content:
        if key not in known:
            raise ConfigError(
                f'{where}: key {quoted(key)} does not exist{did_you_mean(key, known)}'
            )
    values: dict[str, Any] = {}
    for name, one in known.items():
        if name in content:
            values[name] = _convert(name, one.type, content[name], where)
        # The two are equal only where the field has neither.
        elif one.default is one.default_factory:
            raise ConfigError(f'{where}: key {name!r} is absent')
    return kind(**values)


def _convert(name: str, kind: Any, value: Any, where: str) -> Any:
    nested = _NESTED.get(name)
    if name in _LISTS:
        if not isinstance(value, (list, tuple)) or not value:
            raise ConfigError(
                f'{where}: key {name!r} is {quoted(value)}, not a list of at least one'
            )
        for item in value:
            _require_kind(f'{where}: {name}', item, _LISTS[name])
        if nested:
            return tuple(
                _build(nested, item, f'{where}: {name}[{i}]') for i, item in enumerate(value)
            )
        return tuple(value)
    if name in _DICTS:
        if value is not None or nested:
            _require_kind(f'{where}: {name}', value, dict)
        return _build(nested, value, f'{where}: {name}') if nested else value
    # Of `kind | None`, a value that is given must be of the kind.
    kinds = [kind] if isinstance(kind, type) else [*get_args(kind)]
    if value is not None or NoneType not in kinds:
        _require_kind(f'{where}: {name}', value, *(one for one in kinds if one is not NoneType))
    return value


def _require_kind(where: str, value: Any, *kinds: type) -> None:
    # A whole number is a number.
    allowed = (*kinds, int) if float in kinds else kinds
    if not is_a(value, *allowed):
        names = ' or '.join(kind.__name__ for kind in kinds)
        raise ConfigError(f'{where} is {quoted(value)}, not of type {names}')
