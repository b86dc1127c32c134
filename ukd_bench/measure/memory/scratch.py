"""Memory that operators take for themselves while they run, and give back before they end.

No tensor shows it. On the CPU it is known well enough to be predicted: oneDNN's convolutions copy
what is not in the order that they compute in. On CUDA it depends on which of cuDNN's algorithms the
GPU and the version at hand choose, so that it is bounded and not predicted.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

Scratch = Callable[[Callable[..., Any], tuple, Any], tuple[int, int]]
"""From an operator, its arguments and its result to bytes that it takes, and bytes that it may take,
beyond its results."""

ONEDNN_BLOCK = 16
"""Channels that oneDNN computes side by side, and pads to, on processors with AVX-512."""

_aten = torch.ops.aten
_LAST = {4: torch.channels_last, 5: torch.channels_last_3d}


def onednn_scratch(func: Callable[..., Any], args: tuple, result: Any) -> tuple[int, int]:
    """What oneDNN's convolutions copy, as PyTorch calls them.

    Forward: the clip and the weights are brought into blocks of channels; the result is computed in
    blocks and copied. Backward: the same for the gradient of the clip, and then for that of the
    weights. Nothing is copied of what has its channels last.
    """
    if func is _aten.convolution.default:
        clip, weight = args[:2]
        inner = max(
            _blocked(clip) + _blocked(weight, 2) + _blocked(result), _blocked(result) + _size(result)
        )
        return max(0, inner - _size(result)), 0
    if func is _aten.convolution_backward.default:
        gradient, clip, weight = args[:3]
        of_clip, of_weight, of_bias = result
        results = sum(map(_size, result))
        inner = max(
            (
                _blocked(gradient) + _blocked(weight, 2) + _blocked(of_clip),
                _blocked(of_clip) + _size(of_clip),
            )
            if of_clip is not None
            else (0,)
        )
        known = _size(of_clip)
        if of_weight is not None:
            last = known + _blocked(of_weight, 2) + _size(of_weight)
            inner = max(
                inner,
                last,
                known + _blocked(clip) + _blocked(gradient) + _blocked(of_weight, 2),
            )
        return max(0, inner - results), 0
    return 0, 0


def cudnn_scratch(func: Callable[..., Any], args: tuple, result: Any) -> tuple[int, int]:
    """A bound on cuDNN's workspaces: a copy of all that a convolution reads and writes.

    Algorithms that transform what they compute on, such as those that need channels last, copy each
    operand once; direct ones take nothing.
    """
    if func in (_aten.convolution.default, _aten.convolution_backward.default):
        results: Sequence = result if isinstance(result, (tuple, list)) else (result,)
        return 0, sum(map(_size, [*args[:3], *results]))
    return 0, 0


def _size(tensor: Any) -> int:
    return tensor.numel() * tensor.element_size() if isinstance(tensor, Tensor) else 0


def _blocked(tensor: Any, dimensions: int = 1) -> int:
    """Bytes of a copy with its channels in blocks; 0 where none is made."""
    if not isinstance(tensor, Tensor):
        return 0
    if dimensions == 1 and tensor.ndim in _LAST:
        if tensor.is_contiguous(memory_format=_LAST[tensor.ndim]):
            return 0
    if tensor.shape[1] < 4 and dimensions == 1:
        # Pictures are read as they are.
        return 0
    shape = [*tensor.shape]
    for axis in (1,) if dimensions == 1 else (0, 1):
        shape[axis] = math.ceil(shape[axis] / ONEDNN_BLOCK) * ONEDNN_BLOCK
    return math.prod(shape) * tensor.element_size()
