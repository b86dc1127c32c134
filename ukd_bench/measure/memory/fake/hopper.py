"""What cuDNN and cuBLAS take for themselves on a GPU of the Hopper generation, in float32.

The rules were read off the history of torch's allocator on an H100, with torch 2.11 and cuDNN 9.19,
for R(2+1)D-34, SlowOnly-50 and TSM-50; their records are in ``results/reference/h100-memory``.
They hold for convolutions whose products are rounded to TF32, as torch has it unless told
otherwise, and for no other generation: cuDNN chooses its algorithms by the GPU.
"""

import math
from typing import Any

import torch
from torch import Tensor

from .scratch import CONVOLUTION, CUBLAS_BOUND_BYTES, cudnn_scratch

_aten = torch.ops.aten
_PRODUCTS = (_aten.addmm.default, _aten.mm.default, _aten.bmm.default, _aten.baddbmm.default)
_ALIGNED = 4
"""Channels that a number of channels is rounded up to, 16 bytes of float32."""
_PICTURE = 3
"""Channels of a clip, which are copied as they are."""
_FEW = 64
"""Up to so many channels on either side, results are written where they belong."""


class HopperLibraries:
    """Tells what operators of one process take beyond their results.

    A convolution that is no plain product of matrices copies its clips and weights so that channels
    are last, and has its result copied back, unless it has few channels. That is so forward; what
    backward passes take did not reach a peak, and is bounded and not predicted.
    """

    def __init__(self) -> None:
        self._multiplied: set[bool] = set()

    def scratch(self, func: Any, args: tuple, result: Any) -> tuple[int, int]:
        """What an operator takes, and what it may take, see :data:`.scratch.Scratch`."""
        _, bound = cudnn_scratch(func, args, result)
        taken = 0
        if func is CONVOLUTION and args[0].dtype is torch.float32:
            taken = _forward(args[0], args[1], args[3], result)
        return taken, max(bound, taken)

    def kept(self, func: Any) -> int:
        """What is taken for good: cuBLAS's workspace, once for forward and once for backward."""
        backward = torch._C._current_graph_task_id() != -1
        if func not in _PRODUCTS or backward in self._multiplied:
            return 0
        self._multiplied.add(backward)
        return CUBLAS_BOUND_BYTES // 2


def _forward(clips: Tensor, weights: Tensor, stride: list[int], result: Tensor) -> int:
    """Bytes of the copies of a convolution of clips (N, C, ...) with weights (O, C, ...)."""
    kernel, pointwise = weights.shape[2:], all(size == 1 for size in weights.shape[2:])
    strided = any(step > 1 for step in stride)
    into, out = weights.shape[1], weights.shape[0]
    if (pointwise and not strided) or into != clips.shape[1]:
        return 0
    if into == _PICTURE:
        if out % _ALIGNED:
            return 0
        return _bytes(clips.numel() + weights.numel() + result.numel())
    rows, columns = _aligned(out), _aligned(into)
    copies = clips.numel() // into * columns + rows * columns * math.prod(kernel)
    if strided or min(into, out) > _FEW:
        copies += result.numel() // out * rows
    return _bytes(copies)


def _aligned(channels: int) -> int:
    return -(-channels // _ALIGNED) * _ALIGNED


def _bytes(numbers: int) -> int:
    return 4 * numbers
