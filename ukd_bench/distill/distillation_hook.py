"""What all distilling methods share: from teachers' scores to the student's loss."""

from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from mmengine.runner import Runner
from mmengine.structures import LabelData
from torch import Tensor, nn

from ..data.fingerprint import dataset_classes
from ..data.views.replay import build_pipeline
from ..errors import ConfigError
from ..files.checkpoints import unwrapped
from ..knowledge.assembly import build_rule, rule_name
from ..knowledge.pool import PoolEntry, read_pool
from ..methods.distillation import require_temperature, require_weight
from .head import distillable_head
from .losses import distillation_loss, scale_losses, stack_knowledge, target_divergence
from .replay_hook import ReplayHook, replayable_dataset
from .target_hash import TargetHash


@dataclass(frozen=True)
class AddressedBatch:
    """A batch of training clips by address.

    Attributes:
        view: View index of all its clips.
        samples: N sample indices.
        labels_N: (N,) int64 true labels, on the CPU.
        inputs: The N packed clips as the student gets them, (M, C, T, H, W) each.
        renderings: By fingerprint, the N clips as networks with another rendering get them.
        iteration: Training iterations done before this one.
        data: The whole batch as the loader made it.
    """

    view: int
    samples: list[int]
    labels_N: Tensor
    inputs: list[Tensor]
    renderings: dict[str, list[Tensor]]
    iteration: int
    data: dict


class DistillationHook(ReplayHook):
    """Puts knowledge on the data samples and adds the distillation loss to the head's.

    ``loss = (1 - w) loss_of_the_head + w T^2 KL(assembled teachers || student at T)``.

    The recognizer's config stays as it is: the loss is added where the head computes its own. A
    knowledge source is a subclass with :meth:`open_source`, :meth:`scores` and
    :meth:`teacher_facts`; all sources share what comes after the scores.

    Args:
        pool: Pool of teachers, see :func:`~ukd_bench.knowledge.pool.read_pool`.
        num_teachers: K, the first of the pool; None for all.
        rule: Assembly rule, see :func:`~ukd_bench.knowledge.assembly.build_rule`.
        weight: w, in [0, 1].
        temperature: T, positive.
        view_seed, num_views: See :class:`ReplayHook`.

    Attributes:
        teachers: The K entries of the pool.
        target_hash: Of all targets so far.

    Raises:
        ConfigError: on a value out of range, or a head that is not a classifier of single clips.
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
    ) -> None:
        super().__init__(view_seed, num_views)
        require_weight(weight)
        require_temperature(temperature)
        self.teachers = self.read_teachers(pool, num_teachers)
        self.rule_name = rule_name(rule)
        self.rule = build_rule(rule)
        self.rule.check(self.num_scored)
        self.weight = weight
        self.temperature = temperature
        self.target_hash = TargetHash()
        self._divergence_sum, self._divergence_steps = 0.0, 0

    def read_teachers(
        self, pool: str | Path | list[dict], num_teachers: int | None
    ) -> list[PoolEntry]:
        """The teachers whose knowledge is used."""
        return read_pool(pool, num_teachers)

    @property
    def num_scored(self) -> int:
        """How many networks' scores :meth:`scores` returns."""
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

    def renderings(self) -> dict[str, list[dict]]:
        """By name, the pipelines of further renderings of each view that :meth:`scores` needs."""
        return {}

    def memory_is_measured(self, device: torch.device) -> bool:
        """Whether the method's memory shows on that kind of device."""
        return True

    def before_train(self, runner: Runner) -> None:
        # Refused before any bank is read or teacher loaded.
        replayable_dataset(runner)
        distillable_head(unwrapped(runner))
        self.open_source(runner)
        super().before_train(runner)
        self.pipeline.renderings = {
            name: build_pipeline(steps, self.view_seed) for name, steps in self.renderings().items()
        }
        self._extend_loss(unwrapped(runner))

    def before_train_epoch(self, runner: Runner) -> None:
        super().before_train_epoch(runner)
        self._divergence_sum, self._divergence_steps = 0.0, 0

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: dict) -> None:
        super().before_train_iter(runner, batch_idx, data_batch)
        batch = self._addressed(runner, data_batch)
        data_samples, scores_KNC = data_batch['data_samples'], self.scores(batch)
        # A rule that needs the student's scores is applied where they are known: until then a
        # sample keeps its (K, C).
        knowledge = (
            scores_KNC.transpose(0, 1)
            if self.rule.needs_student
            else self._assemble(scores_KNC, batch.labels_N, data_samples)
        )
        for sample, item in zip(data_samples, knowledge, strict=True):
            sample.knowledge = LabelData(item=item)

    def state_dict(self, runner: Runner) -> dict[str, Any]:
        return super().state_dict(runner) | dict(targets=self.target_hash.hexdigest())

    def load_state_dict(self, runner: Runner, state: dict[str, Any]) -> None:
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
            labels_N=_labels(data_samples),
            inputs=data_batch['inputs'],
            # Not the student's: what stays in the batch would go to its device.
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

    def _targets(self, student_NC: Tensor, data_samples: list) -> Tensor:
        knowledge = stack_knowledge(data_samples)
        if not isinstance(student_NC, Tensor):
            raise ConfigError(
                f'the head scores a {type(student_NC).__name__}, not one (N, C) tensor of classes'
            )
        if student_NC.shape != (len(data_samples), knowledge.shape[-1]):
            raise ConfigError(
                f'the head scores {tuple(student_NC.shape)}, the teachers '
                f'{(len(data_samples), knowledge.shape[-1])}: train on one clip a sample and the '
                'same classes'
            )
        if not self.rule.needs_student:
            return knowledge
        return self._assemble(
            knowledge.transpose(0, 1),
            _labels(data_samples),
            data_samples,
            student_NC.detach().float(),
        )

    def _extend_loss(self, recognizer: nn.Module) -> None:
        head = distillable_head(recognizer)
        own_loss = head.loss_by_feat
        whole_loss = head.loss

        def loss_by_feat(cls_scores: Tensor, data_samples: list) -> dict[str, Tensor]:
            targets_NC = self._targets(cls_scores, data_samples)
            divergence = target_divergence(cls_scores, targets_NC, self.temperature)
            self._divergence_sum += divergence.detach()
            self._divergence_steps += 1
            losses = scale_losses(own_loss(cls_scores, data_samples), 1 - self.weight)
            losses['loss_distillation'] = distillation_loss(
                divergence, self.temperature, self.weight
            )
            return losses

        def loss(*args: Any, **options: Any) -> dict[str, Tensor]:
            losses = whole_loss(*args, **options)
            if 'loss_distillation' not in losses:
                raise ConfigError(
                    f'{type(head).__name__}.loss does not call its loss_by_feat, to which '
                    'distillation is added'
                )
            return losses

        head.loss_by_feat = loss_by_feat
        head.loss = loss


def _labels(data_samples: list) -> Tensor:
    """(N,) int64 true labels, where the samples live."""
    return torch.cat([sample.gt_labels.item for sample in data_samples])


def require_equal_classes(numbers: dict[str, int]) -> None:
    """Refuses teachers that do not score one number of classes.

    Args:
        numbers: Of classes, by teacher.

    Raises:
        ConfigError: naming two that differ.
    """
    (first, number), *others = numbers.items()
    for name, other in others:
        if other != number:
            raise ConfigError(f'teacher {name} scores {other} classes, teacher {first} {number}')
