"""Carries out what a method does, from its config, on clips that stand in for a data set."""

import copy
import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.evaluator import BaseMetric
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ....errors import ConfigError, UkdBenchError, one_line, quoted
from ....files.checkpoints import unwrapped
from ....knowledge.bank.fill_one import fill
from ....knowledge.identity import model_section
from ....knowledge.pool import PoolEntry
from .stage import Stage
from .stand_in import stand_in_set

VIEW_SEED = 0
UPDATES = 2
"""Updates of a rehearsal. The second is the first with an optimizer that has its state; those after
it are alike."""
TEST_BATCHES = 2

_CANNOT: dict[str, Any] = {'compile': False, 'runner_type': 'Runner'}
"""Keys of configs that change how a training is carried out, and what they may be."""

_OF_LENGTH = ('max_epochs', 'max_iters', 'val_begin', 'val_interval', 'dynamic_intervals')
"""Arguments of loops that say how long they run and how often they validate."""
_TEST_LOOP = dict(type='TestLoop')

_serial = itertools.count()


def train_set(
    config: Config, stand_in: Mapping[str, Any], classes_of: Config | None = None
) -> dict[str, Any]:
    """The stand-in for a config's training set: as many clips as the steps of a rehearsal take.

    Args:
        config: Config with a training set.
        stand_in: See :func:`.stand_in.make_stand_in`.
        classes_of: Config whose network tells the number of classes; None for ``config`` itself.
    """
    clips = max(_steps(config) * config.train_dataloader.get('batch_size', 1), 2)
    return stand_in_set(config, 'train_dataloader', stand_in, clips, classes_of or config)


def _steps(config: Config) -> int:
    return UPDATES * config.get('optim_wrapper', {}).get('accumulative_counts', 1)


def rehearse_training(
    config: Config, stage: Stage, stand_in: Mapping[str, Any], folder: Path
) -> None:
    """Trains a few steps and tests a few clips: the phases ``train`` and ``eval``.

    Args:
        config: Config of a training; its clips, checkpoints, logs and schedule are left out, as is
            validation in between.
        stage: Where it is carried out.
        stand_in: See :func:`.stand_in.make_stand_in`.
        folder: For what MMEngine writes.

    Raises:
        ConfigError: the config cannot be used, or not be rehearsed.
    """
    name = f'config {config.filename}: ' if config.filename else ''
    for key, wanted in _CANNOT.items():
        if config.get(key, wanted) not in (wanted, None):
            raise ConfigError(f'{name}{key} = {quoted(config[key])} cannot be rehearsed')
    # MMEngine logs the config, and would spend a second or more on its layout each time.
    config = Config(copy.deepcopy(config.to_dict()), format_python_code=False)
    config.train_dataloader = _loader(config.train_dataloader, train_set(config, stand_in))
    tests = config.get('test_dataloader') is not None
    if tests:
        clips = TEST_BATCHES * config.test_dataloader.get('batch_size', 1)
        dataset = stand_in_set(config, 'test_dataloader', stand_in, clips, config)
        config.test_dataloader = _loader(config.test_dataloader, dataset)
    with stage.open():
        try:
            network = stage.build(model_section(config))
            runner = Runner(
                model=network,
                work_dir=str(folder / 'mmengine'),
                experiment_name=f'rehearsal{next(_serial)}',
                train_dataloader=config.train_dataloader,
                train_cfg=_loop(config.train_cfg, _steps(config)),
                optim_wrapper=config.optim_wrapper,
                test_dataloader=config.test_dataloader if tests else None,
                test_cfg=_TEST_LOOP | dict(config.get('test_cfg') or {}) if tests else None,
                test_evaluator=_Nothing() if tests else None,
                default_hooks=dict(logger=None, checkpoint=None, param_scheduler=None),
                custom_hooks=config.get('custom_hooks'),
                default_scope='mmaction',
                randomness=dict(seed=0),
                log_level='ERROR',
                cfg=config,
            )
            runner.register_hook(_Phases(stage))
            runner.train()
            if tests:
                stage.begin('eval')
                runner.test()
                stage.end()
        except ConfigError as error:
            raise ConfigError(f'{name}{error}') from error
        except (UkdBenchError, MemoryError):
            raise
        # Anybody's network may fail in any way.
        except Exception as error:
            raise ConfigError(f'{name}cannot be rehearsed ({one_line(error)})') from error


def _loop(former: Mapping[str, Any], steps: int) -> dict[str, Any]:
    """A loop as the config's, for one epoch or as many steps, without validation in between."""
    kept = {name: value for name, value in former.items() if name not in _OF_LENGTH}
    if former.get('by_epoch') is False or 'max_iters' in former:
        return dict(kept, max_iters=steps, val_interval=steps + 1)
    return dict(kept, max_epochs=1, val_interval=2)


def _loader(former: Mapping[str, Any], dataset: dict[str, Any]) -> dict[str, Any]:
    """A loader as the config's, but for its clips and its workers; batches are whole."""
    kept = {
        name: former[name] for name in ('sampler', 'collate_fn', 'batch_size') if name in former
    }
    return dict(kept, dataset=dataset, num_workers=0, drop_last=True)


def rehearse_fill(entry: PoolEntry, dataset: dict[str, Any], stage: Stage) -> None:
    """Fills a teacher's bank with one view of a stand-in: the phase ``fill``.

    Args:
        entry: The teacher and its bank.
        dataset: The student's stand-in, see :func:`train_set`.
        stage: Where the teacher scores.
    """
    with stage.open():
        stage.begin('fill')
        fill(entry, dataset, VIEW_SEED, num_views=1, device=stage.device)
        stage.end()


class _Nothing(BaseMetric):
    """Looks at no scores: they are made up."""

    default_prefix = 'rehearsal'

    def process(self, data_batch: Any, data_samples: Any) -> None:
        self.results.append(None)

    def compute_metrics(self, results: list) -> dict[str, float]:
        return {}


class _Phases(Hook):
    """Begins and ends the phase ``train`` where a record's figures begin and end it."""

    priority = 'HIGHEST'

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def before_train_epoch(self, runner: Runner) -> None:
        self._stage.begin('train', unwrapped(runner))

    def after_train(self, runner: Runner) -> None:
        self._stage.end()
