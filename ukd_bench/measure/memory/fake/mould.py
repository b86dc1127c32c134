"""Makes many copies of a network in little time, without the numbers in it."""

import contextlib
import copy
import io
import pickle
from typing import Any

import torch
from torch import nn

LARGE = 2**14
"""Numbers in a tensor that need not be filled: what control flow depends on is smaller."""


class Mould:
    """A network that is copied over and over.

    Large tensors of a copy are as they are made: memory that nobody writes to takes none. What
    cannot be pickled, such as a function within a function, is copied piece by piece, which takes
    ten times as long.

    Args:
        network: The network, which nobody else uses.
    """

    def __init__(self, network: nn.Module) -> None:
        self._network = network
        self._tensors: list[torch.Tensor] = []
        self._pickled: bytes | None = None
        file = io.BytesIO()
        try:
            _Pickler(file, self._tensors).dump(network)
            self._pickled = file.getvalue()
        # Anybody's network may fail to be pickled in any way.
        except Exception:
            tensors = [*network.parameters(), *network.buffers()]
            self._tensors = [tensor for tensor in tensors if tensor.numel() >= LARGE]

    def copy(self) -> nn.Module | None:
        """A copy that shares no tensor and no module with another; None where none can be made."""
        tensors = [_copied(tensor) for tensor in self._tensors]
        if self._pickled is None:
            memo: dict[int, Any] = {
                id(tensor): its for tensor, its in zip(self._tensors, tensors, strict=True)
            }
            # Some networks hold what cannot be copied, such as weights computed of others.
            with contextlib.suppress(Exception):
                return copy.deepcopy(self._network, memo)
            return None
        found: nn.Module = _Unpickler(io.BytesIO(self._pickled), tensors).load()
        return found


class _Pickler(pickle.Pickler):
    """Keeps tensors beside what it writes, each once."""

    def __init__(self, file: io.BytesIO, tensors: list[torch.Tensor]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._tensors = tensors
        self._numbers: dict[int, int] = {}

    def persistent_id(self, value: Any) -> int | None:
        """The number of a tensor."""
        if not isinstance(value, torch.Tensor):
            return None
        if type(value) not in (torch.Tensor, nn.Parameter) or value.grad_fn is not None:
            raise pickle.PicklingError('a tensor of another class, or one computed of others')
        number = self._numbers.setdefault(id(value), len(self._tensors))
        if number == len(self._tensors):
            self._tensors.append(value)
        return number


class _Unpickler(pickle.Unpickler):
    """Puts other tensors in the place of those that were kept."""

    def __init__(self, file: io.BytesIO, tensors: list[torch.Tensor]) -> None:
        super().__init__(file)
        self._tensors = tensors

    def persistent_load(self, number: Any) -> torch.Tensor:
        """The tensor of a number."""
        return self._tensors[number]


def _copied(tensor: torch.Tensor) -> torch.Tensor:
    data = tensor.detach()
    mine = torch.empty_like(data) if tensor.numel() >= LARGE else data.clone()
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(mine, requires_grad=tensor.requires_grad)
    return mine.requires_grad_(tensor.requires_grad)
