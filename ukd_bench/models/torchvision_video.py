"""torchvision's video networks as backbones."""

from typing import Any

from mmengine.model import BaseModule
from torch import Tensor, nn
from torchvision.models import get_model, get_model_weights

from ..errors import ConfigError, one_line
from ..files.checkpoints import load_weights
from ..files.downloads import downloaded, local_path
from ..registry import MODELS

CLASSIFIERS = {
    **dict.fromkeys(('r2plus1d_18', 'r3d_18', 'mc3_18'), 'fc'),
    's3d': 'classifier',
    **dict.fromkeys(('mvit_v1_b', 'mvit_v2_s'), 'head'),
    **dict.fromkeys(('swin3d_t', 'swin3d_s', 'swin3d_b'), 'head'),
}
"""Names of the networks, and torchvision's name for the classifier of each."""
_ONE_SIZE = ('mvit_v1_b', 'mvit_v2_s')
"""Networks whose tables of positions are made for one size of clip."""


@MODELS.register_module()
class TorchvisionVideo(BaseModule):
    """A video network of torchvision without its classifier, for MMAction2's heads.

    The classifier is taken out, with the dropout before it; what is left emits pooled features.

    Shape: (N, 3, T, H, W) in; (N, D, 1, 1, 1) out, D being ``feature_dim``, the head's
    ``in_channels``.

    Args:
        name: One of :data:`CLASSIFIERS`.
        pretrained: Weights that ``init_weights`` loads: None for torchvision's random weights, the
            name of weights that torchvision publishes for the network, such as ``KINETICS400_V1``
            (downloaded to ``$TORCH_HOME/hub/checkpoints``, hash checked), or the path of a file
            with a state dict of the whole network, of which the classifier may differ.
        **options: Arguments of torchvision's builder, such as ``stochastic_depth_prob``.

    Attributes:
        feature_dim: D.

    Raises:
        ConfigError: no such network or option; from ``init_weights``, where the weights are absent
            or do not fit key by key; from ``forward``, where the network cannot take clips of that
            size.
    """

    def __init__(
        self,
        name: str,
        pretrained: str | None = None,
        init_cfg: dict | None = None,
        **options: Any,
    ) -> None:
        super().__init__(init_cfg)
        if name not in CLASSIFIERS:
            raise ConfigError(
                f'TorchvisionVideo: name {name!r} is none of {", ".join(CLASSIFIERS)}'
            )
        self.name = name
        self.pretrained = pretrained
        try:
            self.network = get_model(name, weights=None, **options)
        except (TypeError, ValueError) as error:
            raise ConfigError(f'TorchvisionVideo: {name}: {one_line(error)}') from error
        classifier = getattr(self.network, CLASSIFIERS[name])
        self.feature_dim = _features_into(classifier)
        setattr(self.network, CLASSIFIERS[name], nn.Identity())
        meta = next(iter(get_model_weights(name))).meta
        self._least_size = (meta.get('min_temporal_size', 1), *meta['min_size'])

    def init_weights(self) -> None:
        """Loads the pretrained weights, if any; see the class."""
        super().init_weights()
        if self.pretrained is None:
            return
        urls = {weights.name: weights.url for weights in get_model_weights(self.name)}
        if self.pretrained in urls:
            path = downloaded(urls[self.pretrained])
        else:
            path = local_path(self.pretrained)
            if not path.is_file():
                raise ConfigError(
                    f'TorchvisionVideo: pretrained {self.pretrained!r} is no file, nor weights of '
                    f'{self.name}, which are {", ".join(urls)}'
                )
        classifier = f'{CLASSIFIERS[self.name]}.'
        load_weights(self.network, path, lambda key: '' if key.startswith(classifier) else key)

    def forward(self, clips: Tensor) -> Tensor:
        """Pooled features (N, D, 1, 1, 1) of clips (N, 3, T, H, W)."""
        self._require_size(tuple(clips.shape[2:]))
        return self.network(clips)[:, :, None, None, None]

    def _require_size(self, size: tuple[int, ...]) -> None:
        exact = self.name in _ONE_SIZE
        least = self._least_size
        if size != least if exact else any(a < b for a, b in zip(size, least, strict=True)):
            raise ConfigError(
                f'TorchvisionVideo: {self.name} takes clips of {"" if exact else "at least "}'
                f'{_times(least)} (frames, height, width), not {_times(size)}'
            )


def _features_into(classifier: nn.Module) -> int:
    """Channels that the last layer of a classifier takes."""
    last = classifier[-1] if isinstance(classifier, nn.Sequential) else classifier
    if isinstance(last, nn.Conv3d):
        return last.in_channels
    assert isinstance(last, nn.Linear), last
    return last.in_features


def _times(sizes: tuple[int, ...]) -> str:
    return ' x '.join(map(str, sizes))
