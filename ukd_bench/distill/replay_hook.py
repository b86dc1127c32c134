"""Makes a recognizer's training replay: views by address, model randomness by iteration."""

import random
from typing import Any

import numpy as np
import torch
from mmengine.dataset import BaseDataset
from mmengine.dist import get_rank
from mmengine.runner import EpochBasedTrainLoop, Runner

from ..data.streams import EVALUATION, seed_streams
from ..data.views.replay import (
    ReplayedPipeline,
    build_pipeline,
    require_replayable,
    require_unblended,
)
from ..errors import ConfigError
from ..files.checkpoints import ResumableHook, unwrapped
from ..files.unpickling import allow_history
from ..registry import HOOKS
from .head import HeadLoss


@HOOKS.register_module()
class ReplayHook(ResumableHook):
    """Draws epoch e's samples from view ``e mod num_views`` and reseeds the model every iteration.

    Whatever the order, batch size or number of workers, a sample's augmentation then depends on
    (view seed, view, sample) alone, and dropout and the like on (seed, iteration) alone; in
    distributed training on the process's rank too. What a network draws in validation and test is
    the same in every batch. The student's initial weights depend on the seed
    alone, whatever other hooks build before. So a training that resumes at an epoch's end goes on
    as if it had never stopped.

    Args:
        view_seed: View seed; runs that share a bank share it.
        num_views: Views after which they repeat; None for a new one every epoch.

    Raises:
        ConfigError: the training pipeline or loop cannot be replayed.
    """

    # It runs before any hook that reads the views, the logger included.
    priority = 'VERY_HIGH'

    def __init__(self, view_seed: int = 0, num_views: int | None = None) -> None:
        # NumPy takes no other seed.
        if not (isinstance(view_seed, int) and view_seed >= 0):
            raise ConfigError(f'view_seed = {view_seed!r} is not a whole number of at least 0')
        if num_views is not None and not (isinstance(num_views, int) and num_views >= 1):
            raise ConfigError(f'num_views = {num_views!r} is not positive')
        self.view_seed = view_seed
        self.num_views = num_views
        self.pipeline: ReplayedPipeline | None = None
        self._head_loss: HeadLoss | None = None

    def before_run(self, runner: Runner) -> None:
        """Seeds the initial weights, and lets checkpoints with a history be read."""
        # The Runner initialises the weights, or resumes, after this and before `before_train`.
        reseed(runner.seed, 0)
        allow_history()

    def state_dict(self, runner: Runner) -> dict[str, Any]:
        """The gradients that are accumulated, and the number of steps an epoch."""
        return super().state_dict(runner) | dict(
            gradients=gradients_of(unwrapped(runner)), epoch_steps=len(runner.train_dataloader)
        )

    def load_state_dict(self, runner: Runner, state: dict[str, Any]) -> None:
        """Takes over the gradients; refuses a checkpoint from within an epoch."""
        super().load_state_dict(runner, state)
        if runner.iter != runner.epoch * state['epoch_steps']:
            raise ConfigError(
                f'the checkpoint is of iteration {runner.iter}, within an epoch, whose first steps '
                "would be done twice: resume from one of an epoch's end"
            )
        set_gradients(unwrapped(runner), state['gradients'])

    def renderings(self) -> dict[str, list[dict]]:
        """Pipelines of the further renderings of each view that are needed, by name."""
        return {}

    def head_loss(self, recognizer: torch.nn.Module) -> HeadLoss | None:
        """The loss that the recognizer's head has while it trains; None where it keeps its own."""
        head: Any = getattr(recognizer, 'cls_head', None)
        return HeadLoss(head, type(self).__name__) if hasattr(head, 'loss_by_feat') else None

    def before_train(self, runner: Runner) -> None:
        """Has the training pipeline replay views, and installs the head's loss."""
        # An earlier training that broke off may have left its loss.
        self._restore_loss()
        super().before_train(runner)
        replaying = [type(hook).__name__ for hook in runner.hooks if isinstance(hook, ReplayHook)]
        if len(replaying) > 1:
            raise ConfigError(
                f'custom_hooks: {" and ".join(replaying)} both replay the training set; a hook '
                'that distils takes the place of ReplayHook'
            )
        dataset = replayable_dataset(runner)
        # Loader workers start at the loop's first `iter()`, so they get the wrapped pipeline.
        steps = runner.cfg.train_dataloader.dataset.pipeline
        pipeline = build_pipeline(steps, self.view_seed)
        self.pipeline = dataset.pipeline = ReplayedPipeline(pipeline, self.view_seed)
        self.pipeline.renderings = {
            name: build_pipeline(steps, self.view_seed) for name, steps in self.renderings().items()
        }
        self._head_loss = self.head_loss(unwrapped(runner))
        if self._head_loss is not None:
            self._head_loss.install()

    def after_train(self, runner: Runner) -> None:
        """Gives the head its own loss back."""
        self._restore_loss()

    def before_train_epoch(self, runner: Runner) -> None:
        """Sets the epoch's view, which loader workers see too."""
        # The pipeline was made before the first epoch.
        assert self.pipeline is not None
        self.pipeline.set_view(self.view_of_epoch(runner.epoch))

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: dict) -> None:
        """Reseeds the streams from (seed, iteration, rank)."""
        # Iteration 0 of the stream belongs to the initial weights.
        reseed(runner.seed, runner.iter + 1, get_rank())

    def before_val_iter(self, runner: Runner, batch_idx: int, data_batch: dict) -> None:
        """Seeds the streams as for every forward of an evaluation."""
        seed_streams(EVALUATION, next(unwrapped(runner).parameters()).device)

    # A teacher's forwards draw the same, so that a network scores alike whoever evaluates it.
    before_test_iter = before_val_iter

    def view_of_epoch(self, epoch: int) -> int:
        """The view that an epoch's samples are drawn from."""
        return epoch if self.num_views is None else epoch % self.num_views

    def _restore_loss(self) -> None:
        if self._head_loss is not None:
            self._head_loss.restore()
            self._head_loss = None


def gradients_of(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Gradients by parameter, on the CPU.

    There are some only where accumulation goes on across the end of an epoch.
    """
    named = module.named_parameters()
    return {name: value.grad.cpu() for name, value in named if value.grad is not None}


def set_gradients(module: torch.nn.Module, gradients: dict[str, torch.Tensor]) -> None:
    """Gives parameters the gradients that :func:`gradients_of` returned."""
    parameters = dict(module.named_parameters())
    for name, gradient in gradients.items():
        parameters[name].grad = gradient.to(parameters[name].device)


def reseed(seed: int, iteration: int, rank: int = 0) -> None:
    """Seeds torch's, Python's and NumPy's streams from (seed, iteration, rank).

    Torch's are those of all devices. Most networks draw from them alone; MMAction2's ``TRNHead``
    draws from NumPy's. Processes of a distributed training must not drop out alike, and the first
    of them must draw what it draws alone.
    """
    # Not `seed_streams`: torch's seed has 63 bits here and 32 there, and each is part of results.
    address = (seed, iteration, rank) if rank else (seed, iteration)
    words = np.random.SeedSequence(address).generate_state(4, np.uint32).tolist()
    value = (words[0] << 32 | words[1]) & (2**63 - 1)
    random.seed(words[2])
    np.random.seed(words[3])
    # `torch.manual_seed` does the same, but traces the stack once for every kind of absent device.
    torch.default_generator.manual_seed(value)
    if torch.cuda.is_available():
        torch.cuda.manual_seed_all(value)


def replayable_dataset(runner: Runner) -> BaseDataset:
    """The training set, if every draw of its pipeline can be replayed.

    Raises:
        ConfigError: naming what stands in the way.
    """
    if not isinstance(runner.train_loop, EpochBasedTrainLoop):
        raise ConfigError(
            f'{type(runner.train_loop).__name__} starts its workers before views can be set: '
            "use type='EpochBasedTrainLoop'"
        )
    dataset = require_replayable(runner.train_dataloader.dataset)
    require_unblended(getattr(unwrapped(runner).data_preprocessor, 'blending', None))
    return dataset
