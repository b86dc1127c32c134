"""What all distilling methods share: from teachers' scores to the student's loss."""

import hashlib
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path

import torch
from mmengine.runner import Runner
from mmengine.structures import LabelData
from torch import Tensor

from ..errors import ConfigError
from ..knowledge.assembly import assembly_rule
from ..knowledge.pool import PoolEntry, read_pool
from .losses import distillation_loss, scale_losses, stack_targets, target_divergence
from .replay_hook import ReplayHook, unwrapped


class DistillationHook(ReplayHook):
    """Puts target distributions on the data samples and adds the distillation loss to the head's.

    ``loss = (1 - w) loss_of_the_config + w T^2 KL(assembled teachers || student at T)``.

    The recognizer's config stays as it is: the loss is added where the head computes its own.

    Args:
        pool: Pool of teachers, see :func:`~ukd_bench.knowledge.pool.read_pool`.
        num_teachers: K, the first of the pool; None for all.
        rule: Name of the assembly rule.
        weight: w, in [0, 1].
        temperature: T, positive.
        view_seed, num_views: See :class:`ReplayHook`.

    Raises:
        ConfigError: on a value out of range, or a head that is not a classifier of single clips.
    """

    def __init__(
        self,
        pool: str | Path | list[dict],
        num_teachers: int | None = None,
        rule: str = 'mean_probability',
        weight: float = 0.9,
        temperature: float = 3.0,
        view_seed: int = 0,
        num_views: int | None = None,
    ) -> None:
        super().__init__(view_seed, num_views)
        if not 0 <= weight <= 1:
            raise ConfigError(f'weight = {weight} is not in [0, 1]')
        if temperature <= 0:
            raise ConfigError(f'temperature = {temperature} is not positive')
        self.teachers: list[PoolEntry] = read_pool(pool, num_teachers)
        self.rule_name = rule
        self.rule = assembly_rule(rule)
        self.weight = weight
        self.temperature = temperature
        self.targets_hasher = hashlib.sha256()
        self._divergence_sum, self._divergence_steps = 0.0, 0

    @abstractmethod
    def open_source(self, runner: Runner) -> None:
        """Prepares what :meth:`scores` reads; called once, before the first step."""

    @abstractmethod
    def scores(self, view: int, samples: Sequence[int], inputs: list[Tensor]) -> Tensor:
        """All teachers' scores for a batch.

        Args:
            view: View index.
            samples: N sample indices.
            inputs: The N packed clips.

        Returns:
            (K, N, C) float32 on the CPU, before softmax, in pool order.
        """

    @abstractmethod
    def teacher_facts(self) -> list[dict]:
        """A record's facts of each teacher, in pool order; see ``knowledge.pool.teacher_facts``."""

    def before_train(self, runner: Runner) -> None:
        self.open_source(runner)
        super().before_train(runner)
        self._extend_loss(unwrapped(runner))

    def before_train_epoch(self, runner: Runner) -> None:
        super().before_train_epoch(runner)
        self._divergence_sum, self._divergence_steps = 0.0, 0

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: dict) -> None:
        super().before_train_iter(runner, batch_idx, data_batch)
        data_samples = data_batch['data_samples']
        view = self.view_of_epoch(runner.epoch)
        if any(sample.view_index != view for sample in data_samples):
            raise RuntimeError(f'a loader worker drew from another view than {view}')
        samples = [sample.sample_idx for sample in data_samples]
        targets_NC = self.rule(self.scores(view, samples, data_batch['inputs']), self.temperature)
        self.targets_hasher.update(repr((view, samples)).encode())
        self.targets_hasher.update(targets_NC.numpy())
        for sample, target_C in zip(data_samples, targets_NC, strict=True):
            sample.knowledge = LabelData(item=target_C)

    @property
    def last_epoch_divergence(self) -> float | None:
        """Mean KL of the student from its targets over the last epoch's steps, in nats."""
        steps = self._divergence_steps
        return float(self._divergence_sum) / steps if steps else None

    def _extend_loss(self, recognizer: torch.nn.Module) -> None:
        head = getattr(recognizer, 'cls_head', None)
        if not hasattr(head, 'loss_by_feat'):
            raise ConfigError('the recognizer has no classification head to distil into')
        own_loss = head.loss_by_feat

        def loss_by_feat(cls_scores: Tensor, data_samples: list) -> dict[str, Tensor]:
            targets_NC = stack_targets(data_samples)
            if cls_scores.shape != targets_NC.shape:
                raise ConfigError(
                    f'the head scores {tuple(cls_scores.shape)}, the teachers '
                    f'{tuple(targets_NC.shape)}: train on one clip a sample and the same classes'
                )
            divergence = target_divergence(cls_scores, targets_NC, self.temperature)
            self._divergence_sum += divergence.detach()
            self._divergence_steps += 1
            losses = scale_losses(own_loss(cls_scores, data_samples), 1 - self.weight)
            losses['loss_distillation'] = distillation_loss(
                divergence, self.temperature, self.weight
            )
            return losses

        head.loss_by_feat = loss_by_feat
