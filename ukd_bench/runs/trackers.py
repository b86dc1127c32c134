"""Hands figures of a training to experiment trackers, by MMEngine's visualisation backends."""

import contextlib
import os
import random
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.registry import VISBACKENDS as MMENGINE_BACKENDS
from mmengine.runner import Runner
from mmengine.visualization import BaseVisBackend

from ..errors import one_line
from ..files.locks import alone_in
from ..measure import MeasureHook
from ..records.trackers import backend_name, tracked_by
from ..registry import VISBACKENDS
from ..sizes import MIB
from .resume import ResumePoint

_OF_CURVE = ('loss', 'learning_rate', 'train/top1', 'validation/top1')
"""Names of a curve's columns after the epoch."""


@VISBACKENDS.register_module()
class ByEpoch(BaseVisBackend):
    """Gives one of MMEngine's backends what :class:`TellTrackers` tells, and nothing else.

    What MMEngine's own logger tells goes by iteration, and the config names places on this machine.
    A tracker that fails is left alone from then on: the training is worth more.

    Args:
        tracker: One of ``records.trackers.TRACKERS``.
        save_dir: Folder of its files.
        sweep: Name of the sweep: the project, experiment or group.
        cell: Name of the run.
        facts: What is told of the run.
    """

    def __init__(
        self, tracker: str, save_dir: str, sweep: str, cell: str, facts: Mapping[str, Any]
    ) -> None:
        super().__init__(save_dir)
        self._config = _backend_config(tracker, Path(save_dir), sweep, cell, dict(facts))
        self._tracker = tracker
        self._backend: BaseVisBackend | None = None
        self._failed = False

    @property
    def experiment(self) -> Any:
        """What the tracker's own package calls with."""
        self._init_env()
        assert self._backend is not None
        return self._backend.experiment

    def _init_env(self) -> None:
        if self._backend is None:
            self._backend = MMENGINE_BACKENDS.build(dict(self._config))
            # Several runs that make one experiment at the same time would be in each other's way.
            with alone_in(Path(self._save_dir)):
                _ = self._backend.experiment

    def tell(self, figures: Mapping[str, float], epoch: int) -> None:
        """Tells figures of an epoch."""
        self._unless_it_fails(partial(self._tell, figures, epoch))

    def finish(self) -> None:
        """Tells that the run has ended."""
        if self._backend is not None:
            self._unless_it_fails(self._finish)

    def _tell(self, figures: Mapping[str, float], epoch: int) -> None:
        self._init_env()
        assert self._backend is not None
        self._backend.add_scalars(dict(figures, epoch=epoch), step=epoch)
        if self._tracker == 'tensorboard':
            # Whoever looks on sees it now, and nothing is lost with the process.
            self.experiment.flush()

    def _finish(self) -> None:
        # MMEngine's own way to close fails with those that were told no config.
        end = {'tensorboard': 'close', 'wandb': 'finish', 'mlflow': 'end_run'}
        getattr(self.experiment, end[self._tracker])()

    def _unless_it_fails(self, call: Callable[[], None]) -> None:
        if self._failed:
            return
        try:
            with _same_draws():
                call()
        # Anybody's package may fail in any way, and a server may be out of reach.
        except Exception as error:
            self._failed = True
            print(f'{self._tracker}: is told no more ({one_line(error)})', flush=True)


class TellTrackers(Hook):
    """Tells trackers the figures of each epoch, its validation included.

    A training that goes on tells its earlier epochs again, so that what it tells is whole. Nothing
    that is recorded depends on it, and its time is not part of the training's.

    Args:
        config: The run's config, which says which trackers there are.
        measure: Knows the figures.
        point: Knows the training's time.
    """

    priority = 'LOWEST'

    def __init__(self, config: Config, measure: MeasureHook, point: ResumePoint) -> None:
        self.measure = measure
        self.point = point
        self._names = [backend_name(name) for name in tracked_by(config)]
        self._told = 0

    def before_train_epoch(self, runner: Runner) -> None:
        """Tells of the epochs that are complete."""
        self._tell_curve(runner)

    def after_train(self, runner: Runner) -> None:
        """Tells of the last epoch."""
        self._tell_curve(runner)

    def end(self, runner: Runner, metrics: Mapping[str, float]) -> None:
        """Tells how the test came out, and that the run has ended.

        Args:
            runner: The Runner.
            metrics: Accuracies by name.
        """
        tested = {f'test/{name}': value for name, value in metrics.items()}
        for backend in self._backends(runner):
            backend.tell(tested, runner.epoch)
            backend.finish()

    def _tell_curve(self, runner: Runner) -> None:
        points = self.measure.curve[self._told :]
        self._told = len(self.measure.curve)
        peaks = self.measure.memory.so_far().get('train', {})
        peak = peaks.get('allocated_peak_bytes')
        with self.point.uncounted():
            for backend in self._backends(runner):
                for epoch, *values in points:
                    figures = dict(zip(_OF_CURVE, values, strict=True))
                    figures['memory/allocated_peak_mib'] = None if peak is None else peak / MIB
                    known = {name: value for name, value in figures.items() if value is not None}
                    backend.tell(known, int(epoch or 0))

    def _backends(self, runner: Runner) -> list[ByEpoch]:
        if not is_main_process():
            return []
        return [runner.visualizer.get_backend(name) for name in self._names]


def _backend_config(
    tracker: str, folder: Path, sweep: str, cell: str, facts: dict[str, Any]
) -> dict[str, Any]:
    """The config of MMEngine's backend; variables of a tracker's own decide where they are set."""
    if tracker == 'tensorboard':
        # What was told of another config under the same name is another run.
        place = folder / f'{cell} {facts["key"]}'
        return dict(type='TensorboardVisBackend', save_dir=str(place))
    if tracker == 'wandb':
        mode = os.environ.get('WANDB_MODE', 'offline')
        kwargs = dict(project=sweep, group=facts['method'], name=cell, config=facts, mode=mode)
        return dict(
            type='WandbVisBackend',
            save_dir=str(folder),
            init_kwargs=kwargs,
            define_metric_cfg=[dict(name='*', step_metric='epoch')],
        )
    # Later releases want to be asked for files, which several runs can write on any file system.
    os.environ.setdefault('MLFLOW_ALLOW_FILE_STORE', 'true')
    return dict(
        type='MLflowVisBackend',
        save_dir=str(folder),
        exp_name=sweep,
        run_name=cell,
        params=facts,
        tracking_uri=os.environ.get('MLFLOW_TRACKING_URI'),
    )


@contextlib.contextmanager
def _same_draws() -> Iterator[None]:
    """Has a block change nothing of what the global generators draw after it."""
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])
