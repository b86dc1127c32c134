"""Networks of two streams and more: a shared backbone, or one a stream with late fusion."""

import contextlib
import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from mmaction.registry import MODELS as MMACTION_MODELS
from mmengine.model import BaseModule, ModuleDict
from torch import Tensor, nn

from ..errors import ConfigError
from ..registry import MODELS


@MODELS.register_module()
class SplitStreams(BaseModule):
    """Splits the channels among streams, each with a backbone that shares nothing with the others.

    The streams are runs of channels, in the order in which
    :class:`ukd_bench.enhance.LowLightPreprocessor` lays them out. :class:`LateFusionHead` takes
    their features.

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
        """The features of each stream, in the order of the streams."""
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

    The streams are the two halves of the input's channels, as
    :class:`ukd_bench.enhance.LowLightPreprocessor` lays them out. Like DarkLight (Chen et al.,
    CVPRW 2021) in that a dark and a brightened clip with identical crops share one set of weights;
    unlike it, the classifier takes the concatenated features without self-attention.

    Batch normalisation has to fit both streams, which differ in their statistics wherever clips are
    normalised by fixed numbers. With ``own_norms`` each stream has normalisation layers of its own,
    with the same initial weights, and only the other weights are shared.

    Shape: (N, 2 C, ...) in, (N, 2 D, ...) out where the backbone maps (N, C, ...) to (N, D, ...).

    Args:
        backbone: Config of an MMAction2 backbone that returns one tensor.
        own_norms: Whether each stream has normalisation layers of its own.
    """

    def __init__(
        self, backbone: dict, own_norms: bool = False, init_cfg: dict | None = None
    ) -> None:
        super().__init__(init_cfg)
        self.backbone = MMACTION_MODELS.build(backbone)
        self.bright_norms = nn.ModuleList(
            copy.deepcopy(norm) for *_, norm in self._norms() if own_norms
        )

    def init_weights(self) -> None:
        """Gives both streams the weights that the backbone starts from."""
        super().init_weights()
        for (*_, dark), bright in zip(self._norms(), self.bright_norms, strict=False):
            bright.load_state_dict(dark.state_dict())

    def forward(self, clips: Tensor) -> Tensor:
        """The features of both halves of the channels, one after the other."""
        dark, bright = clips.chunk(2, dim=1)
        features = self.backbone(dark)
        with self._norms_of_bright():
            return torch.cat([features, self.backbone(bright)], dim=1)

    def _norms(self) -> list[tuple[nn.Module, str, nn.Module]]:
        """The backbone's normalisation layers, each with its parent and its name there."""
        return [
            (parent, name, child)
            for parent in self.backbone.modules()
            for name, child in parent.named_children()
            if isinstance(child, nn.modules.batchnorm._BatchNorm)
        ]

    @contextlib.contextmanager
    def _norms_of_bright(self) -> Iterator[None]:
        """A block in which the backbone has the bright stream's normalisation layers."""
        replaced = self._norms() if len(self.bright_norms) else []
        for (parent, name, _), bright in zip(replaced, self.bright_norms, strict=True):
            parent._modules[name] = bright
        try:
            yield
        finally:
            for parent, name, dark in replaced:
                parent._modules[name] = dark


@MODELS.register_module()
class LateFusionHead(BaseModule):
    """Trains a head for each stream by itself and averages their class probabilities.

    Training: ``loss = sum_s loss_s``, each stream's own loss under its name, as in
    ``flow_loss_cls``; no gradient of one stream depends on another.

    Prediction: ``scores = log sum_s w_s softmax(z_s)``, so that their softmax is the fused
    probability. Views of a clip are then averaged as ``average_clips`` of the heads says.

    Source: Simonyan and Zisserman, *Two-Stream Convolutional Networks*, NeurIPS 2014.

    Args:
        heads: Config of an MMAction2 head by name of the stream, in the order of the features.
        weights: w_s by name of the stream, normalised to sum 1; None for equal ones.

    Raises:
        ConfigError: a name cannot be used, the weights do not fit the heads, or the heads do not
            fit each other.
    """

    log_weights_S: Tensor

    def __init__(
        self,
        heads: Mapping[str, dict],
        weights: Mapping[str, float] | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if not heads:
            raise ConfigError('LateFusionHead: heads is empty')
        if any('loss' in name for name in heads):
            # MMEngine adds up whatever has `loss` in its name, accuracies included.
            raise ConfigError(f"LateFusionHead: 'loss' in the name of a stream: {list(heads)}")
        weights = dict.fromkeys(heads, 1.0) if weights is None else dict(weights)
        if set(weights) != set(heads) or min(weights.values()) < 0 or not sum(weights.values()):
            raise ConfigError(
                f'LateFusionHead: weights = {weights} are not one that is not negative for each of '
                f'{", ".join(heads)}'
            )
        self.heads = ModuleDict(
            {name: MMACTION_MODELS.build(config) for name, config in heads.items()}
        )
        for key in ('num_classes', 'average_clips'):
            values = [getattr(head, key) for head in self.heads.values()]
            if any(value != values[0] for value in values):
                raise ConfigError(f'LateFusionHead: {key} differs among the heads: {values}')
        shares = torch.tensor([weights[name] for name in heads], dtype=torch.float64)
        log_weights_S = (shares / shares.sum()).log().float()
        self.register_buffer('log_weights_S', log_weights_S, persistent=False)

    def forward(self, feats: Sequence, **kwargs: Any) -> Tensor:
        """(N, C) logarithms of the fused probabilities."""
        scores_SNC = torch.stack(self._scores(feats, **kwargs))
        log_weights_S11 = self.log_weights_S[:, None, None]
        return torch.logsumexp(scores_SNC.log_softmax(dim=-1) + log_weights_S11, dim=0)

    def loss(self, feats: Sequence, data_samples: list, **kwargs: Any) -> dict[str, Tensor]:
        """Each stream's own loss and accuracies, under ``<stream>_<name>``."""
        losses: dict[str, Tensor] = {}
        for name, feat in self._by_stream(feats):
            own = self.heads[name].loss(feat, data_samples, **kwargs)
            losses |= {f'{name}_{key}': value for key, value in own.items()}
        return losses

    def predict(self, feats: Sequence, data_samples: list, **kwargs: Any) -> list:
        """Puts fused scores, averaged over the views of each clip, on the data samples."""
        # All heads average alike, so any of them may average the fused scores.
        first = next(iter(self.heads.values()))
        return first.predict_by_feat(self(feats, **kwargs), data_samples)

    def _scores(self, feats: Sequence, **kwargs: Any) -> list[Tensor]:
        return [self.heads[name](feat, **kwargs) for name, feat in self._by_stream(feats)]

    def _by_stream(self, feats: Sequence) -> list[tuple]:
        if not isinstance(feats, (tuple, list)) or len(feats) != len(self.heads):
            raise ConfigError(
                f'LateFusionHead: needs the features of {", ".join(self.heads)}, one each; '
                'is the backbone ukd_bench.SplitStreams?'
            )
        return list(zip(self.heads, feats, strict=True))
