"""Memory that operators take for themselves while they run, and give back before they end.

No tensor shows it. On the CPU it is known well enough to be predicted, see :mod:`.onednn`. On CUDA
it depends on the GPU at hand, and with it on which algorithms cuDNN chooses, so that it is bounded
and not predicted.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Scratch = Callable[[Any, tuple, Any], tuple[int, int]]
"""From an operator, its arguments and its result to the bytes that it takes beyond its result, and
those that it may take."""

CUBLAS_BOUND_BYTES = 2 * 32 * 2**20
"""cuBLAS's workspaces, which PyTorch takes from its own allocator at a thread's first product of
matrices and keeps: one for forward and one for backward passes, of 32 MiB from Hopper on and 8.1
before (``CUBLAS_WORKSPACE_CONFIG`` sets another size). cuBLASLt uses the same."""

CONVOLUTION = torch.ops.aten.convolution.default
CONVOLUTION_BACKWARD = torch.ops.aten.convolution_backward.default


def cudnn_scratch(func: Any, args: tuple, result: Any) -> tuple[int, int]:
    """A bound on cuDNN's workspaces: a copy of all that a convolution reads and writes.

    Algorithms that want another order, such as channels last, copy each operand once; direct ones
    take nothing.
    """
    if func not in (CONVOLUTION, CONVOLUTION_BACKWARD):
        return 0, 0
    results = result if isinstance(result, tuple) else (result,)
    return 0, sum(map(bytes_of, [*args[:3], *results]))


def bytes_of(tensor: Any) -> int:
    """Bytes of a tensor's numbers; 0 where it is none."""
    return tensor.numel() * tensor.element_size() if isinstance(tensor, Tensor) else 0
