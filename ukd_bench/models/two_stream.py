"""Two-stream networks: one backbone that both streams share, or one a stream."""

from collections.abc import Mapping

import torch
from mmaction.registry import MODELS as MMACTION_MODELS
from mmengine.model import BaseModule, ModuleDict
from torch import Tensor

from ..errors import ConfigError
from ..registry import MODELS


@MODELS.register_module()
class SplitStreams(BaseModule):
    """Splits the channels among streams, each with a backbone that shares nothing with the others.

    The streams are runs of channels, in the order in which :class:`LowLightPreprocessor` lays them
    out. :class:`LateFusionHead` takes their features.

    Shape: (N, sum of C_s, ...) in; a tuple of what the backbones return for (N, C_s, ...) out.

    Args:
        backbones: Config of an MMAction2 backbone by name of the stream.
        channels: Number of channels C_s by name of the stream; the backbone's own ``in_channels``
            must agree.

    Raises:
        ConfigError: the two name other streams.
    """

    def __init__(
        self,
        backbones: Mapping[str, dict],
        channels: Mapping[str, int],
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if list(backbones) != list(channels) or not backbones:
            raise ConfigError(
                f'SplitStreams: backbones of {list(backbones)}, channels of {list(channels)}'
            )
        self.channels = dict(channels)
        self.backbones = ModuleDict(
            {name: MMACTION_MODELS.build(config) for name, config in backbones.items()}
        )

    def forward(self, clips: Tensor) -> tuple:
        if clips.shape[1] != sum(self.channels.values()):
            raise ConfigError(
                f'SplitStreams: the preprocessor hands out {clips.shape[1]} channels, '
                f'the streams take {self.channels}'
            )
        parts = clips.split(list(self.channels.values()), dim=1)
        return tuple(
            backbone(part) for backbone, part in zip(self.backbones.values(), parts, strict=True)
        )


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
