"""Calls that allocate the same every time: carried out once, and then repeated as events alone.

Teachers of one kind score batches of one shape over and over, and enhancements go through ten
thousand operators for it.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor

from .shapes import Layout, layout_of
from .trace import Event, Trace


@dataclass(frozen=True)
class Repeat:
    """What a call allocates and frees, and what it returns.

    Attributes:
        events: In order, with blocks numbered from 0.
        kinds: What the memory of each block is for.
        scratch: Scratch memory by the number of events before it.
        kept: The block that is there afterwards.
        layout: That of the result, in that block.
    """

    events: tuple[Event, ...]
    kinds: tuple[str, ...]
    scratch: Mapping[int, int]
    kept: int
    layout: Layout

    @classmethod
    def of(cls, trace: Trace, begins: int, first: int, result: Any) -> 'Repeat | None':
        """What can be repeated of a call.

        Args:
            trace: The trace after it.
            begins: Number of events before it.
            first: Number of the first block that it may have taken.
            result: What it returned.

        Returns:
            None where it freed what was there before, or left more than a single new result.
        """
        layout = layout_of(result)
        events = tuple((block - first, size) for block, size in trace.events[begins:])
        taken = {block for block, size in events if size}
        freed = {block for block, size in events if not size}
        if layout is None or not freed <= taken or len(taken - freed) != 1:
            return None
        (kept,) = taken - freed
        scratch = {at - begins: size for at, size in trace.scratch.items() if at > begins}
        kinds = tuple(trace.kinds[first + block] for block in range(len(taken)))
        return cls(events, kinds, scratch, kept, layout)


def call_key(inputs: Iterable[Tensor]) -> Hashable:
    """All that decides what a function allocates for some tensors, beside the function."""
    layouts = [
        (isinstance(one, FakeTensor), tuple(one.shape), one.stride(), one.dtype, one.device)
        for one in inputs
    ]
    autocast = torch.is_autocast_enabled('cpu') and torch.get_autocast_dtype('cpu')
    return (*layouts, autocast, torch.is_grad_enabled(), torch.is_inference_mode_enabled())


def settings_of(module: nn.Module) -> Hashable:
    """The class of a module and all that it is set to; None where that can change unseen."""
    plain = vars(nn.Module())
    set_to = {name: value for name, value in vars(module).items() if name not in plain}
    holds = module._parameters or module._buffers or module._modules
    if holds or not all(isinstance(value, Hashable) for value in set_to.values()):
        return None
    return type(module), *sorted(set_to.items())
