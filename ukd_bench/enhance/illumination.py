"""Illumination maps of frames, as LIME and BIMEF start from."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F


def brightest_channel(frames_FCHW: Tensor) -> Tensor:
    """The largest channel of every pixel, as float32 (F, H, W) in [0, 1], of uint8 (F, 3, H, W)."""
    return frames_FCHW.amax(1).to(torch.float32) / 255


def steps(map_FHW: Tensor) -> tuple[Tensor, Tensor]:
    """What each pixel lacks to the one below and to the one on its right, 0 at the border.

    Args:
        map_FHW: (F, H, W).

    Returns:
        Two tensors (F, H, W).
    """
    down_FHW = torch.zeros_like(map_FHW)
    right_FHW = torch.zeros_like(map_FHW)
    torch.sub(map_FHW[:, 1:], map_FHW[:, :-1], out=down_FHW[:, :-1])
    torch.sub(map_FHW[..., 1:], map_FHW[..., :-1], out=right_FHW[..., :-1])
    return down_FHW, right_FHW


def window_sum(map_FHW: Tensor, taps: Sequence[float], dim: int) -> Tensor:
    """The sum over a window along ``dim``, weighted by an odd number of taps; 0 outside the frame.

    A sum of shifted maps rather than a convolution, whose bits depend on the number of frames.
    """
    reach = len(taps) // 2
    length = map_FHW.shape[dim]
    padding = (reach, reach) if dim in (2, -1) else (0, 0, reach, reach)
    padded_FHW = F.pad(map_FHW, padding)
    total_FHW = torch.zeros_like(map_FHW)
    for i, tap in enumerate(taps):
        total_FHW.add_(padded_FHW.narrow(dim, i, length), alpha=tap)
    return total_FHW


def gaussian_taps(sigma: float) -> list[float]:
    """A Gaussian window out to three ``sigma`` (in pixels), with sum 1."""
    reach = math.ceil(3 * sigma)
    taps = [math.exp(-(i**2) / (2 * sigma**2)) for i in range(-reach, reach + 1)]
    return [tap / sum(taps) for tap in taps]


def power(base: Tensor, exponent: float) -> Tensor:
    """``base ** exponent`` of what is at least 0, for an exponent above 0.

    By way of the logarithm: the CPU's ``pow`` rounds the last few elements of a tensor otherwise
    than those before, so that a clip's bits would depend on its place in the batch.
    """
    return base.log().mul_(exponent).exp_()
