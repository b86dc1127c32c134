"""Memory that operators take for themselves while they run, and give back before they end.

No tensor shows it. On the CPU it is known well enough to be predicted: oneDNN's convolutions copy
what is not in the order that they compute in. On CUDA it depends on which of cuDNN's algorithms the
GPU and the version at hand choose, so that it is bounded and not predicted.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Scratch = Callable[[Any, tuple, Any], tuple[int, int]]
"""From an operator, its arguments and its result to the bytes that it takes beyond its result, and
those that it may take."""

ONEDNN_BLOCK = 16
"""Channels that oneDNN computes side by side, and pads to, on processors with AVX-512."""

_CONVOLUTION = torch.ops.aten.convolution.default
_BACKWARD = torch.ops.aten.convolution_backward.default
_CHANNELS_LAST = {4: torch.channels_last, 5: torch.channels_last_3d}
_PICTURE = 3
"""Channels of a clip that oneDNN reads as it is."""


def onednn_scratch(func: Any, args: tuple, result: Any) -> tuple[int, int]:
    """What oneDNN's convolutions copy, as PyTorch calls them.

    Forward, clip and weights are brought into blocks of channels, and the result is computed in
    blocks and copied. Backward, the same is done for the gradient of the clip, and then for that of
    the weights. What has its channels last is not copied.
    """
    if func is _CONVOLUTION:
        clip, weight = args[:2]
        computing = _blocks(clip) + _weight_blocks(weight) + _blocks(result)
        moments = [computing, _blocks(result) + _bytes(result)]
    elif func is _BACKWARD:
        gradient, clip, weight = args[:3]
        of_clip, of_weight, _ = result
        computing = _blocks(gradient) + _weight_blocks(weight) + _blocks(of_clip)
        moments = [computing, _blocks(of_clip) + _bytes(of_clip)] if of_clip is not None else []
        if of_weight is not None:
            computing = _blocks(clip) + _blocks(gradient) + _weight_blocks(of_weight)
            copying = _weight_blocks(of_weight) + _bytes(of_weight)
            moments += [_bytes(of_clip) + computing, _bytes(of_clip) + copying]
    else:
        return 0, 0
    results = result if isinstance(result, tuple) else (result,)
    return max(0, max(moments, default=0) - sum(map(_bytes, results))), 0


def cudnn_scratch(func: Any, args: tuple, result: Any) -> tuple[int, int]:
    """A bound on cuDNN's workspaces: a copy of all that a convolution reads and writes.

    Algorithms that want another order, such as channels last, copy each operand once; direct ones
    take nothing.
    """
    if func not in (_CONVOLUTION, _BACKWARD):
        return 0, 0
    results = result if isinstance(result, tuple) else (result,)
    return 0, sum(map(_bytes, [*args[:3], *results]))


def _bytes(tensor: Any) -> int:
    return tensor.numel() * tensor.element_size() if isinstance(tensor, Tensor) else 0


def _blocks(clip: Tensor | None) -> int:
    """Bytes of a copy of clips or features in blocks of channels; 0 where none is made."""
    if clip is None or clip.shape[1] <= _PICTURE:
        return 0
    last = _CHANNELS_LAST.get(clip.ndim)
    if last is not None and clip.is_contiguous(memory_format=last):
        return 0
    return _bytes(clip) // clip.shape[1] * _padded(clip.shape[1])


def _weight_blocks(weight: Tensor) -> int:
    """Bytes of a copy of weights in blocks of their channels, in and out."""
    out, within = weight.shape[:2]
    return _bytes(weight) // (out * within) * _padded(out) * _padded(within)


def _padded(channels: int) -> int:
    return math.ceil(channels / ONEDNN_BLOCK) * ONEDNN_BLOCK
