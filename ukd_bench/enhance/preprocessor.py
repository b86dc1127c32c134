"""A data preprocessor that enhances raw clips on the device and standardises each."""

from collections.abc import Sequence

import torch
from mmaction.models import ActionDataPreprocessor
from mmengine.model import stack_batch
from torch import Tensor, nn

from ..errors import ConfigError
from ..registry import ENHANCEMENTS, MODELS

FORMATS = ('NCTHW', 'NCHW')


@MODELS.register_module()
class LowLightPreprocessor(ActionDataPreprocessor):
    """Enhances, standardises and lays out a batch of uint8 clips.

    Every network of the suite takes the same packed clips of shape (M, C, T, H, W), so that
    teachers and students of different kinds see one and the same view. Here each stream enhances
    them in its own way and standardises every clip to mean 0 and variance 1 over all its channels,
    frames and pixels; streams are concatenated along the channels.

    Shape: N clips (M, C, T, H, W) or, as 2D pipelines pack them, (T, C, H, W) in;
    (N, M, S C, T, H, W) out for ``NCTHW``, (N, M T, S C, H, W) for ``NCHW``, S being the number of
    streams.

    Args:
        streams: One enhancement config a stream, built from ``ENHANCEMENTS``.
        format_shape: ``NCTHW`` for 3D networks, ``NCHW`` for 2D ones.

    Raises:
        ConfigError: on an unknown format or no stream.
    """

    def __init__(
        self,
        streams: Sequence[dict] = (dict(type='Identity'),),
        format_shape: str = 'NCTHW',
    ) -> None:
        if format_shape not in FORMATS:
            raise ConfigError(f'format_shape {format_shape!r} is none of {", ".join(FORMATS)}')
        if not streams:
            raise ConfigError('LowLightPreprocessor needs at least one stream')
        super().__init__(format_shape=format_shape)
        self.streams = nn.ModuleList(ENHANCEMENTS.build(stream) for stream in streams)

    def preprocess(self, inputs: list[Tensor], data_samples: list, training: bool = False):
        """Stacks and prepares ``inputs``; ``data_samples`` pass through."""
        clips_NMCTHW = as_clips(stack_batch(inputs))
        streams = [standardize_clips(stream(clips_NMCTHW)) for stream in self.streams]
        batch = torch.cat(streams, dim=2) if len(streams) > 1 else streams[0]
        if self.format_shape == 'NCHW':
            batch = batch.transpose(2, 3).flatten(1, 2)
        return batch, data_samples


def as_clips(batch: Tensor) -> Tensor:
    """A stacked batch as (N, M, C, T, H, W), whether it was packed for 3D or for 2D networks.

    Raises:
        ConfigError: it is neither (N, M, C, T, H, W) nor (N, T, C, H, W).
    """
    if batch.ndim == 6:
        return batch
    if batch.ndim == 5:
        return batch.transpose(1, 2).unsqueeze(1)
    raise ConfigError(f'a batch of clips has 5 or 6 dimensions, not the shape {tuple(batch.shape)}')


def standardize_clips(clips_NMCTHW: Tensor, epsilon: float = 1e-3) -> Tensor:
    """Each clip minus its mean, over its standard deviation plus ``epsilon`` (in intensity levels).

    Args:
        clips_NMCTHW: Float clips, changed in place.
    """
    std, mean = torch.std_mean(clips_NMCTHW, dim=(2, 3, 4, 5), keepdim=True, correction=0)
    return clips_NMCTHW.sub_(mean).div_(std.add_(epsilon))
