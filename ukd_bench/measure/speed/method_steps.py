"""Trainings of every method with one student, prepared by the Runner and driven step by step."""

import copy
import itertools
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
from ...files.configs import configs_root
from ...knowledge.bank.fill import fill
from ...knowledge.pool import read_pool
from ...methods.table import METHOD_TABLE
from .synthetic import Synthetic

METHODS = (
    'plain', 'label_smoothing', 'wide', 'shuffled', 'ukd', 'naive', 'naive_graph', 'swap', 'random',
    'chain', 'mutual', 'two_stream_dark_light',
)  # fmt: skip
"""Methods whose step is one of its own: other methods of the comparison take the step of one of
these, or need more than dark clips."""
BATCHES = 2
"""Different batches that every training goes through, over and over."""
_EPOCHS = 100_000
"""More than will be trained: schedules end with their last epoch."""

_serial = itertools.count()


def sweep_config() -> Config:
    """The quick sweep, whose students and kinds of teachers are used."""
    return Config.fromfile(configs_root() / 'sweeps' / 'quick.py')


@dataclass(frozen=True)
class Variant:
    """A method with a number of teachers.

    Attributes:
        method: One of :data:`METHODS`.
        num_teachers: K; 0 where the method has none.
        channels_last: Whether the weights of its convolutions lie with their channels last.
    """

    method: str
    num_teachers: int
    channels_last: bool = False


def variants(
    methods: Sequence[str], teachers: Sequence[int], channels_last: bool = False
) -> list[Variant]:
    """The variants of some methods in the order of :data:`METHODS`, those without K once.

    Raises:
        ConfigError: there is no such method, or none of those numbers is one of its.
    """
    for method in methods:
        if method not in METHODS:
            raise ConfigError(f'method {method!r} is none of {", ".join(METHODS)}')
    found = []
    for method in (method for method in METHODS if method in methods):
        facts = METHOD_TABLE[method]
        numbers = sorted(set(teachers)) if facts.by_count else [0]
        mine = [
            Variant(method, k, channels_last)
            for k in numbers
            if k >= facts.fewest or not facts.by_count
        ]
        if not mine:
            raise ConfigError(f'method {method!r} takes K = {facts.fewest} or more')
        found += mine
    return found


@LOOPS.register_module()
class SteppedTrainLoop(EpochBasedTrainLoop):
    """Begins the first epoch and hands over: whoever holds the loop runs its iterations."""

    def run(self) -> nn.Module:
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

    Teachers are of the kinds of the quick sweep's pool, in its order, over and over. Their weights
    are random: how long a step takes does not depend on what they know.

    Args:
        folder: For everything that is made; empty.
        student: Name of one of the sweep's students.
        batch_size: Clips a step.
        device: Where everything computes.

    Raises:
        ConfigError: there is no such student.
    """

    def __init__(self, folder: Path, student: str, batch_size: int, device: str) -> None:
        register_all_modules(init_default_scope=True)
        self.folder = folder
        self.student = student
        self.batch_size = batch_size
        self.device = device
        self.sweep = sweep_config()
        students = [each.name for each in self.sweep.students]
        if student not in students:
            raise ConfigError(f'student {student!r} is none of {", ".join(students)}')
        self.root = folder / 'videos'
        # Two of a class at least, for targets of another clip. Starting processes would take longer
        # than so few small clips.
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
        """The training config of a variant.

        One view is enough: which view a batch is drawn from does not change the step. Logs and
        checkpoints are left out, as they are no part of any method.
        """
        hook = METHOD_TABLE[variant.method].hook
        config = self._student_config('ukd' if hook else variant.method)
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
        for scheduler in config.param_scheduler:
            scheduler.total_steps = _EPOCHS
        if hook is not None:
            self._set_source(config, hook, variant)
        if variant.channels_last:
            config.custom_hooks.append(dict(type='ukd_bench.ChannelsLastHook'))
        return config

    def _set_source(self, config: Config, hook: str, variant: Variant) -> None:
        k = variant.num_teachers
        (options,) = config.custom_hooks
        options.update(type=hook, num_teachers=k, num_views=1)
        reads = METHOD_TABLE[variant.method].reads
        if reads is None:
            del options['pool']
        else:
            options.pool = self.pool(k, banks=reads == 'banks')
        if variant.method == 'chain' and k > 1:
            options.previous = str(self._random_weights(config, 'previous'))

    def pool(self, num_teachers: int, banks: bool) -> list[dict]:
        """Entries of the pool's first K, whose banks are filled if they shall be read."""
        while len(self._pool) < num_teachers:
            self._pool.append(self._make_teacher(len(self._pool)))
        entries = self._pool[:num_teachers]
        if banks:
            dataset = self._student_config('ukd')
            (hook,) = dataset.custom_hooks
            for entry in read_pool(entries):
                if not entry.bank.exists():
                    fill(
                        entry,
                        dataset.train_dataloader.dataset.to_dict(),
                        hook.view_seed,
                        num_views=1,
                        device=self.device,
                    )
        return copy.deepcopy(entries)

    def _make_teacher(self, number: int) -> dict:
        kinds = self.sweep.teachers
        kind = kinds[number % len(kinds)]
        path = configs_root() / self.sweep.teacher_config.format(teacher=kind.name)
        name = f'teacher-{number}'
        config = Config.fromfile(path)
        config.dump(self.folder / f'{name}.py')
        return dict(
            name=name,
            config=str(self.folder / f'{name}.py'),
            checkpoint=str(self._random_weights(config, name, seed=number + 1)),
            bank=str(self.folder / f'{name}-bank'),
        )

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
        name = self.sweep.student_config.format(method=method, student=self.student)
        config = Config.fromfile(configs_root() / name)
        config.train_dataloader.batch_size = self.batch_size
        config.train_dataloader.dataset.data_root = str(self.root)
        return config
