"""Measures a training run from inside the Runner: memory, step time, the loss curve."""

import math
import statistics
import time

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..errors import DivergedError
from ..registry import HOOKS
from ..state import state_sha256
from .memory import PhaseMemory

WARM_UP_STEPS = 3


@HOOKS.register_module()
class MeasureHook(Hook):
    """Notes peaks, step times, hashes and the loss curve of a training run.

    A step lasts from before the hooks that feed the student (resident teachers score there) until
    its parameters are updated. On the CPU the tensor tracker runs along and is part of every step,
    of all methods alike.

    Args:
        memory: Where the phase ``train`` goes; a new one where None.

    Attributes:
        step_seconds: One entry a step.
        initial_sha256, final_sha256: Hash of the student's state before and after training.
        validation_s: Seconds of validation during training, which is neither in a step nor in the
            phase ``train``.
        curve: One (epoch, mean loss, learning rate) an epoch.
    """

    # Before the hooks that feed the student, and before MMEngine's logger resets CUDA's peaks.
    priority = 'HIGHEST'

    def __init__(self, memory: PhaseMemory | None = None) -> None:
        self.memory = memory
        self.step_seconds: list[float] = []
        self.initial_sha256: str | None = None
        self.final_sha256: str | None = None
        self.curve: list[tuple[int, float, float]] = []
        self._losses: list[torch.Tensor] = []
        self.validation_s = 0.0
        self._began = 0.0

    def before_train(self, runner: Runner) -> None:
        if self.memory is None:
            self.memory = PhaseMemory(next(runner.model.parameters()).device)
        self.initial_sha256 = state_sha256(runner.model)

    def before_train_epoch(self, runner: Runner) -> None:
        # Not earlier: other hooks load teachers before the first epoch, which is no training step,
        # and what validation leaves behind is gone by now.
        if not self.memory.running:
            self.memory.begin('train')

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: dict) -> None:
        self._began = self._now()

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict, outputs: dict
    ) -> None:
        self.step_seconds.append(self._now() - self._began)
        self.memory.update()
        self._losses.append(outputs['loss'].detach())

    def after_train_epoch(self, runner: Runner) -> None:
        mean_loss = float(torch.stack(self._losses).mean())
        self.curve.append((runner.epoch + 1, mean_loss, runner.optim_wrapper.get_lr()['lr'][0]))
        self._losses.clear()
        if not math.isfinite(mean_loss):
            raise DivergedError(f'the loss is {mean_loss} after epoch {runner.epoch + 1}')

    def before_val(self, runner: Runner) -> None:
        self.memory.end()
        self._began = self._now()

    def after_val(self, runner: Runner) -> None:
        self.validation_s += self._now() - self._began

    def after_train(self, runner: Runner) -> None:
        self.memory.end()
        self.final_sha256 = state_sha256(runner.model)

    @property
    def step_median_s(self) -> float | None:
        """Median step after the warm-up; None for a run of no more steps than that."""
        steps = self.step_seconds[WARM_UP_STEPS:]
        return statistics.median(steps) if steps else None

    def _now(self) -> float:
        if self.memory.device.type == 'cuda':
            torch.cuda.synchronize(self.memory.device)
        return time.perf_counter()
