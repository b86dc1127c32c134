"""Distillation losses: the default, and the base class of a user's own."""

from abc import ABC, abstractmethod
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor

from ..errors import ConfigError
from ..registry import LOSSES, build_named, name_with_arguments

Losses = dict[str, Tensor]
"""A head's losses of a step by name; what MMEngine does not sum has no ``loss`` in its name."""
DISTILLATION = 'loss_distillation'
"""The name of ``w L`` among a step's losses."""


class DistillationLoss(ABC):
    """L in ``(1 - w) own loss + w L``, by which a student learns from its targets.

    L is ``scale(T)`` times what a call returns. A loss changes none of its arguments and works on
    their device.

    Attributes:
        needs_teachers: Whether it reads the scores of each teacher, not the target alone.
        needs_all_classes: Whether it cannot use banks that keep only the top classes, where the
            probability of an absent class is 0 and its score is -inf.
    """

    needs_teachers: ClassVar[bool] = False
    needs_all_classes: ClassVar[bool] = False

    def scale(self, temperature: float) -> float:
        """The constant by which the value of a call is multiplied to give L; 1 if not overridden.

        It is multiplied with w first, so that the value is multiplied once.
        """
        return 1.0

    @abstractmethod
    def __call__(
        self,
        student_NC: Tensor,
        targets_NC: Tensor,
        labels_N: Tensor,
        temperature: float,
        teachers_KNC: Tensor | None = None,
    ) -> Tensor:
        """The loss of a batch.

        Args:
            student_NC: The student's scores before softmax, float32; gradients flow through them.
            targets_NC: Target probabilities, made at temperature T; no gradient flows.
            labels_N: True class indices, int64.
            temperature: T, positive.
            teachers_KNC: The teachers' scores before softmax, in pool order, where
                ``needs_teachers`` is set, else None; no gradient flows.

        Returns:
            Scalar, averaged over the batch.
        """


@LOSSES.register_module(name='kl_divergence')
class KLDivergence(DistillationLoss):
    """``T^2 mean_n KL(q_n || softmax(s_n / T))``, q the targets and s the student's scores.

    T^2 keeps the gradients' scale as T changes.

    Source: Hinton, Vinyals, Dean, *Distilling the Knowledge in a Neural Network*, 2015.
    """

    def scale(self, temperature: float) -> float:
        """The factor T^2."""
        return temperature**2

    def __call__(
        self,
        student_NC: Tensor,
        targets_NC: Tensor,
        labels_N: Tensor,
        temperature: float,
        teachers_KNC: Tensor | None = None,
    ) -> Tensor:
        """Mean KL divergence over the batch in nats, without the factor T^2."""
        return target_divergence(student_NC, targets_NC, temperature)


def build_loss(config: str | dict) -> DistillationLoss:
    """The loss that a config asks for.

    Args:
        config: A name of ``LOSSES``, or the dotted path of a :class:`DistillationLoss` in any
            module that can be imported; or a dict with such a ``type`` and the loss's arguments.

    Raises:
        ConfigError: there is no such loss, it cannot be imported, or it refuses the arguments.
    """
    return build_named(config, LOSSES, DistillationLoss)


def loss_name(config: str | dict) -> str:
    """Name in tables of a config's loss: its name or path, and its arguments if it has any.

    Raises:
        ConfigError: the config is neither a string nor a dict with a ``type``.
    """
    return name_with_arguments(config, LOSSES)


def target_divergence(scores_NC: Tensor, targets_NC: Tensor, temperature: float) -> Tensor:
    """``mean_n KL(q_n || softmax(s_n / T))`` in nats, without the factor T^2.

    Args:
        scores_NC: Student scores before softmax; gradients flow through them.
        targets_NC: Target probabilities q; detached.
        temperature: T.

    Returns:
        Scalar, averaged over the batch.
    """
    log_student_NC = F.log_softmax(scores_NC.float() / temperature, dim=-1)
    return F.kl_div(log_student_NC, targets_NC.detach(), reduction='batchmean')


def scale_losses(losses: Losses, factor: float) -> Losses:
    """The entries of a head's loss dict that are losses, times ``factor``; others as they are.

    An entry is a loss where MMEngine sums it: its name contains ``loss``.
    """
    return {name: value * factor if 'loss' in name else value for name, value in losses.items()}


def require_trainable(name: str, value: object, student_NC: Tensor, targets_NC: Tensor) -> None:
    """Refuses a loss that no student can learn from.

    Args:
        name: The loss's name.
        value: What the loss returned for these scores and targets.
        student_NC: The student's scores.
        targets_NC: Target probabilities.

    Raises:
        ConfigError: the value is no scalar tensor, is not a finite number though scores and targets
            are, or does not depend on the student's scores.
    """
    if not isinstance(value, Tensor) or value.ndim:
        what = f'shape {tuple(value.shape)}' if isinstance(value, Tensor) else repr(value)[:80]
        raise ConfigError(f'loss {name!r} returned {what}, not a scalar tensor')
    # A teacher or student that has diverged is no fault of the loss.
    if not value.isfinite() and student_NC.isfinite().all() and targets_NC.isfinite().all():
        raise ConfigError(
            f'loss {name!r} returned {value.item()} for finite scores and finite targets'
        )
    if student_NC.requires_grad and not value.requires_grad:
        raise ConfigError(
            f"loss {name!r} returned a value that does not depend on the student's scores"
        )
