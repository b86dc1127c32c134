"""Low-light image enhancement via illumination map estimation."""

import torch
from torch import Tensor

from ..errors import ConfigError
from ..registry import ENHANCEMENTS
from .by_frame import FrameEnhancement
from .illumination import brightest_channel, gaussian_taps, power, smooth, steps, window_sum

_EPSILON = 1e-3
"""Keeps the weights finite where the map is flat, and the quotient where it is black."""
_SIGMA = 2.0


@ENHANCEMENTS.register_module()
class LIME(FrameEnhancement):
    """Divides each frame by its smoothed illumination: ``255 min(1, (i / 255) / T^gamma)``.

    T starts as the largest channel m of every pixel and is then smoothed within surfaces but not
    across their borders. It minimises

        sum (T - m)^2 + alpha sum W / (|dm| + epsilon) (dT)^2,    W = 1 / (|G * dm| + epsilon),

    summed over pixels and, in the second term, both directions of the steps d between neighbours;
    G is a Gaussian window of 2 pixels, epsilon 0.001.

    Source: Guo, Li, Ling, *LIME: Low-Light Image Enhancement via Illumination Map Estimation*, TIP
    2017: its sped-up solver with weighting strategy III. **An approximation of it**: the
    minimum is found by ``illumination.smooth`` instead of a sparse solve; see
    ``docs/enhancement.md`` for how near it comes. The paper's denoising step is left out.

    Shape: uint8 (..., 3, T, H, W), RGB, in; float32 in [0, 255] of the same shape out.

    Args:
        gamma: Share of the illumination that is removed: 1 all of it, near 0 hardly any.
        alpha: Strength of smoothing; 0 leaves T as it starts.

    Raises:
        ConfigError: ``gamma`` is not in [0.05, 1] or ``alpha`` not in [0, 10]; from ``forward``, on
            another dtype or shape.
    """

    def __init__(self, gamma: float = 0.7, alpha: float = 0.15) -> None:
        super().__init__()
        if not 0.05 <= gamma <= 1:
            raise ConfigError(f'LIME: gamma = {gamma} is not in [0.05, 1]')
        if not 0 <= alpha <= 10:
            raise ConfigError(f'LIME: alpha = {alpha} is not in [0, 10]')
        self.gamma = gamma
        self.alpha = alpha

    def illumination(self, frames_FCHW: Tensor) -> Tensor:
        """T of uint8 frames (F, 3, H, W), before gamma: float32 (F, H, W) in [0, 1]."""
        start_FHW = brightest_channel(frames_FCHW)
        if not self.alpha:
            return start_FHW
        down_FHW, right_FHW = (_weights(step_FHW) for step_FHW in steps(start_FHW))
        return smooth(start_FHW, down_FHW, right_FHW, strength=self.alpha)

    def enhance(self, frames_FCHW: Tensor) -> Tensor:
        """Divides frames (F, 3, H, W) by ``T^gamma``."""
        divisor_FHW = power(self.illumination(frames_FCHW).clamp_(min=_EPSILON), self.gamma)
        return frames_FCHW.to(torch.float32).div_(divisor_FHW[:, None]).clamp_(max=255)


def _weights(step_FHW: Tensor) -> Tensor:
    """The weights of the squared steps of T, from those of the map it starts as."""
    taps = gaussian_taps(_SIGMA)
    mean_FHW = window_sum(window_sum(step_FHW, taps, 1), taps, 2)
    return 1 / ((mean_FHW.abs_() + _EPSILON) * (step_FHW.abs() + _EPSILON))
