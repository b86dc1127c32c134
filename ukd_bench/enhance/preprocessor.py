"""A data preprocessor that enhances raw clips on the device and standardises each."""

from collections.abc import Sequence

import torch
from mmaction.models import ActionDataPreprocessor
from mmaction.structures import ActionDataSample
from mmengine.model import stack_batch
from torch import Tensor, nn

from ..errors import ConfigError
from ..registry import ENHANCEMENTS, MODELS, build_named

FORMATS = ('NCTHW', 'NCHW')
PICTURE = slice(0, 3)
"""The channels that a stream takes unless its enhancement says otherwise."""


@MODELS.register_module()
class LowLightPreprocessor(ActionDataPreprocessor):
    """Enhances, standardises and lays out a batch of uint8 clips.

    Every network of the suite takes the same packed clips of shape (M, C, T, H, W), so that
    teachers and students of different kinds see one and the same view. Here each stream enhances
    its channels in its own way and standardises every clip to mean 0 and variance 1 over all those
    channels, frames and pixels; streams are concatenated along the channels. A stream takes the
    picture, channels 0 to 2, unless its enhancement has other ``channels``; where that is
    ``centred``, 0 stays 0 and the mean square becomes 1 instead of the variance.

    Shape: N clips (M, C, T, H, W) or, as 2D pipelines pack them, (T, C, H, W) in, C being 3, or 5
    with optical flow; (N, M, D, T, H, W) out for ``NCTHW``, (N, M T, D, H, W) for ``NCHW``, D being
    the channels of all streams.

    Args:
        streams: One enhancement config a stream: a name of ``ENHANCEMENTS`` or the dotted path of a
            module's class, with its arguments.
        format_shape: ``NCTHW`` for 3D networks, ``NCHW`` for 2D ones.

    Raises:
        ConfigError: on an unknown format, no stream, an enhancement that cannot be built, or one
            that makes no floating-point clips of the length and size it was given.
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
        self.streams = nn.ModuleList(
            build_named(stream, ENHANCEMENTS, nn.Module) for stream in streams
        )

    def preprocess(
        self, inputs: list[Tensor], data_samples: list[ActionDataSample], training: bool = False
    ) -> tuple[Tensor, list[ActionDataSample]]:
        """Stacks, enhances and standardises the clips of a batch; data samples pass through.

        Args:
            inputs: N clips, see the class.
            data_samples: Data samples of the clips.
            training: Changes nothing here.
        """
        clips_NMCTHW = as_clips(stack_batch(inputs))
        streams = [self._stream(stream, clips_NMCTHW) for stream in self.streams]
        batch = torch.cat(streams, dim=2) if len(streams) > 1 else streams[0]
        if self.format_shape == 'NCHW':
            # With one clip a sample, flattening copies nothing; MMAction2 takes views of the batch.
            batch = batch.transpose(2, 3).flatten(1, 2).contiguous()
        return batch, data_samples

    def _stream(self, enhancement: nn.Module, clips_NMCTHW: Tensor) -> Tensor:
        channels = getattr(enhancement, 'channels', PICTURE)
        present = clips_NMCTHW.shape[2]
        if present < channels.stop:
            raise ConfigError(
                f'stream {type(enhancement).__name__} takes channels {channels.start} to '
                f'{channels.stop - 1}, the clips have {present}: is ukd_bench.OpenFlow absent from '
                'the pipeline?'
            )
        taken = clips_NMCTHW[:, :, channels]
        enhanced = enhancement(taken)
        if not enhanced.is_floating_point() or enhanced[:, :, :1].shape != taken[:, :, :1].shape:
            raise ConfigError(
                f'stream {type(enhancement).__name__} makes {enhanced.dtype} of the shape '
                f'{tuple(enhanced.shape)} of clips of the shape {tuple(taken.shape)}; it may '
                'change the third dimension, the channels, and must make floating-point numbers'
            )
        return standardize_clips(enhanced, centred=getattr(enhancement, 'centred', False))


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


def standardize_clips(clips_NMCTHW: Tensor, epsilon: float = 1e-3, centred: bool = False) -> Tensor:
    """Each clip minus its mean, over its standard deviation plus ``epsilon`` (in intensity levels).

    Args:
        clips_NMCTHW: Float clips, changed in place.
        epsilon: Keeps the quotient finite where a clip is flat.
        centred: Takes the mean to be 0: nothing is subtracted, and the root mean square stands for
            the deviation.
    """
    dims = (2, 3, 4, 5)
    if centred:
        rms = clips_NMCTHW.square().mean(dim=dims, keepdim=True).sqrt_()
        return clips_NMCTHW.div_(rms.add_(epsilon))
    std, mean = torch.std_mean(clips_NMCTHW, dim=dims, keepdim=True, correction=0)
    return clips_NMCTHW.sub_(mean).div_(std.add_(epsilon))
