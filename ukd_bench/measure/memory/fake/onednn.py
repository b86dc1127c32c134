"""Scratch memory of convolutions on the CPU.

PyTorch hands most of them to oneDNN, which computes in an order of its own and copies what is in
another; those that oneDNN is slow at on one thread it carries out itself, on an array of all the
numbers that each result is made of.

Source: ``aten/src/ATen/native/Convolution.cpp`` of PyTorch for which is which; the sizes are what
the profiler of PyTorch 2.11 sees on a processor with AVX-512.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch._prims_common import suggest_memory_format

from .scratch import CONVOLUTION, CONVOLUTION_BACKWARD, bytes_of

BLOCK = 16
"""Channels that oneDNN computes side by side, and pads to."""
_ONEDNN = 'Mkldnn'
_PICTURE = 3
"""Channels of a clip that oneDNN reads as it is."""
_CHANNELS_LAST = {4: torch.channels_last, 5: torch.channels_last_3d}


def onednn_scratch(func: Any, args: tuple, result: Any) -> tuple[int, int]:
    """What convolutions take for themselves, see :data:`.scratch.Scratch`."""
    if func is CONVOLUTION:
        clip, weight, _, *options = args
        convolution = _Convolution.of(clip, weight, None, options)
        moments, results = convolution.forward(result), [result]
    elif func is CONVOLUTION_BACKWARD:
        gradient, clip, weight, _, *options, _ = args
        convolution = _Convolution.of(clip, weight, gradient, options)
        moments, results = convolution.backward(*result[:2]), list(result)
    else:
        return 0, 0
    beyond = convolution.copied + max(moments, default=0) - sum(map(bytes_of, results))
    return max(0, beyond), 0


@dataclass(frozen=True)
class _Convolution:
    """A convolution of clips (N, C, ...) with weights (O, C / groups, ...).

    Attributes:
        gradient: Of its result; None forward.
        strided: Whether it leaves out results.
        native: Whether PyTorch carries it out itself.
        order: The order in memory that it computes in: what is in another is copied first.
    """

    clip: Tensor
    weight: Tensor
    gradient: Tensor | None
    groups: int
    strided: bool
    native: bool
    order: torch.memory_format

    @classmethod
    def of(
        cls, clip: Tensor, weight: Tensor, gradient: Tensor | None, options: Sequence[Any]
    ) -> '_Convolution':
        """From an operator's tensors, and its options from ``stride`` to ``groups``."""
        backend = torch._C._select_conv_backend(clip, weight, None, *options, None)
        native = backend.name != _ONEDNN
        order = torch.contiguous_format
        formats = [suggest_memory_format(clip), suggest_memory_format(weight)]
        last = _CHANNELS_LAST.get(clip.ndim)
        if last is not None and last in formats and not native:
            order = last
        strided = any(step != 1 for step in options[0])
        return cls(clip, weight, gradient, options[-1], strided, native, order)

    @property
    def copied(self) -> int:
        """Bytes of the copies of what is in another order."""
        given = [one for one in (self.clip, self.weight, self.gradient) if one is not None]
        others = [one for one in given if not one.is_contiguous(memory_format=self.order)]
        return sum(map(bytes_of, others))

    @property
    def _last(self) -> bool:
        return self.order is not torch.contiguous_format

    @property
    def _by_channel(self) -> bool:
        """Whether each channel of a clip is by itself: oneDNN has no blocks for these."""
        return self.clip.ndim == 5 and self.groups == self.clip.shape[1] > 1

    def forward(self, result: Tensor) -> list[int]:
        """Bytes beside copies at some moments, the result included where it is there."""
        made = bytes_of(result)
        if self.native:
            return [self._columns(result) + made]
        if self._last:
            return [made + self._weights]
        if self._by_channel:
            return [bytes_of(self.clip) + self._weights + made, 3 * made]
        blocks = self._blocks(result)
        return [self._blocks(self.clip) + self._weights + blocks, blocks + made]

    def backward(self, of_clip: Tensor | None, of_weight: Tensor | None) -> list[int]:
        """The same, for the gradient of the clip and then for that of the weights."""
        made, weights = bytes_of(of_clip), bytes_of(of_weight)
        if self.native:
            columns = self._columns(self.gradient)
            of_columns = columns or (bytes_of(self.clip) if self.clip.ndim == 5 else 0)
            return [made + (of_columns if made else 0), made + (weights and weights + columns)]
        if self._last:
            return [made + self._weights, made + (weights and weights + 2 * self._weights)]
        if self._by_channel:
            return [2 * made, made + weights + self._weights]
        moments = []
        if of_clip is not None:
            blocks = self._blocks(of_clip)
            # With strides it computes with channels last, from which the way leads over a copy.
            copying = 3 * made if self.strided else blocks + made
            moments = [self._blocks(self.gradient) + self._weights + blocks, copying]
        if of_weight is not None:
            blocks = self._blocks(self.clip) + self._blocks(self.gradient)
            # Those of groups of several channels are computed from what is there.
            computing = blocks if self.groups in (1, self.clip.shape[1]) else 0
            moments += [made + self._weights + max(computing, weights)]
        return moments

    def _columns(self, result: Tensor | None) -> int:
        """Bytes of all numbers that a result is made of; 0 where these are the clip as it is."""
        assert result is not None
        kernel = math.prod(self.weight.shape[2:])
        if kernel == 1 and result.shape[2:] == self.clip.shape[2:]:
            return 0
        numbers = self.clip.shape[0] * self.clip.shape[1] * kernel * math.prod(result.shape[2:])
        return numbers * self.clip.element_size()

    @property
    def _weights(self) -> int:
        """Bytes of a copy of the weights in blocks of their channels, in and out."""
        out, within = self.weight.shape[0] // self.groups, self.weight.shape[1]
        kernel = bytes_of(self.weight) // (out * within)
        if self.groups > 1 and not self._last:
            return bytes_of(self.weight)
        return kernel * _padded(out) * (within if within <= _PICTURE else _padded(within))

    def _blocks(self, clip: Tensor | None) -> int:
        """Bytes of a copy of clips or features in blocks of channels; 0 where none is made."""
        if clip is None or clip.shape[1] <= _PICTURE:
            return 0
        return bytes_of(clip) // clip.shape[1] * _padded(clip.shape[1])


def _padded(channels: int) -> int:
    return math.ceil(channels / BLOCK) * BLOCK
