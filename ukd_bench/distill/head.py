"""The one place that touches a head's loss and tells which recognizers distillation serves."""

from collections.abc import Callable
from typing import Any, Protocol

from mmaction.models.heads import FeatureHead
from mmaction.models.losses import BCELossWithLogits, CBFocalLoss, HVULoss
from mmaction.models.recognizers import (
    BaseRecognizer,
    MMRecognizer3D,
    RecognizerAudio,
    RecognizerGCN,
    RecognizerOmni,
)
from torch import Tensor, nn

from ..errors import ConfigError
from .losses import DISTILLATION, Losses

_NOT_OF_CLIPS = {
    RecognizerAudio: 'it hears sound, and views are of frames',
    RecognizerGCN: 'it sees skeletons, and views are of frames',
    MMRecognizer3D: 'it scores frames and skeletons apart',
    RecognizerOmni: 'it trains on images and clips at once',
}
_OF_SINGLE_CLASSES = (BCELossWithLogits, CBFocalLoss, HVULoss)
"""Losses that take each class for a separate yes or no."""

LossByFeat = Callable[[Tensor, list], Losses]


class ClassHead(Protocol):
    """What distillation needs of a head: MMAction2's own two steps from features to losses."""

    def loss(self, *args: Any, **options: Any) -> Losses:
        """The losses of a batch's features; calls :meth:`loss_by_feat`."""

    def loss_by_feat(self, cls_scores: Tensor, data_samples: list) -> Losses:
        """The losses of a batch's class scores."""


class HeadLoss:
    """The loss of a head while a hook trains its recognizer, until it is restored.

    The methods of this object stand in place of the head's own. The head's own loss gets its
    scores as float32 in mixed precision too, in which it would compute anyway: MMAction2's heads
    count hits in NumPy, which has no bfloat16.

    Args:
        head: The head whose loss is extended.
        owner: The hook's name, for errors.
        extension: Function that gets the head's own ``loss_by_feat``, the class scores and the data
            samples, and returns the losses of the step, that of distillation among them; None for
            the head's own alone.
    """

    def __init__(
        self,
        head: ClassHead,
        owner: str,
        extension: Callable[[LossByFeat, Tensor, list], Losses] | None = None,
    ) -> None:
        self._head = head
        self._owner = owner
        self._extension = extension
        self._own_loss = head.loss
        self._own_loss_by_feat = head.loss_by_feat
        self._former: dict[str, Any] | None = None

    def install(self) -> None:
        """Takes the place of the head's loss.

        Raises:
            ConfigError: another one has taken it and not restored it.
        """
        present = getattr(self._head.loss_by_feat, '__self__', None)
        if isinstance(present, HeadLoss):
            raise ConfigError(
                f"the loss of the model's {type(self._head).__name__} is {present._owner}'s "
                'already: one hook at a time trains a model; where its training broke off, build '
                'the model anew'
            )
        replacements: dict[str, Callable] = dict(loss_by_feat=self._loss_by_feat)
        if self._extension is not None:
            replacements['loss'] = self._loss
        attributes = vars(self._head)
        self._former = {name: attributes.get(name) for name in replacements}
        for name, replacement in replacements.items():
            setattr(self._head, name, replacement)

    def restore(self) -> None:
        """Gives the head back the loss that it had; does nothing where it has it."""
        for name, former in (self._former or {}).items():
            if former is None:
                # With it gone, the method of the head's class shows again.
                vars(self._head).pop(name, None)
            else:
                setattr(self._head, name, former)
        self._former = None

    def _loss(self, *args: Any, **options: Any) -> Losses:
        losses = self._own_loss(*args, **options)
        if DISTILLATION not in losses:
            raise ConfigError(
                f'{type(self._head).__name__}.loss does not call its loss_by_feat, to which '
                'distillation is added'
            )
        return losses

    def _loss_by_feat(self, cls_scores: Tensor, data_samples: list) -> Losses:
        if self._extension is None:
            return self._own_in_float32(cls_scores, data_samples)
        return self._extension(self._own_in_float32, cls_scores, data_samples)

    def _own_in_float32(self, cls_scores: Tensor, data_samples: list) -> Losses:
        # A head of several streams hands over something else than a tensor.
        scored = isinstance(cls_scores, Tensor)
        return self._own_loss_by_feat(cls_scores.float() if scored else cls_scores, data_samples)


def distillable_head(recognizer: nn.Module) -> ClassHead:
    """The head whose class scores and loss distillation extends.

    Args:
        recognizer: The student, without MMEngine's wrapper for distributed training.

    Raises:
        ConfigError: naming the recognizer, and why it cannot be served.
    """
    name = type(recognizer).__name__
    refused = f'{name} cannot be distilled into'
    for kind, reason in _NOT_OF_CLIPS.items():
        if isinstance(recognizer, kind):
            raise ConfigError(f'{refused}: {reason}')
    if not isinstance(recognizer, BaseRecognizer):
        raise ConfigError(
            f'{refused}: it localises or detects, or is no recognizer of MMAction2; class scores '
            'of whole clips are needed'
        )
    head: Any = getattr(recognizer, 'cls_head', None)
    if not hasattr(head, 'loss_by_feat') or isinstance(head, FeatureHead):
        raise ConfigError(
            f'{refused}: its cls_head, {type(head).__name__}, is no classification head with one '
            'set of class scores (a loss_by_feat of its own)'
        )
    loss = getattr(head, 'loss_cls', None)
    if getattr(head, 'multi_class', False) or isinstance(loss, _OF_SINGLE_CLASSES):
        raise ConfigError(
            f'{refused}: a clip may have several labels (multi_class, or {type(loss).__name__}), '
            'and targets are probabilities of classes that exclude each other'
        )
    return head
