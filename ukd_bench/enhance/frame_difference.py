"""The change from frame to frame."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from ..errors import ConfigError
from ..registry import ENHANCEMENTS
from .gamma import Gamma


@ENHANCEMENTS.register_module()
class FrameDifference(nn.Module):
    """Takes ``x_t - x_(t-1)`` instead of the picture x, channel by channel.

    The frames are those of the view, so a difference spans the view's interval, not the video's.
    The first frame's difference is 0. As with optical flow, the preprocessor keeps a still pixel's
    0 where it standardises.

    Source: RGB difference as the input of TSN (Wang et al., ECCV 2016).

    Shape: uint8 (..., T, H, W) in, float32 in [-255, 255] of the same shape out.

    Args:
        gamma: Brightens frames by :class:`Gamma` before they are compared, so that a change in a
            dark region counts as much as one under a lamp; 1 compares them as they are.

    Attributes:
        centred: True: 0 has a meaning which standardisation must keep.

    Raises:
        ConfigError: ``gamma`` is not in [0.1, 20].
    """

    centred: ClassVar[bool] = True

    def __init__(self, gamma: float = 1.0) -> None:
        super().__init__()
        if not 0.1 <= gamma <= 20:
            raise ConfigError(f'FrameDifference: gamma = {gamma} is not in [0.1, 20]')
        self.brighten = Gamma(gamma) if gamma != 1 else None

    def forward(self, clips: Tensor) -> Tensor:
        """Differences of (..., T, H, W) along T."""
        levels = self.brighten(clips) if self.brighten else clips.to(torch.float32)
        change = torch.zeros_like(levels)
        now, before = levels[..., 1:, :, :], levels[..., :-1, :, :]
        torch.sub(now, before, out=change[..., 1:, :, :])
        return change
