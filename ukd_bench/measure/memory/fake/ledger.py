"""A device without memory: fake tensors live on it, and a ledger keeps what it would allocate.

The device is ``cpu:0``, which torch tells from ``cpu`` wherever it compares devices. So host and
device stay apart as they do with a GPU: what is on the host is real, what is moved to the device
becomes fake, what comes back has made-up values, and mixing the two is refused.
"""

import contextlib
import weakref
from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor
from torch.optim.optimizer import (
    Optimizer,
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ....errors import ConfigError
from .refusals import called_at, refusal, refusal_of_value
from .repeats import Repeat
from .scratch import Scratch
from .shapes import Shapes
from .trace import ACTIVATIONS, GRADIENTS, INPUTS, OPTIMIZER, TEMPORARIES, WEIGHTS, Trace

DEVICE = torch.device('cpu', 0)
"""Where fake tensors live."""
HOST = torch.device('cpu')

_aten = torch.ops.aten


class Ledger(TorchDispatchMode):
    """Carries out operators on the device as shapes alone, and keeps what they allocate and free.

    A storage is one block, however many tensors share it, until the last of them is gone.

    Args:
        shapes: Carries out operators on fake tensors of :data:`DEVICE`.
        scratch: Function that tells of an operator's scratch memory, see :mod:`.scratch`.
        counts_inputs: Whether what is moved from the host in the scope of inputs takes memory.
        kept: Function from an operator to the bytes that its library takes then and keeps.

    Attributes:
        trace: What has been allocated so far.

    Raises:
        ConfigError: an operator's control flow or the shape of its result depends on values.
    """

    def __init__(
        self,
        shapes: Shapes,
        scratch: Scratch,
        counts_inputs: bool = True,
        kept: Callable[[Any], int] = lambda func: 0,
    ) -> None:
        super().__init__()
        self.trace = Trace()
        self._shapes = shapes
        self._scratch = scratch
        self._counts_inputs = counts_inputs
        self._kept = kept
        self._scopes: list[str] = []
        # Keyed by the storage's address, which no other has while it lives.
        self._blocks: dict[int, tuple[int, int]] = {}
        self._references: dict[int, weakref.ref] = {}
        self._uncounted: dict[int, weakref.ref] = {}
        self._next = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # Else torch guards every dispatch against its compiler, which costs as much as the rest.
        return False

    @contextlib.contextmanager
    def scope(self, kind: str) -> Iterator[None]:
        """Has all that is allocated in a block taken for one kind; an outer block goes first."""
        self._scopes.append(kind)
        try:
            yield
        finally:
            self._scopes.pop()

    def name(self, tensors: Iterable[Tensor], kind: str) -> None:
        """Says what the memory of some tensors is for."""
        for tensor in tensors:
            known = self._blocks.get(tensor.untyped_storage()._cdata)
            if known is not None:
                self.trace.kinds[known[0]] = kind

    def name_all(self, kind: str) -> None:
        """Says what all memory is for that is taken now."""
        for block, _ in self._blocks.values():
            self.trace.kinds[block] = kind

    def name_module(self, module: nn.Module, kind: str) -> None:
        """Says what the memory of a module's parameters and buffers is for."""
        self.name([*module.parameters(), *module.buffers()], kind)

    def take_for_a_moment(self, size: int) -> None:
        """Allocates bytes, and frees them."""
        block = self.take(size)
        self.trace.events.append((block, 0))

    def take(self, size: int) -> int:
        """Allocates bytes, and returns the number of their block."""
        block, self._next = self._next, self._next + 1
        self.trace.events.append((block, size))
        self.trace.kinds[block] = self._kind(None)
        return block

    def once(
        self, key: Hashable, call: Callable[[], Any], known: dict[Hashable, Repeat | None]
    ) -> Any:
        """What a call returns, which is carried out only if its like has not been before.

        Args:
            key: All that decides what is allocated.
            call: Returns a new tensor.
            known: What was found out of earlier calls, by key; added to.
        """
        key = (key, *self._scopes[:1])
        if (repeat := known.get(key)) is not None:
            return self._repeated(repeat)
        first, begins = self._next, len(self.trace.events)
        result = call()
        known[key] = Repeat.of(self.trace, begins, first, result)
        return result

    def _repeated(self, repeat: Repeat) -> Tensor:
        first, begins = self._next, len(self.trace.events)
        self._next += len(repeat.kinds)
        self.trace.events += [(first + block, size) for block, size in repeat.events]
        self.trace.kinds.update(enumerate(repeat.kinds, start=first))
        self.trace.scratch.update((begins + at, size) for at, size in repeat.scratch.items())
        result = self._shapes.new(*repeat.layout)
        storage = result.untyped_storage()
        address = storage._cdata
        self._blocks[address] = first + repeat.kept, storage.nbytes()
        self._references[address] = weakref.ref(storage, partial(self._forget, address))
        return result

    @contextlib.contextmanager
    def watching_optimizers(self) -> Iterator[None]:
        """Tells gradients and the state of optimizers by name, for as long as a block lasts."""

        def before(optimizer: Optimizer, *_: Any) -> None:
            held = [value for group in optimizer.param_groups for value in group['params']]
            self.name([value.grad for value in held if value.grad is not None], GRADIENTS)
            self._scopes.append(TEMPORARIES)

        def after(optimizer: Optimizer, *_: Any) -> None:
            self._scopes.pop()
            values = tree_leaves([*optimizer.state.values()])
            self.name([one for one in values if isinstance(one, Tensor)], OPTIMIZER)

        handles = [
            register_optimizer_step_pre_hook(before),
            register_optimizer_step_post_hook(after),
        ]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: tuple = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        # Functions of torch that operators call within take no way of their own.
        with torch._C.DisableTorchFunction():
            return self._carry_out(func, args, kwargs or {})

    def _carry_out(self, func: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
        first: Any = args[0] if args else None
        if func is _aten._local_scalar_dense.default and isinstance(first, FakeTensor):
            return _made_up(first)
        wanted = kwargs.get('device')
        if func is _aten._to_copy.default and wanted == DEVICE and _is_of_host(first):
            return self._moved(first, kwargs)
        if func is _aten.copy_.default and _is_of_host(first) and isinstance(args[1], FakeTensor):
            return first
        try:
            result = self._shapes.apply(func, args, kwargs, wanted == DEVICE)
        except RuntimeError as error:
            told = refusal(func, error)
            if told is None:
                raise
            raise told from error
        if wanted == HOST and isinstance(result, FakeTensor):
            return _made_up_on_host(result)
        before = len(self.trace.events)
        self._see(result)
        if len(self.trace.events) > before:
            if for_good := self._kept(func):
                self.take(for_good)
            taken, may_take = self._scratch(func, args, result)
            if taken:
                self.take_for_a_moment(taken)
            if may_take:
                at = len(self.trace.events)
                self.trace.scratch[at] = max(self.trace.scratch.get(at, 0), may_take)
        return result

    def _moved(self, tensor: Tensor, wanted: dict[str, Any]) -> Tensor:
        """A fake tensor for one of the host, or a parameter or view of it."""
        layout = {name: wanted.get(name) for name in ('dtype', 'memory_format')}
        with torch._C._DisableTorchDispatch():
            like = torch.empty_like(tensor, device='meta', **layout)
        fake = self._shapes.of_meta(like)
        kind = self._kind(WEIGHTS if isinstance(tensor, nn.Parameter) else INPUTS)
        if kind != INPUTS or self._counts_inputs or not self._scopes:
            self._see(fake, kind)
        else:
            self._leave_out(fake)
        return fake

    def _see(self, value: Any, kind: str | None = None) -> None:
        if isinstance(value, FakeTensor):
            self._see_tensor(value, kind)
        elif isinstance(value, (list, tuple)):
            for item in value:
                self._see(item, kind)

    def _see_tensor(self, tensor: Tensor, kind: str | None) -> None:
        if tensor.layout is not torch.strided:
            raise ConfigError(f'a tensor of {tensor.layout}{called_at()}: its memory is not known')
        storage = tensor.untyped_storage()
        address, size = storage._cdata, storage.nbytes()
        known = self._blocks.get(address)
        if address in self._uncounted or (known[1] if known else 0) == size:
            return
        if address not in self._references:
            self._references[address] = weakref.ref(storage, partial(self._forget, address))
        if size:
            block, self._next = self._next, self._next + 1
            self._blocks[address] = block, size
            self.trace.events.append((block, size))
            self.trace.kinds[block] = self._kind(kind)
        if known:
            # A storage that grows is copied before its former memory is freed.
            self.trace.events.append((known[0], 0))
            if not size:
                del self._blocks[address]

    def _kind(self, kind: str | None) -> str:
        if self._scopes:
            return self._scopes[0]
        if kind is not None:
            return kind
        in_backward = torch._C._current_graph_task_id() != -1
        return TEMPORARIES if in_backward else ACTIVATIONS

    def _leave_out(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        address = storage._cdata
        self._uncounted[address] = weakref.ref(storage, lambda _: self._uncounted.pop(address))

    def _forget(self, address: int, _: weakref.ref) -> None:
        del self._references[address]
        if address in self._blocks:
            block, _size = self._blocks.pop(address)
            self.trace.events.append((block, 0))


def _is_of_host(value: Any) -> bool:
    return isinstance(value, Tensor) and not isinstance(value, FakeTensor)


def _made_up(tensor: Tensor) -> float:
    """The value of a single fake number, where one will do."""
    if tensor.is_floating_point():
        return 0.0
    raise refusal_of_value(tensor)


def _made_up_on_host(tensor: Tensor) -> Tensor:
    """Values for a fake tensor that is copied to the host, where any will do."""
    if tensor.dtype == torch.bool:
        raise refusal_of_value(tensor)
    return torch.zeros(tensor.shape, dtype=tensor.dtype)
