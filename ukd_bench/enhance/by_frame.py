"""The base of enhancements that look at whole frames, and luma for those that change it."""

import torch
from torch import Tensor, nn

from ..errors import ConfigError

_PIXELS_AT_ONCE = 2**22
"""One float map of so many pixels takes 16 MiB; an enhancement holds up to twenty at a time."""
_RED, _GREEN, _BLUE, _SHIFT = 4899, 9617, 1868, 14
"""0.299, 0.587 and 0.114 in units of 2^-14, as in OpenCV's ``COLOR_RGB2YCrCb`` for 8 bits."""


class FrameEnhancement(nn.Module):
    """Enhances every frame of a batch from that frame alone.

    Frames are handed on in groups of whole clips, so that memory does not grow with the batch.
    Subclasses give a frame the same bits whatever else is in its group: on the CPU that rules out
    ``pow``, which rounds the last few elements of a tensor otherwise than those before.

    Shape: uint8 (..., C, T, H, W) in, with C = 3 in the order red, green, blue; float32 in [0, 255]
    of the same shape out.

    Raises:
        ConfigError: from ``forward``, on another dtype or shape.
    """

    def forward(self, clips: Tensor) -> Tensor:
        """Enhances clips (..., 3, T, H, W), a group of whole clips at a time."""
        name = type(self).__name__
        if clips.dtype != torch.uint8:
            raise ConfigError(f'{name} wants uint8 clips, not {clips.dtype}')
        if clips.ndim < 4 or clips.shape[-4] != 3 or not clips.numel():
            raise ConfigError(
                f'{name} wants RGB clips (..., 3, T, H, W), not the shape {tuple(clips.shape)}'
            )
        clips_NCTHW = clips.flatten(0, -5) if clips.ndim > 4 else clips[None]
        out_NCTHW = torch.empty_like(
            clips_NCTHW, dtype=torch.float32, memory_format=torch.contiguous_format
        )
        pixels = clips_NCTHW[0, 0].numel()
        at_once = max(1, _PIXELS_AT_ONCE // pixels)
        for start in range(0, len(clips_NCTHW), at_once):
            group_NTCHW = clips_NCTHW[start : start + at_once].transpose(1, 2)
            enhanced_FCHW = self.enhance(group_NTCHW.flatten(0, 1))
            out_NCTHW[start : start + at_once] = enhanced_FCHW.view(group_NTCHW.shape).transpose(
                1, 2
            )
        return out_NCTHW.view(clips.shape)

    def enhance(self, frames_FCHW: Tensor) -> Tensor:
        """Enhances F frames, uint8 (F, 3, H, W) to float32 in [0, 255] of the same shape."""
        raise NotImplementedError


def luma(frames_FCHW: Tensor) -> Tensor:
    """Y of YCrCb, rounded to 8 bits as OpenCV does.

    Args:
        frames_FCHW: uint8 (F, 3, H, W), red green blue.

    Returns:
        int32 (F, H, W) in [0, 255].
    """
    red, green, blue = frames_FCHW.to(torch.int32).unbind(1)
    total = red * _RED + green * _GREEN + blue * _BLUE + (1 << _SHIFT - 1)
    return total >> _SHIFT


def with_luma(frames_FCHW: Tensor, before_FHW: Tensor, after_FHW: Tensor) -> Tensor:
    """The frames with another luma and the chroma they had.

    Chroma is red minus Y and blue minus Y, up to a factor, so keeping it means adding the change of
    Y to all three channels. What leaves [0, 255] is clipped.

    Args:
        frames_FCHW: uint8 (F, 3, H, W).
        before_FHW: Luma of ``frames_FCHW``, of any numeric type.
        after_FHW: The new luma, likewise.

    Returns:
        float32 (F, 3, H, W).
    """
    change_FHW = after_FHW.to(torch.float32) - before_FHW
    return frames_FCHW.to(torch.float32).add_(change_FHW[:, None]).clamp_(0, 255)
