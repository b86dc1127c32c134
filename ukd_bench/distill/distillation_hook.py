"""What all distilling methods share: from teachers' scores to the student's loss."""

from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from mmengine.runner import Runner
from torch import Tensor, nn

from ..data.fingerprint import dataset_classes
from ..files.checkpoints import unwrapped
from ..knowledge.assembly import build_rule, rule_name
from ..knowledge.pool import PoolEntry, read_pool
from ..methods.distillation import require_temperature, require_weight
from .batch import AddressedBatch, labels_of, put_knowledge, require_fit, scores_of, targets_of
from .head import HeadLoss, LossByFeat, distillable_head
from .losses import (
    DISTILLATION,
    KLDivergence,
    Losses,
    build_loss,
    loss_name,
    require_trainable,
    scale_losses,
    target_divergence,
)
from .replay_hook import ReplayHook, replayable_dataset
from .target_hash import TargetHash


class DistillationHook(ReplayHook):
    """Puts knowledge on the data samples and adds the distillation loss to the head's.

    ``(1 - w) loss of the head + w L(student, assembled teachers)``, where L is
    ``T^2 KL(assembled teachers || student at T)`` unless ``loss`` says otherwise.

    The recognizer's config stays as it is: the loss is added where the head computes its own, for
    the length of the training. A knowledge source is a subclass with :meth:`open_source`,
    :meth:`scores` and :meth:`teacher_facts`; all sources share what comes after the scores.

    Args:
        pool: Pool of teachers, see :func:`~ukd_bench.knowledge.pool.read_pool`.
        num_teachers: K, the first of the pool; None for all.
        rule: Assembly rule, see :func:`~ukd_bench.knowledge.assembly.build_rule`.
        weight: w, in [0, 1].
        temperature: T, positive.
        view_seed, num_views: See :class:`ReplayHook`.
        loss: L, see :func:`~ukd_bench.distill.losses.build_loss`.
        final_weight: What w has become by the last epoch, in equal steps from epoch to epoch; None
            for a w that stays.

    Attributes:
        teachers: The K entries of the pool.
        weight: w of the epoch under way.
        target_hash: Hash of all targets so far.

    Raises:
        ConfigError: a value is out of range, or the head is no classifier of single clips.
    """

    def __init__(
        self,
        pool: str | Path | list[dict],
        num_teachers: int | None = None,
        rule: str | dict = 'mean_probability',
        weight: float = 0.9,
        temperature: float = 3.0,
        view_seed: int = 0,
        num_views: int | None = None,
        loss: str | dict = 'kl_divergence',
        final_weight: float | None = None,
    ) -> None:
        super().__init__(view_seed, num_views)
        require_weight(weight)
        if final_weight is not None:
            require_weight(final_weight, 'final_weight')
        require_temperature(temperature)
        self.teachers = self.read_teachers(pool, num_teachers)
        self.rule_name = rule_name(rule)
        self.rule = build_rule(rule)
        self.rule.check(self.num_scored)
        self.loss_name = loss_name(loss)
        self.loss = build_loss(loss)
        self.weight = self.first_weight = weight
        self.final_weight = final_weight
        self.temperature = temperature
        self.target_hash = TargetHash()
        self._divergence_sum: float | Tensor = 0.0
        self._divergence_steps = 0
        self._loss_was_checked = False

    def read_teachers(
        self, pool: str | Path | list[dict], num_teachers: int | None
    ) -> list[PoolEntry]:
        """The teachers whose knowledge is used."""
        return read_pool(pool, num_teachers)

    @property
    def num_scored(self) -> int:
        """Number of networks whose scores :meth:`scores` returns."""
        return len(self.teachers)

    @property
    def bank_bytes(self) -> int | None:
        """Bytes on disk of all scores that the student may read; None where there is no bank."""
        return None

    @abstractmethod
    def open_source(self, runner: Runner) -> None:
        """Prepares what :meth:`scores` reads; called once, before the first step."""

    @abstractmethod
    def scores(self, batch: AddressedBatch) -> Tensor:
        """All teachers' scores for a batch.

        Returns:
            (K, N, C) float32 on the CPU, before softmax, in pool order.
        """

    @abstractmethod
    def teacher_facts(self) -> list[dict]:
        """A record's facts of each teacher, in pool order; see ``knowledge.pool.teacher_facts``."""

    def memory_is_measured(self, device: torch.device) -> bool:
        """Whether the method's memory shows on that kind of device."""
        return True

    def before_train(self, runner: Runner) -> None:
        """Checks data set and head, opens the source of scores, and installs the loss."""
        # What cannot be replayed is refused before any bank is read or teacher loaded.
        replayable_dataset(runner)
        distillable_head(unwrapped(runner))
        self.open_source(runner)
        self._loss_was_checked = False
        super().before_train(runner)

    def head_loss(self, recognizer: nn.Module) -> HeadLoss:
        """The head's loss with the distillation loss added."""
        return HeadLoss(distillable_head(recognizer), type(self).__name__, self.student_losses)

    def before_train_epoch(self, runner: Runner) -> None:
        """Sets the epoch's view and weight, and starts its mean divergence anew."""
        super().before_train_epoch(runner)
        if self.final_weight is not None:
            passed = runner.epoch / max(1, runner.max_epochs - 1)
            self.weight = self.first_weight + passed * (self.final_weight - self.first_weight)
        self._divergence_sum, self._divergence_steps = 0.0, 0

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: dict) -> None:
        """Gets the teachers' scores of a batch, and puts targets or scores on its data samples."""
        super().before_train_iter(runner, batch_idx, data_batch)
        batch = self._addressed(runner, data_batch)
        data_samples, scores_KNC = data_batch['data_samples'], self.scores(batch)
        # A rule that needs the student's scores is applied where they are known.
        targets_NC = (
            None
            if self.rule.needs_student
            else self._assemble(scores_KNC, batch.labels_N, data_samples)
        )
        put_knowledge(data_samples, targets_NC, scores_KNC if self._keeps_scores else None)

    def state_dict(self, runner: Runner) -> dict[str, Any]:
        """The state to resume from, with the hash of all targets so far."""
        return super().state_dict(runner) | dict(targets=self.target_hash.hexdigest())

    def load_state_dict(self, runner: Runner, state: dict[str, Any]) -> None:
        """Takes over that state, so that the hash of targets goes on."""
        super().load_state_dict(runner, state)
        self.target_hash.total = int(state['targets'], 16)

    @property
    def last_epoch_divergence(self) -> float | None:
        """Mean KL of the student from its targets over the last epoch's steps, in nats."""
        steps = self._divergence_steps
        return float(self._divergence_sum) / steps if steps else None

    def classes_of(self, runner: Runner) -> tuple[str, ...]:
        """The student's class names in label order; empty where the data set has none."""
        return dataset_classes(replayable_dataset(runner))

    def _addressed(self, runner: Runner, data_batch: dict) -> AddressedBatch:
        data_samples = data_batch['data_samples']
        view = self.view_of_epoch(runner.epoch)
        if any(sample.view_index != view for sample in data_samples):
            raise RuntimeError(f'a loader worker drew from another view than {view}')
        return AddressedBatch(
            view=view,
            samples=[sample.sample_idx for sample in data_samples],
            labels_N=labels_of(data_samples),
            inputs=data_batch['inputs'],
            # Taken out, because what stays in the batch goes to the student's device.
            renderings=data_batch.pop('renderings', {}),
            iteration=runner.iter,
            data=data_batch,
        )

    def _assemble(
        self,
        scores_KNC: Tensor,
        labels_N: Tensor,
        data_samples: list,
        student_NC: Tensor | None = None,
    ) -> Tensor:
        targets_NC = self.rule(scores_KNC, self.temperature, labels_N, student_NC)
        addresses = ((sample.view_index, sample.sample_idx) for sample in data_samples)
        self.target_hash.update(addresses, targets_NC)
        return targets_NC

    def student_losses(
        self, own_loss: LossByFeat, student_NC: Tensor, data_samples: list
    ) -> Losses:
        """The student's losses in one step, from its scores and what its data samples carry."""
        labels_N = labels_of(data_samples)
        teachers_KNC = scores_of(data_samples) if self._keeps_scores else None
        if teachers_KNC is not None and self.rule.needs_student:
            require_fit(student_NC, teachers_KNC[0])
            targets_NC = self._assemble(
                teachers_KNC, labels_N, data_samples, student_NC.detach().float()
            )
        else:
            targets_NC = targets_of(data_samples)
            require_fit(student_NC, targets_NC)
        losses, value = self.losses_of(
            lambda: own_loss(student_NC, data_samples),
            student_NC,
            targets_NC,
            labels_N,
            teachers_KNC if self.loss.needs_teachers else None,
        )
        with torch.no_grad():
            self._divergence_sum += (
                value
                if type(self.loss) is KLDivergence
                else target_divergence(student_NC, targets_NC, self.temperature)
            )
        self._divergence_steps += 1
        return losses

    def losses_of(
        self,
        own_loss: Callable[[], Losses],
        student_NC: Tensor,
        targets_NC: Tensor,
        labels_N: Tensor,
        teachers_KNC: Tensor | None,
    ) -> tuple[Losses, Tensor]:
        """``(1 - w) own loss + w L`` of one network as a head's entries, and what the loss gave."""
        student_NC = student_NC.float()
        value = self.loss(student_NC, targets_NC, labels_N, self.temperature, teachers_KNC)
        if not self._loss_was_checked:
            require_trainable(self.loss_name, value, student_NC, targets_NC)
            self._loss_was_checked = True
        losses = scale_losses(own_loss(), 1 - self.weight)
        losses[DISTILLATION] = self.weight * self.loss.scale(self.temperature) * value
        return losses, value

    @property
    def _keeps_scores(self) -> bool:
        """Whether data samples carry the scores of each teacher to the head."""
        return self.rule.needs_student or self.loss.needs_teachers
