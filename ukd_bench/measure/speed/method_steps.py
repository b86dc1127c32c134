"""Trainings of every method with one student, prepared by the Runner and driven step by step."""

import copy
import itertools
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from mmaction.registry import MODELS
from mmaction.utils import register_all_modules
from mmengine.config import Config
from mmengine.registry import LOOPS
from mmengine.runner import EpochBasedTrainLoop, Runner
from torch import nn

from ...errors import ConfigError
from ...files.checkpoints import save_weights
from ...knowledge.bank.fill_one import fill
from ...knowledge.pool import read_pool
from ...methods.config_files import load_config, set_amp, set_channels_last
from ...methods.student_config import method_hook, set_hook, student_config
from ...methods.table import FLOOR, METHOD_TABLE
from ...records.scratch import start_from_scratch
from .networks import Networks
from .synthetic import Synthetic

METHODS = tuple(name for name, method in METHOD_TABLE.items() if method.own_step)
"""Methods whose step is one of its own: other methods of the comparison take the step of one of
these, or need more than dark clips."""
BATCHES = 2
"""Different batches that every training goes through, over and over."""
VIEW_SEED = 0
"""Of the one view that all trainings draw."""
_EPOCHS = 100_000
"""More than will be trained: schedules end with their last epoch."""

_serial = itertools.count()


@dataclass(frozen=True)
class Variant:
    """A method with a number of teachers.

    Attributes:
        method: One of :data:`METHODS`.
        num_teachers: K; 0 where the method has none.
        channels_last: Whether the weights of its convolutions lie with their channels last; None
            leaves that to the student's config.
    """

    method: str
    num_teachers: int
    channels_last: bool | None = None


def variants(
    methods: Sequence[str], teachers: Sequence[int], channels_last: bool | None = None
) -> list[Variant]:
    """The variants of some methods in the order of :data:`METHODS`, those without K once.

    Raises:
        ConfigError: there is no such method, or none of those numbers is one of its.
    """
    for method in methods:
        if method not in METHODS:
            raise ConfigError(f'method {method!r} is none of {", ".join(METHODS)}')
    found = []
    for name in (name for name in METHODS if name in methods):
        row = METHOD_TABLE[name]
        numbers = sorted({k for k in teachers if k >= row.fewest}) if row.by_count else [0]
        if not numbers:
            raise ConfigError(f'method {name!r} takes K = {row.fewest} or more')
        found += [Variant(name, k, channels_last) for k in numbers]
    return found


@LOOPS.register_module()
class SteppedTrainLoop(EpochBasedTrainLoop):
    """Begins the first epoch and hands over: whoever holds the loop runs its iterations."""

    def run(self) -> nn.Module:
        """Begins training and its first epoch; returns the model in training mode."""
        self.runner.call_hook('before_train')
        self.runner.call_hook('before_train_epoch')
        self.runner.model.train()
        return self.runner.model


class Training:
    """A training that has begun.

    All batches are loaded when it is made, so a step is what the Runner does between two batches:
    the hooks before it, ``train_step``, the hooks after it.

    Args:
        config: With :class:`SteppedTrainLoop`.

    Attributes:
        runner: MMEngine's.
        device: Where it computes.
        batches: Whole batches as the loader made them.
    """

    def __init__(self, config: Config) -> None:
        self.runner = Runner.from_cfg(config)
        self.runner.train()
        self.device = next(self.runner.model.parameters()).device
        size = config.train_dataloader.batch_size
        whole = (batch for batch in self.runner.train_dataloader if len(batch['inputs']) == size)
        self.batches = list(itertools.islice(whole, BATCHES))
        self._next = 0

    def draw(self) -> dict:
        """The next batch, to be used once: hooks take things out of it and put others in."""
        batch = self.batches[self._next % len(self.batches)]
        self._next += 1
        return {name: _copy(value) for name, value in batch.items()}

    def step(self, batch: dict) -> None:
        """One training step, finished when this returns."""
        self.runner.train_loop.run_iter(0, batch)
        if self.device.type == 'cuda':
            torch.cuda.synchronize(self.device)


def _copy(value: Any) -> Any:
    """Copies containers and data samples; clips are shared, as nobody writes into them."""
    if isinstance(value, torch.Tensor):
        return value
    if isinstance(value, list):
        return [_copy(item) for item in value]
    if isinstance(value, dict):
        return {name: _copy(item) for name, item in value.items()}
    return copy.deepcopy(value)


class Workshop:
    """Makes trainings on synthetic clips: the clips, and teachers with banks as far as needed.

    Teachers are of the kinds of the networks' pool, in its order, over and over. Their weights, and
    those that students start from, are random: how long a step takes does not depend on what they
    know. So teachers of one kind have the same weights, and each is a network of its own
    nevertheless.

    Args:
        folder: For everything that is made; empty.
        networks: The student and the kinds of its teachers.
        batch_size: Clips a step.
        device: Where everything computes.
        amp: Whether trainings mix precisions.
    """

    def __init__(
        self, folder: Path, networks: Networks, batch_size: int, device: str, amp: bool = False
    ) -> None:
        register_all_modules(init_default_scope=True)
        self.folder = folder
        self.networks = networks
        self.batch_size = batch_size
        self.device = device
        self.amp = amp
        self.root = folder / 'videos'
        # A config that cannot be used is told before clips are made.
        self._student_config(FLOOR)
        # Two of a class at least, for targets of another clip. Starting processes would take longer
        # than so few small clips. Configs of larger networks enlarge them to their own size.
        Synthetic(clips=max(BATCHES * batch_size, 22)).make(self.root, 1, train_only=True)
        self._pool: list[dict] = []

    def train(self, variant: Variant) -> Training:
        """A new training of that kind.

        Raises:
            ConfigError: MMEngine computes on another device than asked for.
        """
        training = Training(self.config(variant))
        if training.device.type != self.device:
            # MMEngine takes a GPU wherever it sees one.
            raise ConfigError(
                f'the measurement is of {self.device}, but MMEngine uses {training.device.type}: '
                "CUDA_VISIBLE_DEVICES='' hides GPUs from it"
            )
        return training

    def config(self, variant: Variant) -> Config:
        """The training config of a variant, as a sweep plans it.

        One view is enough: which view a batch is drawn from does not change the step. Logs and
        checkpoints are left out, as they are no part of any method.
        """
        method, k = METHOD_TABLE[variant.method], variant.num_teachers
        config = self._student_config(variant.method)
        hook = method_hook(config, method, variant.method)
        pool = self.pool(k, banks=method.reads == 'banks') if method.reads else None
        set_hook(hook, method, num_teachers=k, view_seed=VIEW_SEED, num_views=1, pool=pool)
        if method.parents == 'stages' and k > 1:
            hook.previous = str(self._random_weights(config, 'previous'))
        config.merge_from_dict(
            dict(
                work_dir=str(self.folder / 'mmengine'),
                # Loggers and histories are found by it.
                experiment_name=f'steps{next(_serial)}',
                log_level='ERROR',
                randomness=dict(seed=0),
                train_cfg=dict(type='SteppedTrainLoop', max_epochs=_EPOCHS),
                default_hooks=dict(logger=None, checkpoint=None),
            )
        )
        schedulers = config.param_scheduler
        each: list[Any] = [schedulers] if isinstance(schedulers, dict) else [*schedulers]
        for scheduler in each:
            # Others go on as they end.
            if 'total_steps' in scheduler:
                scheduler.total_steps = _EPOCHS
        if variant.channels_last is not None:
            set_channels_last(config, variant.channels_last)
        return config

    def pool(self, num_teachers: int, banks: bool) -> list[dict]:
        """Entries of the pool's first K, whose banks are filled if they shall be read."""
        while len(self._pool) < num_teachers:
            self._pool.append(self._make_teacher(len(self._pool)))
        entries = self._pool[:num_teachers]
        if banks:
            self._fill(entries)
        return copy.deepcopy(entries)

    def _fill(self, entries: list[dict]) -> None:
        dataset = self._student_config(FLOOR).train_dataloader.dataset.to_dict()
        for number, entry in enumerate(read_pool(entries)):
            if entry.bank.exists():
                continue
            # Teachers of one kind know the same: the first one's scores are everyone's.
            first = Path(entries[self._kind_of(number)]['bank'])
            if first.exists():
                shutil.copytree(first, entry.bank)
            else:
                fill(entry, dataset, VIEW_SEED, num_views=1, device=self.device)

    def _make_teacher(self, number: int) -> dict:
        kind = self._kind_of(number)
        path = self.folder / f'kind-{kind}.py'
        if not path.exists():
            config = load_config(self.networks.pool[kind])
            start_from_scratch(config, self.networks.pool[kind])
            config.dump(path)
            self._random_weights(config, path.stem, seed=kind + 1)
        return dict(
            name=f'teacher-{number}',
            config=str(path),
            checkpoint=str(path.with_suffix('.pth')),
            bank=str(self.folder / f'teacher-{number}-bank'),
        )

    def _kind_of(self, number: int) -> int:
        """Place in the pool of the first teacher that has the config of a teacher of that place."""
        pool = self.networks.pool
        return pool.index(pool[number % len(pool)])

    def _random_weights(self, config: Config, name: str, seed: int = 0) -> Path:
        path = self.folder / f'{name}.pth'
        if not path.exists():
            with torch.random.fork_rng():
                torch.manual_seed(seed)
                model = MODELS.build(copy.deepcopy(config.model))
                model.init_weights()
            save_weights(model, path)
        return path

    def _student_config(self, method: str) -> Config:
        template, student = self.networks.template, self.networks.student
        config = student_config(template, METHOD_TABLE[method], student)
        start_from_scratch(config, f'{method} of {student}')
        loader = config.train_dataloader
        # Processes that load would outlive the two batches for which they are asked.
        loader.update(batch_size=self.batch_size, num_workers=0, persistent_workers=False)
        loader.pop('prefetch_factor', None)
        loader.dataset.data_root = str(self.root)
        if self.amp:
            set_amp(config)
        return config
