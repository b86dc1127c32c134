"""Two streams through one backbone."""

import torch
from mmaction.registry import MODELS as MMACTION_MODELS
from mmengine.model import BaseModule
from torch import Tensor

from ..registry import MODELS


@MODELS.register_module()
class TwoStreamBackbone(BaseModule):
    """Runs a weight-shared backbone on two streams and concatenates their features.

    The streams are the two halves of the input's channels, as :class:`LowLightPreprocessor` lays
    them out. Like DarkLight (Chen et al., CVPRW 2021) in that a dark and a brightened clip with
    identical crops share one set of weights; unlike it, the classifier takes the concatenated
    features without self-attention.

    Shape: (N, 2 C, ...) in, (N, 2 D, ...) out where the backbone maps (N, C, ...) to (N, D, ...).

    Args:
        backbone: Config of an MMAction2 backbone that returns one tensor.
    """

    def __init__(self, backbone: dict, init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        self.backbone = MMACTION_MODELS.build(backbone)

    def forward(self, clips: Tensor) -> Tensor:
        dark, bright = clips.chunk(2, dim=1)
        return torch.cat([self.backbone(dark), self.backbone(bright)], dim=1)
