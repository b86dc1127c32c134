"""What the memory of is asked: a student, its teachers, and the methods that train it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mmengine.config import Config

from ....errors import ConfigError
from ....files.configs import read_config
from ....methods.config_files import custom_hooks, set_amp
from ....methods.student_config import method_hook, set_hook, student_config
from ....methods.table import FLOOR, METHOD_TABLE, REPLAY_HOOK

TEACHER, BANK = 'teacher', 'bank'
"""Cells of what comes before a student."""
VIEW_SEED = 0


@dataclass(frozen=True)
class Cell:
    """What is rehearsed at once.

    Attributes:
        method: A method, or ``teacher`` or ``bank``.
        num_teachers: K; 0 where the method has none.
        kind: Which kind of teacher of the pool a teacher or bank is of.
    """

    method: str
    num_teachers: int = 0
    kind: int = 0


@dataclass(frozen=True)
class Subject:
    """A student with its teachers; it can be sent to other processes.

    Attributes:
        student: What it is called.
        template: Path of its configs with ``{method}`` and ``{student}`` in it, or of one config
            that serves all methods.
        pool: Paths of configs of the kinds of teachers, in pool order; a longer pool repeats them.
        batch_size: Clips a step; None for that of the configs.
        device: ``cuda`` or ``cpu``.
        clip: Frames, height and width of a clip; None for those of the configs.
        libraries: Of which GPUs the libraries are whose own memory is predicted, too; see
            :data:`.fake.stage.LIBRARIES`.
        amp: Whether all is trained in automatic mixed precision, whatever the configs say.
    """

    student: str
    template: str
    pool: tuple[str, ...]
    batch_size: int | None
    device: str
    clip: tuple[int, int, int] | None = None
    amp: bool = False
    libraries: str | None = None

    @cached_property
    def kinds(self) -> list[Config]:
        """Training configs of the kinds of teachers."""
        return [self._sized(read_config(Path(path))) for path in self.pool]

    def cells(self, methods: Sequence[str], teachers: Sequence[int]) -> list[Cell]:
        """The cells of some methods, those that grow with K at each K that they exist for.

        Cells of the teachers' trainings and banks come first, if one of the methods has teachers.

        Raises:
            ConfigError: there is no such method.
        """
        for method in methods:
            if method not in METHOD_TABLE:
                raise ConfigError(f'method {method!r} is none of {", ".join(METHOD_TABLE)}')
        rows = [METHOD_TABLE[method] for method in METHOD_TABLE if method in methods]
        found = []
        if any(row.reads for row in rows):
            kinds = range(len(self.pool))
            found = [Cell(name, kind=kind) for name in (TEACHER, BANK) for kind in kinds]
        for row in rows:
            numbers = sorted({k for k in teachers if k >= row.fewest}) if row.by_count else [0]
            found += [Cell(row.name, k) for k in numbers]
        return found

    def config(self, cell: Cell, pool: list[dict[str, Any]]) -> Config:
        """The config that a cell is trained by, with the method's hook in it.

        Args:
            cell: No bank.
            pool: Entries of its first K teachers.

        Raises:
            ConfigError: there is none, or the method needs a file of its own.
        """
        if cell.method == TEACHER:
            return self.kinds[cell.kind]
        method = METHOD_TABLE[cell.method]
        config = self.student_config(cell.method)
        if cell.method == FLOOR and '{' not in self.template:
            return config
        hook = method_hook(config, method, self.template)
        set_hook(
            hook, method, num_teachers=cell.num_teachers, view_seed=VIEW_SEED, num_views=1,
            pool=pool if method.reads else None,
        )  # fmt: skip
        if method.parents == 'stages' and cell.num_teachers > 1:
            hook['previous'] = pool[-1]['checkpoint']
        return config

    def student_config(self, method: str = FLOOR) -> Config:
        """The config of the student of a method, without what depends on K."""
        row = METHOD_TABLE[method]
        if '{' in self.template:
            return self._sized(student_config(self.template, row, self.student))
        config = self._sized(read_config(Path(self.template)))
        if method == FLOOR:
            return config
        if row.hook is None and row.borrows is None:
            raise ConfigError(
                f'{self.template}: {method!r} differs from {FLOOR!r} by more than its hook: give '
                'a path with {method} in it, where it has a file of its own'
            )
        hooks = [hook for hook in custom_hooks(config) if hook.get('type') == REPLAY_HOOK]
        if not hooks:
            hooks = [dict(type=REPLAY_HOOK)]
            config.custom_hooks = [*(config.get('custom_hooks') or ()), *hooks]
            hooks = custom_hooks(config)[-1:]
        hooks[0]['type'] = row.hook or REPLAY_HOOK
        return config

    def _sized(self, config: Config) -> Config:
        for section in ('model', 'train_dataloader', 'train_cfg', 'optim_wrapper'):
            if section not in config:
                raise ConfigError(f'config {config.filename}: lacks the section {section!r}')
        if self.batch_size is not None:
            config.train_dataloader.batch_size = self.batch_size
        if self.amp:
            try:
                set_amp(config)
            except ConfigError as error:
                raise ConfigError(f'config {config.filename}: {error}') from error
        return config
