"""A data preprocessor that enhances raw clips on the device and normalises them."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmaction.models import ActionDataPreprocessor
from mmaction.structures import ActionDataSample
from mmengine.model import stack_batch
from torch import Tensor, nn

from ..errors import ConfigError
from ..registry import ENHANCEMENTS, MODELS, build_named
from .normalization import FixedNormalization, standardize_clips

FORMATS = ('NCTHW', 'NCHW')
PICTURE = slice(0, 3)
"""The channels that a stream takes unless its enhancement says otherwise."""


@MODELS.register_module()
class LowLightPreprocessor(ActionDataPreprocessor):
    """Enhances, normalises and lays out a batch of uint8 clips.

    Every network of the suite takes the same packed clips of shape (M, C, T, H, W), so that
    teachers and students of different kinds see one and the same view. Here each stream enhances
    its channels in its own way and normalises the result; streams are concatenated along the
    channels. A stream takes the picture, channels 0 to 2, unless its enhancement has other
    ``channels``.

    By default every clip is standardised to mean 0 and variance 1 over all its stream's channels,
    frames and pixels, which undoes most of the darkness. ``normalization`` takes a fixed mean and
    deviation for all clips instead. Enhancements that are ``centred``, because they show motion and
    no picture, are standardised by clip in either case, since statistics of intensities say nothing
    of them: their 0 stays 0 and the mean square becomes 1 instead of the variance.

    Shape: N clips (M, C, T, H, W) or, as 2D pipelines pack them, (T, C, H, W) in, C being 3, or 5
    with optical flow; (N, M, D, T, H, W) out for ``NCTHW``, (N, M T, D, H, W) for ``NCHW``, D being
    the channels of all streams.

    Args:
        streams: One enhancement config a stream: a name of ``ENHANCEMENTS`` or the dotted path of a
            module's class, with its arguments.
        format_shape: ``NCTHW`` for 3D networks, ``NCHW`` for 2D ones.
        normalization: ``dict(mean=[r, g, b], std=[r, g, b])`` in [0, 255], as MMAction2's configs
            have them, for all streams of pictures; None standardises each clip by itself.

    Raises:
        ConfigError: on an unknown format, no stream, a normalization that cannot be used, an
            enhancement that cannot be built, or one that makes no floating-point clips of the
            length and size it was given.
    """

    def __init__(
        self,
        streams: Sequence[dict] = (dict(type='Identity'),),
        format_shape: str = 'NCTHW',
        normalization: Mapping[str, Sequence[float]] | None = None,
    ) -> None:
        if format_shape not in FORMATS:
            raise ConfigError(f'format_shape {format_shape!r} is none of {", ".join(FORMATS)}')
        if not streams:
            raise ConfigError('LowLightPreprocessor needs at least one stream')
        super().__init__(format_shape=format_shape)
        self.streams = nn.ModuleList(
            build_named(stream, ENHANCEMENTS, nn.Module) for stream in streams
        )
        self.normalization = None if normalization is None else FixedNormalization(normalization)

    def cast_data(self, data: Any) -> Any:
        """Moves a batch to the device; on the CPU, where batches come from, nothing is copied."""
        if isinstance(data, dict) and self.device == torch.device('cpu'):
            # Another dict, since what is prepared takes the place of the clips in it.
            return dict(data)
        return super().cast_data(data)

    def preprocess(
        self, inputs: list[Tensor], data_samples: list[ActionDataSample], training: bool = False
    ) -> tuple[Tensor, list[ActionDataSample]]:
        """Stacks, enhances and normalises the clips of a batch; data samples pass through.

        Args:
            inputs: N clips, see the class.
            data_samples: Data samples of the clips.
            training: Changes nothing here.
        """
        alike = len({clip.shape for clip in inputs}) == 1
        # MMEngine's function pads clips of several sizes, and takes its time to find out.
        clips_NMCTHW = as_clips(torch.stack(inputs) if alike else stack_batch(inputs))
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
        centred = getattr(enhancement, 'centred', False)
        if self.normalization is None or centred:
            return standardize_clips(enhanced, centred)
        return self.normalization(enhanced)


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
