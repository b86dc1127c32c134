"""Illumination maps, and the edge-preserving smoothing that refines them."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F


def brightest_channel(frames_FCHW: Tensor) -> Tensor:
    """The largest channel of every pixel of uint8 (F, 3, H, W): float32 (F, H, W) in [0, 1]."""
    return frames_FCHW.amax(1).to(torch.float32) / 255


def steps(map_FHW: Tensor) -> tuple[Tensor, Tensor]:
    """Differences of each pixel to the one below and to the one on its right, 0 at the border.

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


def smooth(
    map_FHW: Tensor, down_FHW: Tensor, right_FHW: Tensor, strength: float, iterations: int = 2
) -> Tensor:
    """Smooths a map within surfaces but not across their borders.

    The result approximates the map t that minimises

        sum (t - map)^2 + strength (sum down (t_below - t)^2 + sum right (t_right - t)^2),

    summed over pixels, by solving along rows and along columns in turn, ``iterations`` times, with
    strengths that fall by 4 each time and add up to ``strength``. Each of these problems is
    tridiagonal and is solved exactly, in operations linear in the pixels.

    Source: Min, Choi, Lu, Ham, Sohn, Do, *Fast Global Image Smoothing Based on Weighted Least
    Squares*, TIP 2014. Their strengths add up to half of ``strength``, which smooths less than the
    least squares do; with the whole, two iterations come as near to these as five do.

    Only sums, products and quotients are used, so a frame's result has the same bits whatever
    frames are beside it.

    Args:
        map_FHW: float32 (F, H, W).
        down_FHW: Weights at least 0 between each pixel and the one below; the last row is ignored.
        right_FHW: Weights between each pixel and the one to its right; the last column is ignored.
        strength: Weight of the squared steps.
        iterations: Passes along rows and columns.

    Returns:
        float32 (F, H, W), up to rounding within the range of values of each frame's map.
    """
    # Solved along the first dimension, so that every step reads and writes whole blocks of memory.
    down_HX = down_FHW.permute(1, 0, 2).flatten(1)
    right_WX = right_FHW.permute(2, 0, 1).flatten(1)
    frames, height, width = map_FHW.shape
    t_FHW = map_FHW
    for iteration in range(1, iterations + 1):
        share = 3 * 4 ** (iterations - iteration) / (4**iterations - 1) * strength
        t_WX = _solve_along_first(t_FHW.permute(2, 0, 1).flatten(1), right_WX, share)
        t_FHW = t_WX.view(width, frames, height).permute(1, 2, 0)
        t_HX = _solve_along_first(t_FHW.permute(1, 0, 2).flatten(1), down_HX, share)
        t_FHW = t_HX.view(height, frames, width).permute(1, 0, 2)
    return t_FHW.contiguous()


def _solve_along_first(right_LX: Tensor, weights_LX: Tensor, strength: float) -> Tensor:
    """Solves X tridiagonal systems (I + strength D'WD) u = right of size L at once.

    Elimination downwards, substitution upwards, without pivoting, as the matrices are diagonally
    dominant. In place of each pivot its excess over the coupling to the next row is carried along:
    1 + f e, where f is the previous row's factor and e its excess. The usual difference of pivots
    would lose that excess to rounding, since couplings reach 10^5.
    """
    coupling_LX = weights_LX * strength
    coupling_LX[-1] = 0
    excess_and_right_L2X = torch.stack([torch.ones_like(right_LX), right_LX], dim=1)
    factors_LX = torch.empty_like(coupling_LX)
    # Views of all rows at once: an index per step costs as much as the arithmetic.
    couplings, factors = coupling_LX.unbind(), factors_LX.unbind()
    rows, excesses = excess_and_right_L2X.unbind(), excess_and_right_L2X[:, 0].unbind()
    for i in range(1, len(rows)):
        torch.div(couplings[i - 1], excesses[i - 1] + couplings[i - 1], out=factors[i - 1])
        rows[i].addcmul_(factors[i - 1], rows[i - 1])
    solution_LX = excess_and_right_L2X[:, 1] / excess_and_right_L2X[:, 0].add_(coupling_LX)
    solutions = solution_LX.unbind()
    for i in range(len(rows) - 2, -1, -1):
        solutions[i].addcmul_(factors[i], solutions[i + 1])
    return solution_LX
