"""Bytes of live tensors on the CPU: the analogue of CUDA's allocated bytes."""

import gc
import weakref
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode


class LiveTensorTracker(TorchDispatchMode):
    """Counts the bytes of all tensor storages that are alive, and their maximum.

    It sees what every operator takes and returns, in forward, backward and optimizer alike, and
    starts from the tensors that exist when it is entered. A storage counts once, however many
    tensors share it, until the last of them is gone. Scratch memory that a kernel allocates and
    frees inside one operator is not seen.

    Attributes:
        live_bytes: Bytes alive now.
        peak_bytes: The most there were since the tracker was entered.
    """

    def __init__(self) -> None:
        super().__init__()
        self.live_bytes = 0
        self.peak_bytes = 0
        # Keyed by the storage's address, which no other has while it lives.
        self._sizes: dict[int, int] = {}
        self._references: dict[int, weakref.ref] = {}

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # Else torch guards every dispatch against its compiler, which costs as much as the rest.
        return False

    def __enter__(self) -> 'LiveTensorTracker':
        for value in gc.get_objects():
            # `type` and not `isinstance`, which would wake lazy proxies of other libraries.
            if issubclass(type(value), Tensor):
                self._see(value)
        return super().__enter__()

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        self._see_all(args)
        if kwargs:
            self._see_all(kwargs.values())
        self._see_all((result,))
        return result

    def _see_all(self, values: Iterable) -> None:
        # Operators nest tensors in lists or tuples, one deep; a general tree walk costs far more.
        for value in values:
            if isinstance(value, Tensor):
                self._see(value)
            elif isinstance(value, (list, tuple)):
                for item in value:
                    if isinstance(item, Tensor):
                        self._see(item)

    def _see(self, tensor: Tensor) -> None:
        if tensor.layout is not torch.strided or tensor.device.type != 'cpu':
            return
        storage = tensor.untyped_storage()
        address = storage._cdata
        size = storage.nbytes()
        known = self._sizes.get(address)
        if known == size:
            return
        if known is None:
            self._references[address] = weakref.ref(storage, partial(self._forget, address))
        self._sizes[address] = size
        self.live_bytes += size - (known or 0)
        self.peak_bytes = max(self.peak_bytes, self.live_bytes)

    def _forget(self, address: int, _: weakref.ref) -> None:
        del self._references[address]
        self.live_bytes -= self._sizes.pop(address)
