"""The memory of methods: a row for what each does, rehearsed on a stage."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config

from ...errors import ConfigError
from ...files.configs import read_config
from ...files.checkpoints import save_weights, state_bytes
from ...knowledge.identity import model_section
from ...knowledge.pool import read_pool
from ...methods.config_files import custom_hooks, fill_in, find_config_by_path, load_config
from ...methods.student_config import method_hook, set_hook, student_config
from ...methods.table import FLOOR, METHOD_TABLE, REPLAY_HOOK
from .rehearsal import VIEW_SEED, rehearse_fill, rehearse_training, train_set
from .stage import FakeStage, Stage
from .stand_in import make_stand_in

TEACHER, BANK = 'teacher', 'bank'


@dataclass(frozen=True)
class Subject:
    """What is rehearsed.

    Attributes:
        student: Name of the student.
        template: Path of its configs with ``{method}`` and ``{student}``, or of its one config.
        pool: Paths of the configs of teachers, in pool order; a longer pool repeats them.
        batch_size: Clips a step.
        device: ``cuda`` or ``cpu``.
    """

    student: str
    template: str
    pool: tuple[str, ...]
    batch_size: int
    device: str


@dataclass(frozen=True)
class Cell:
    """What one process does.

    Attributes:
        method: A method, or ``teacher`` or ``bank`` for what comes before students.
        num_teachers: K; 0 where there is none, and for the kind of a teacher its place in the pool.
    """

    method: str
    num_teachers: int = 0


class Bench:
    """Prepares what a subject's trainings need, and rehearses them.

    Args:
        folder: For everything that is made; another process may have prepared it.
        subject: What is rehearsed.
    """

    def __init__(self, folder: Path, subject: Subject) -> None:
        self.folder = folder
        self.subject = subject

    @cached_property
    def stand_in(self) -> dict[str, str]:
        """The video that all clips are."""
        return make_stand_in(self.folder / 'clips')

    def config(self, cell: Cell) -> Config:
        """The config that a cell trains by, with the method's hook in it."""
        if cell.method == TEACHER:
            return read_config(Path(self.kinds[cell.num_teachers]))
        method = METHOD_TABLE[cell.method]
        config = self._student_config(cell.method)
        if cell.method == FLOOR and not custom_hooks(config):
            return config
        hook = method_hook(config, method, self.subject.template)
        pool = self.pool(cell.num_teachers) if method.reads else None
        set_hook(
            hook, method, num_teachers=cell.num_teachers, view_seed=VIEW_SEED, num_views=1, pool=pool
        )
        return config

    def _student_config(self, method: str) -> Config:
        template = self.subject.template
        if '{' in template:
            return student_config(template, METHOD_TABLE[method], self.subject.student)
        config = read_config(Path(template))
        row = METHOD_TABLE[method]
        if method != FLOOR and row.hook is None and row.borrows is None:
            raise ConfigError(
                f'{template}: {method!r} differs from {FLOOR!r} by its config alone: give a path '
                'with {method} in it, where each has a file of its own'
            )
        mine = [hook for hook in custom_hooks(config) if hook.get('type') == REPLAY_HOOK]
        if not mine and method != FLOOR:
            config.custom_hooks = [*(config.get('custom_hooks') or ()), dict(type=REPLAY_HOOK)]
            mine = custom_hooks(config)[-1:]
        if row.hook is not None:
            mine[0]['type'] = row.hook
        return config

    @property
    def kinds(self) -> tuple[str, ...]:
        """Configs of the pool's kinds of teachers."""
        return self.subject.pool

    def pool(self, num_teachers: int) -> list[dict[str, Any]]:
        """Entries of the first K teachers."""
        return [self._entry(number) for number in range(num_teachers)]

    def _entry(self, number: int) -> dict[str, Any]:
        kind = number % len(self.kinds)
        bank = self.folder / f'bank-{number}'
        if number != kind and not bank.exists():
            # Teachers of one kind would have filled the same.
            shutil.copytree(self.folder / f'bank-{kind}', bank)
        return dict(
            name=f'teacher-{number}',
            config=self.kinds[kind],
            checkpoint=str(self.folder / f'{kind}.pth'),
            bank=str(bank),
        )

    def prepare(self, stage: Stage, kind: int) -> None:
        """Makes the checkpoint and the bank of a kind of teacher: the phase ``fill``.

        A fake stage needs no weights in the checkpoint.
        """
        path = self.folder / f'{kind}.pth'
        if isinstance(stage, FakeStage):
            path.write_bytes(b'no weights')
        else:
            model = model_section(read_config(Path(self.kinds[kind])))
            save_weights(stage.build(model), path)
        self.fill(kind, stage)

    def fill(self, kind: int, stage: Stage) -> None:
        """Rehearses the fill of the bank of a kind of teacher; the bank remains."""
        (entry,) = read_pool([self._entry(kind)])
        config = self._student_config(FLOOR)
        rehearse_fill(entry, train_set(config, self.stand_in, self.subject.batch_size), stage)

    def train(self, cell: Cell, stage: Stage) -> None:
        """Rehearses the training of a cell, and its test."""
        rehearse_training(
            self.config(cell), stage, self.stand_in, self.subject.batch_size, self.folder
        )
