"""What brings enhanced clips to the range that networks want: by each clip, or fixed."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import ConfigError, quoted
from ..methods.normalization import KEYS, require_numbers

_EPSILON = 1e-3
"""Keeps the quotient finite where a clip is flat; in intensity levels."""


class FixedNormalization(nn.Module):
    """Takes ``(x - mean) / std``, channel by channel, the same for all clips.

    So a dark clip stays dark, and what a network sees depends on the enhancement's brightness.

    Args:
        normalization: ``mean`` and ``std``, in intensity levels, for red, green and blue, as in the
            preprocessors of MMAction2's configs.

    Raises:
        ConfigError: it has other keys, or either is no list of three finite numbers, those of
            ``std`` above 0.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, normalization: Mapping[str, Any]) -> None:
        super().__init__()
        if not isinstance(normalization, Mapping) or {*normalization} != {*KEYS}:
            raise ConfigError(
                f'normalization = {quoted(normalization)}: wants None or a dict of mean and std'
            )
        require_numbers(normalization)
        for name in KEYS:
            values = torch.tensor(normalization[name], dtype=torch.float32)
            self.register_buffer(name, values.view(3, 1, 1, 1), persistent=False)

    def forward(self, clips_NMCTHW: Tensor) -> Tensor:
        """Normalises float clips of red, green and blue, in place.

        Raises:
            ConfigError: they have more or fewer channels, as an enhancement may make them.
        """
        if (channels := clips_NMCTHW.shape[2]) != 3:
            raise ConfigError(
                f'normalization: has mean and std of 3 channels, the enhanced clips have {channels}'
            )
        return clips_NMCTHW.sub_(self.mean).div_(self.std)


def standardize_clips(clips_NMCTHW: Tensor, centred: bool = False) -> Tensor:
    """Each clip minus its mean, over its standard deviation plus 0.001 intensity levels.

    Sums are taken frame by frame and then over the frames, so that a clip has the same bits in any
    batch and for any number of threads, which share a batch of one otherwise.

    Args:
        clips_NMCTHW: Float clips, changed in place.
        centred: Takes the mean to be 0: nothing is subtracted, and the root mean square stands for
            the deviation.
    """
    if not centred:
        mean_NM = clips_NMCTHW.mean((4, 5)).mean((2, 3))
        clips_NMCTHW.sub_(_as_clips(mean_NM))
    norm_NMCT = torch.linalg.vector_norm(clips_NMCTHW, dim=(4, 5))
    values = clips_NMCTHW.shape[2:].numel()
    std_NM = norm_NMCT.square_().sum((2, 3)).div_(values).sqrt_()
    return clips_NMCTHW.div_(_as_clips(std_NM.add_(_EPSILON)))


def _as_clips(numbers_NM: Tensor) -> Tensor:
    return numbers_NM[:, :, None, None, None, None]
