"""Luma, and how a change of it reaches the colours."""

import torch
from torch import Tensor

_RED, _GREEN, _BLUE, _SHIFT = 4899, 9617, 1868, 14
"""0.299, 0.587 and 0.114 in units of 2^-14, as in OpenCV's ``COLOR_RGB2YCrCb`` for 8 bits."""


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
        before_FHW, after_FHW: Luma of ``frames_FCHW`` and the new one, of any numeric type.

    Returns:
        float32 (F, 3, H, W).
    """
    change_FHW = after_FHW.to(torch.float32) - before_FHW
    return frames_FCHW.to(torch.float32).add_(change_FHW[:, None]).clamp_(0, 255)
