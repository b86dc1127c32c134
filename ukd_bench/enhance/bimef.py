"""Bio-inspired multi-exposure fusion."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from ..errors import ConfigError
from ..registry import ENHANCEMENTS
from .by_frame import FrameEnhancement
from .illumination import brightest_channel, power, smooth, steps, window_sum

_A, _B = -0.3293, 1.1258
"""Constants of the camera response that the authors fitted to 201 cameras."""
_STRENGTH, _WINDOW, _SHARPNESS = 0.5, 5, 1e-3
_RATIOS = 25
_SEARCH_SIDE = 50


@ENHANCEMENTS.register_module()
class BIMEF(FrameEnhancement):
    """Fuses each frame with a longer exposure of itself: ``255 (W P + (1 - W) min(1, g(P, k)))``.

    P is i / 255. ``g(P, k) = exp(b (1 - k^a)) P^(k^a)`` with a = -0.3293, b = 1.1258 is what the
    camera would have seen at k times the exposure. W is ``T^mu``, T the illumination: the largest
    channel of every pixel, at half the size, smoothed within surfaces. k is the one of 25 values
    from 1 to ``max_ratio``, evenly spaced, that gives the pixels with T < 0.5 the brightness
    histogram of the largest entropy (in 256 levels of the geometric mean of the channels).

    Source: Ying, Li, Gao, *A Bio-Inspired Multi-Exposure Fusion Framework for Low-light Image
    Enhancement*, arXiv 1711.00591, 2017. **An approximation of it**: T is found by
    ``illumination.smooth`` instead of a sparse solve, k on a grid instead of by golden sections,
    which end in a local maximum; see ``docs/enhancement.md`` for how near it comes. Brightness is
    taken from frames averaged down to some 50 pixels a side, where the authors resize to 50 x 50.

    Shape: uint8 (..., 3, T, H, W), RGB, in; float32 in [0, 255] of the same shape out.

    Args:
        mu: Exponent of the weights: larger leaves less of the dark frame.
        max_ratio: The longest exposure that is tried, in units of the frame's.

    Raises:
        ConfigError: ``mu`` is not in [0.05, 2] or ``max_ratio`` not in [1, 20]; from ``forward``,
            on another dtype or shape.
    """

    ratios: Tensor
    exposed: Tensor
    thresholds: Tensor

    def __init__(self, mu: float = 0.5, max_ratio: float = 7.0) -> None:
        super().__init__()
        if not 0.05 <= mu <= 2:
            raise ConfigError(f'BIMEF: mu = {mu} is not in [0.05, 2]')
        if not 1 <= max_ratio <= 20:
            raise ConfigError(f'BIMEF: max_ratio = {max_ratio} is not in [1, 20]')
        self.mu = mu
        ratios_K = torch.linspace(1, max_ratio, _RATIOS, dtype=torch.float64)
        gamma_K1 = ratios_K[:, None] ** _A
        beta_K1 = torch.exp(_B * (1 - gamma_K1))
        intensities_B = torch.arange(256, dtype=torch.float64) / 255
        exposed_KB = 255 * (beta_K1 * intensities_B**gamma_K1).clamp(max=1)
        # The product of the three channels (in levels) from which on brightness rounds to a level.
        lower_L = (torch.arange(1, 256, dtype=torch.float64) - 0.5) / 255
        thresholds_KL = (255 * (lower_L / beta_K1) ** (1 / gamma_K1)) ** 3
        for name, table in (
            ('ratios', ratios_K),
            ('exposed', exposed_KB),
            ('thresholds', thresholds_KL),
        ):
            self.register_buffer(name, table.to(torch.float32), persistent=False)

    def illumination(self, frames_FCHW: Tensor) -> Tensor:
        """T of uint8 frames (F, 3, H, W), before mu: float32 (F, H, W) in [0, 1]."""
        start_FHW = brightest_channel(frames_FCHW)
        half_FHW = F.avg_pool2d(start_FHW, 2, ceil_mode=True)
        down_FHW, right_FHW = steps(half_FHW)
        window = [1.0] * _WINDOW
        down_weights_FHW, right_weights_FHW = (
            1 / (window_sum(step_FHW, window, dim).mul_(step_FHW).abs_() + _SHARPNESS)
            for step_FHW, dim in ((down_FHW, 1), (right_FHW, 2))
        )
        smooth_FHW = smooth(half_FHW, down_weights_FHW, right_weights_FHW, strength=_STRENGTH)
        size = start_FHW.shape[1:]
        return F.interpolate(smooth_FHW[:, None], size, mode='bilinear', align_corners=False)[:, 0]

    def best_ratio(self, frames_FCHW: Tensor, illumination_FHW: Tensor) -> Tensor:
        """The place of k in ``ratios`` for each frame, int64 (F,); 0, so k = 1, if none is dark."""
        stride = max(1, min(frames_FCHW.shape[-2:]) // _SEARCH_SIDE)
        small_FCHW = F.avg_pool2d(frames_FCHW.to(torch.float32), stride)
        dark_FP = (F.avg_pool2d(illumination_FHW, stride) < 0.5).flatten(1)
        product_FP = small_FCHW.prod(1).flatten(1).masked_fill_(~dark_FP, math.inf)
        # Exposure keeps the order of brightness, so a histogram at any k is a difference of ranks.
        ranked_FP = product_FP.sort(1).values
        frames, ratios = len(ranked_FP), len(self.ratios)
        bounds_FX = self.thresholds.flatten().expand(frames, -1).contiguous()
        below_FKL = torch.searchsorted(ranked_FP, bounds_FX).view(frames, ratios, -1)
        counted_F = dark_FP.sum(1)
        ends_FKL = torch.cat(
            [
                torch.zeros_like(below_FKL[..., :1]),
                torch.minimum(below_FKL, counted_F[:, None, None]),
                counted_F[:, None, None].expand(frames, ratios, 1),
            ],
            dim=2,
        )
        shares_FKL = ends_FKL.diff(dim=2) / counted_F.clamp(min=1)[:, None, None]
        return torch.special.entr(shares_FKL).sum(2).argmax(1)

    def enhance(self, frames_FCHW: Tensor) -> Tensor:
        """Fuses frames (F, 3, H, W) with their best exposures."""
        illumination_FHW = self.illumination(frames_FCHW)
        best_F = self.best_ratio(frames_FCHW, illumination_FHW)
        table_FB = self.exposed[best_F]
        codes_FP = frames_FCHW.flatten(1).long()
        exposed_FCHW = table_FB.gather(1, codes_FP).view(frames_FCHW.shape)
        weights_F1HW = power(illumination_FHW, self.mu)[:, None]
        frames = frames_FCHW.to(torch.float32)
        return frames.sub_(exposed_FCHW).mul_(weights_F1HW).add_(exposed_FCHW).clamp_(0, 255)
