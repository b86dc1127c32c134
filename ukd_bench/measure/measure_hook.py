"""A hook that measures a training: memory, step time, the training curve."""

import math
import statistics
import time
from typing import Any

import torch
from mmengine.dist import all_reduce, get_world_size
from mmengine.hooks import Hook
from mmengine.runner import EpochBasedTrainLoop, Runner

from ..errors import ConfigError, DivergedError
from ..files.checkpoints import ResumableHook, state_sha256, unwrapped
from ..registry import HOOKS
from .memory.phases import PhaseMemory
from .memory.watched import FIRST_STEPS, watched_steps
from .utilization import GpuUtilization

WARM_UP_STEPS = 3
_TRAIN_TOP1, _VALIDATION_TOP1 = 'top1_acc', 'clips/top1'
"""What MMAction2's heads call their accuracy in a step, and :class:`.ClipScores` its own."""


@HOOKS.register_module()
class MeasureHook(ResumableHook):
    """Notes peaks, step times, hashes and the curve of a training run.

    A step lasts from before the hooks that feed the student (resident teachers score there) until
    its parameters are updated, and those of the networks that a source trains beside it. On the CPU
    live tensors are counted in some steps of every epoch, see :func:`.watched_steps`, which are no
    part of the median step time. In distributed training the figures are the process's own; losses
    and accuracies of steps in the curve are means over all processes.

    Where training resumes, all figures go on from those that the checkpoint brings.

    Args:
        memory: Measures the phase ``train``; None makes a new one before training.

    Attributes:
        step_seconds: One entry a step.
        watched: Numbers of the steps in which live tensors were counted; none on CUDA.
        initial_sha256, final_sha256: Hash of the student's state before and after training.
        validation_s: Seconds of validation during training, which is neither in a step nor in the
            phase ``train``.
        curve: An entry of the columns :data:`.CURVE` an epoch. Loss and top-1 of training are means
            over steps, on augmented clips and before each step. An accuracy is None where a head
            tells none, or no validation was made.

    Raises:
        ConfigError: the model is compiled and trained on the CPU, whose tensors it then cannot see.
    """

    # Before the hooks that feed the student.
    priority = 'HIGHEST'

    def __init__(self, memory: PhaseMemory | None = None) -> None:
        self._memory = memory
        self.step_seconds: list[float] = []
        self.watched: list[int] = []
        self.initial_sha256: str | None = None
        self.final_sha256: str | None = None
        self.curve: list[list[int | float | None]] = []
        self._utilization: GpuUtilization | None = None
        self._losses: list[torch.Tensor] = []
        self._top1: list[float] = []
        self.validation_s = 0.0
        self._began = 0.0
        self._end = _StepEnd(self)
        self._to_watch: set[int] | None = None
        self._watched_first = False
        # The first step of each process that took part.
        self._starts = [0]

    @property
    def memory(self) -> PhaseMemory:
        """Memory by phase, ``train`` included; there once training begins."""
        assert self._memory is not None, 'before_train makes it'
        return self._memory

    @property
    def utilization(self) -> GpuUtilization:
        """How busy the GPU is within epochs; there once training begins."""
        if self._utilization is None:
            self._utilization = GpuUtilization(self.memory.device)
        return self._utilization

    def state_dict(self, runner: Runner) -> dict[str, Any]:
        """All figures so far, from which a resumed training goes on."""
        return dict(
            step_seconds=list(self.step_seconds),
            watched=list(self.watched),
            starts=list(self._starts),
            initial_sha256=self.initial_sha256,
            curve=[list(point) for point in self.curve],
            validation_s=self.validation_s,
            utilization=list(self.utilization.samples),
            memory=self.memory.so_far(),
        )

    def load_state_dict(self, runner: Runner, state: dict[str, Any]) -> None:
        """Takes over the figures of an earlier process."""
        self.step_seconds, self.watched = list(state['step_seconds']), list(state['watched'])
        self._starts = [*state['starts'], len(self.step_seconds)]
        self.initial_sha256 = state['initial_sha256']
        self.curve = [list(point) for point in state['curve']]
        self.validation_s = state['validation_s']
        self.utilization.samples[:0] = state.get('utilization', [])
        self.memory.include(state['memory'])

    def before_train(self, runner: Runner) -> None:
        """Makes the memory if need be, and sees to it that steps have an end."""
        if self._memory is None:
            self._memory = PhaseMemory(next(runner.model.parameters()).device)
        if self.memory.device.type == 'cpu' and runner.cfg.get('compile'):
            raise ConfigError(
                'compile: the memory of compiled code cannot be measured on the CPU; leave '
                "'compile' or MeasureHook out of the config"
            )
        super().before_train(runner)
        if self._end not in runner.hooks:
            runner.register_hook(self._end)

    def before_train_epoch(self, runner: Runner) -> None:
        """Hashes the student before its first epoch, and begins the phase ``train``."""
        # Not earlier: loading teachers or weights, as other hooks do before the first epoch, is no
        # training step, and what validation leaves behind is gone by now.
        if self.initial_sha256 is None:
            self.initial_sha256 = state_sha256(unwrapped(runner))
        if not self.memory.running:
            self.memory.begin('train')
        self.utilization.begin()
        self._to_watch = None
        if isinstance(runner.train_loop, EpochBasedTrainLoop):
            # Gradients may be accumulated over several steps, and the parameters updated in one.
            updates = runner.cfg.optim_wrapper.get('accumulative_counts', 1)
            first = max(FIRST_STEPS, updates + 1) if not self._watched_first else 1
            steps = len(runner.train_dataloader)
            self._to_watch = watched_steps(runner.seed, runner.epoch, steps, first)
        self._watched_first = True

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict | tuple | list | None = None
    ) -> None:
        """Begins a step."""
        # It goes on until the next step, through what hooks do in between.
        self.memory.watch(self._to_watch is None or batch_idx in self._to_watch)
        self._began = self._now()

    def end_step(self, outputs: dict, where: str) -> None:
        """Notes the step that began last, with the student's loss and its accuracy in it.

        Args:
            outputs: What the step returned.
            where: Which step it was, in words.

        Raises:
            DivergedError: the loss is not finite, in this process or in another.
        """
        if self.memory.watching:
            self.watched.append(len(self.step_seconds))
        self.step_seconds.append(self._now() - self._began)
        self.memory.update()
        loss = outputs['loss'].detach()
        self._losses.append(loss)
        if get_world_size() > 1:
            # All processes end in one step, or those that are left would wait for ever.
            loss = loss.clone()
            all_reduce(loss, op='mean')
        # The device has just been waited for, so that reading a number costs next to nothing. With
        # automatic mixing this is the loss before it is scaled: a scaled gradient may overflow.
        _require_finite(float(loss), f'in {where}')
        if _TRAIN_TOP1 in outputs:
            # Numbers, because tensors that are kept would be in the peak.
            self._top1.append(float(outputs[_TRAIN_TOP1]))

    def after_train_epoch(self, runner: Runner) -> None:
        """Adds a point to the curve.

        Raises:
            DivergedError: the mean loss is too large to be a number.
        """
        self.utilization.end()
        loss = _over_processes(torch.stack(self._losses))
        top1 = _over_processes(torch.tensor(self._top1)) if self._top1 else None
        learning_rate = runner.optim_wrapper.get_lr()['lr'][0]
        self.curve.append([runner.epoch + 1, loss, learning_rate, top1, None])
        self._losses.clear()
        self._top1.clear()
        # The sum of numbers may be none.
        _require_finite(loss, f'over epoch {runner.epoch + 1}')

    def before_val(self, runner: Runner) -> None:
        """Ends the phase ``train`` until the next epoch."""
        self.memory.end()
        self._began = self._now()

    def after_val(self, runner: Runner) -> None:
        """Notes how long validation took."""
        self.validation_s += self._now() - self._began

    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Adds the validation's top-1 to the point of the epoch that it follows."""
        if self.curve:
            self.curve[-1][-1] = (metrics or {}).get(_VALIDATION_TOP1)

    def after_train(self, runner: Runner) -> None:
        """Ends the phase ``train`` and hashes the trained student."""
        self.memory.end()
        self.final_sha256 = state_sha256(unwrapped(runner))

    @property
    def step_median_s(self) -> float | None:
        """Median step after each process's warm-up; None for a run of no more steps than that.

        Steps that were watched, which takes time, count only where there are no others.
        """
        warm_ups = {start + n for start in self._starts for n in range(WARM_UP_STEPS)}
        after = {n: seconds for n, seconds in enumerate(self.step_seconds) if n not in warm_ups}
        unwatched = [after[n] for n in after.keys() - {*self.watched}]
        steps = unwatched or [*after.values()]
        return statistics.median(steps) if steps else None

    def _now(self) -> float:
        if self.memory.device.type == 'cuda':
            torch.cuda.synchronize(self.memory.device)
        return time.perf_counter()


def _over_processes(values: torch.Tensor) -> float:
    """The mean of a tensor, and of those of the other processes."""
    mean = values.mean()
    all_reduce(mean, op='mean')
    return float(mean)


def _require_finite(loss: float, where: str) -> None:
    if not math.isfinite(loss):
        raise DivergedError(f'the loss is {loss} {where}')


class _StepEnd(Hook):
    """Ends the steps of a :class:`MeasureHook`, which begins them and has one priority for all."""

    # After the hooks that train other networks or hold graphs until the step ends, and before
    # MMEngine's logger, which resets CUDA's peaks.
    priority = 'HIGH'

    def __init__(self, measure: MeasureHook) -> None:
        self.measure = measure

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | tuple | list | None = None,
        outputs: dict | None = None,
    ) -> None:
        assert outputs is not None
        self.measure.end_step(outputs, f'iteration {batch_idx + 1} of epoch {runner.epoch + 1}')
