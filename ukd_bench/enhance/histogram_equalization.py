"""Global histogram equalisation."""

import torch
from torch import Tensor

from ..registry import ENHANCEMENTS
from .by_frame import FrameEnhancement, luma, with_luma


@ENHANCEMENTS.register_module()
class HistogramEqualization(FrameEnhancement):
    """Spreads the luma of each frame evenly over [0, 255].

    ``Y' = round(255 (N(Y) - n) / (P - n))``, where N(y) counts the pixels with luma up to y, n
    those with the smallest luma that occurs, and P all. A frame of one luma stays as it is. Chroma
    stays.

    Source: the rule of OpenCV's ``equalizeHist``, here on Y of YCrCb; equal to it, code by code.

    Shape: uint8 (..., 3, T, H, W), RGB, in; float32 in [0, 255] of the same shape out.

    Raises:
        ConfigError: from ``forward``, on another dtype or shape.
    """

    def enhance(self, frames_FCHW: Tensor) -> Tensor:
        """Equalises frames (F, 3, H, W), each by its own histogram."""
        before_FHW = luma(frames_FCHW)
        codes_FP = before_FHW.flatten(1).long()
        counts_FB = histogram(codes_FP, 256)
        up_to_FB = counts_FB.cumsum(1)
        pixels = codes_FP.shape[1]
        # argmax of equal values is the first of them.
        smallest_F1 = (counts_FB > 0).long().argmax(1, keepdim=True)
        smallest_count_F1 = counts_FB.gather(1, smallest_F1)
        scale_F1 = 255 / (pixels - smallest_count_F1).clamp(min=1).to(torch.float32)
        table_FB = ((up_to_FB - smallest_count_F1).to(torch.float32) * scale_F1).round()
        table_FB = torch.where(smallest_count_F1 == pixels, smallest_F1, table_FB)
        after_FHW = table_FB.gather(1, codes_FP).view(before_FHW.shape)
        return with_luma(frames_FCHW, before_FHW, after_FHW)


def histogram(codes_FP: Tensor, bins: int) -> Tensor:
    """How often each code occurs in each row, without a loop over rows.

    Args:
        codes_FP: int64 (F, P), each in [0, bins).
        bins: Number of codes.

    Returns:
        int64 (F, bins).
    """
    counts_FB = codes_FP.new_zeros(len(codes_FP), bins)
    return counts_FB.scatter_add_(1, codes_FP, torch.ones_like(codes_FP))
