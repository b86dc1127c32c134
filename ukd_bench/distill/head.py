"""Which recognizers distillation can serve."""

from mmaction.models.heads import FeatureHead
from mmaction.models.losses import BCELossWithLogits, CBFocalLoss, HVULoss
from mmaction.models.recognizers import (
    BaseRecognizer,
    MMRecognizer3D,
    RecognizerAudio,
    RecognizerGCN,
    RecognizerOmni,
)
from torch import nn

from ..errors import ConfigError

_NOT_OF_CLIPS = {
    RecognizerAudio: 'it hears sound, and views are of frames',
    RecognizerGCN: 'it sees skeletons, and views are of frames',
    MMRecognizer3D: 'it scores frames and skeletons apart',
    RecognizerOmni: 'it trains on images and clips at once',
}
_OF_SINGLE_CLASSES = (BCELossWithLogits, CBFocalLoss, HVULoss)
"""Losses that take every class for a question of its own."""


def distillable_head(recognizer: nn.Module) -> nn.Module:
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
    head = getattr(recognizer, 'cls_head', None)
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
