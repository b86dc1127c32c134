"""The ways that a device has of its own, taken on fake tensors too.

Fake tensors take the CPU's ways through torch. Where those of CUDA take other memory, they are
listed here: fused dropout keeps a mask of one byte a number, attention with dropout is fused, and
optimizers update all weights at once. What asks for CUDA by name gets the device that stands for
it. Mixed precision has a module of its own, :mod:`.autocast`.
"""

import contextlib
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor
from torch.nn import functional
from torch.optim.optimizer import Optimizer, register_optimizer_step_pre_hook
from torch.overrides import TorchFunctionMode

_FINITE = {
    **dict.fromkeys((torch.isfinite, Tensor.isfinite), torch.ones),
    **dict.fromkeys((torch.isnan, Tensor.isnan, torch.isinf, Tensor.isinf), torch.zeros),
}
"""What whoever looks for numbers that are not finite finds among numbers that nobody knows."""


_OF_NUMBERS = (torch.tensor, torch.as_tensor, torch.asarray)
"""Functions that make tensors of numbers, and do not let others know where."""


class Ways(TorchFunctionMode):
    """Has functions of torch on fake tensors take the way that they take on a device.

    Args:
        device: Where the fake tensors live.
        cuda: Whether it stands for CUDA.
    """

    def __init__(self, device: torch.device, cuda: bool) -> None:
        super().__init__()
        self._device = device
        self._cuda = cuda

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if func in _OPEN:
            with self:
                return _OPEN[func](*args, **kwargs)
        if func in _FINITE and isinstance(args[0], FakeTensor):
            return _FINITE[func](args[0].shape, dtype=torch.bool)
        if self._cuda:
            if func is Tensor.cuda:
                return args[0].to(self._device)
            if func is Tensor.to:
                args = tuple(map(self._home, args))
            if 'device' in kwargs:
                kwargs = dict(kwargs, device=self._home(kwargs['device']))
            if func in _CUDA_WAYS:
                return _CUDA_WAYS[func](*args, **kwargs)
        if func in _OF_NUMBERS:
            made = func(_numbers(args[0]), *args[1:], **dict(kwargs, device=None))
            return made.to(self._device) if kwargs.get('device') == self._device else made
        if func is Tensor.new_tensor and isinstance(args[0], FakeTensor) and 'device' not in kwargs:
            return self._new_tensor(*args, **kwargs)
        return func(*args, **kwargs)

    def _home(self, device: Any) -> Any:
        """The device where fake tensors live, for one of CUDA."""
        named = isinstance(device, str) and device.startswith('cuda')
        named = named or (isinstance(device, torch.device) and device.type == 'cuda')
        return self._device if named else device

    def _new_tensor(
        self,
        like: Tensor,
        data: Any,
        dtype: torch.dtype | None = None,
        requires_grad: bool = False,
    ) -> Tensor:
        made = torch.as_tensor(data, dtype=dtype or like.dtype).to(self._device)
        return made.requires_grad_(requires_grad)


@contextlib.contextmanager
def multi_tensor_optimizers() -> Iterator[None]:
    """Has optimizers that leave it open update all weights at once for a block."""

    def choose(optimizer: Optimizer, *_: Any) -> None:
        for group in optimizer.param_groups:
            if group.get('foreach', True) is None and not group.get('fused'):
                group['foreach'] = True

    handle = register_optimizer_step_pre_hook(choose)
    try:
        yield
    finally:
        handle.remove()


def _numbers(data: Any) -> Any:
    """Numbers in lists, made up where fake tensors are among them."""
    if isinstance(data, (list, tuple)):
        return [
            torch.zeros_like(one, device='cpu').tolist() if isinstance(one, FakeTensor) else one
            for one in map(_numbers, data)
        ]
    return data


def _fused_dropout(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    if inplace or not training or not 0 < p < 1:
        return functional.dropout(input, p, training, inplace)
    return torch.native_dropout(input, p, True)[0]


def _fused_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    *args: Any,
    **kwargs: Any,
) -> Tensor:
    # Fused kernels draw their mask again in backward; the CPU's is fused without one alone.
    return functional.scaled_dot_product_attention(
        query, key, value, attn_mask, 0.0, *args, **kwargs
    )


def _is_fake(tensor: Tensor) -> bool:
    return isinstance(tensor, FakeTensor)


_ANY_TENSOR: Any = Tensor
_CUDA_WAYS: dict[Any, Callable[..., Any]] = {
    _ANY_TENSOR.is_cuda.__get__: _is_fake,
    functional.dropout: _fused_dropout,
    functional.scaled_dot_product_attention: _fused_attention,
}


def _open(function: Any) -> FunctionType:
    """A function of torch whose calls of others are seen by modes, as are those of one's own."""
    closed = function.__globals__
    guards = {name: _no for name in closed if name.startswith('has_torch_function')}
    found = FunctionType(function.__code__, closed | guards, function.__name__)
    found.__defaults__, found.__kwdefaults__ = function.__defaults__, function.__kwdefaults__
    return found


def _no(*_: Any) -> bool:
    return False


_OPEN: dict[Any, Callable[..., Any]] = {
    function: _open(function)
    for function in (
        *(functional.multi_head_attention_forward, Tensor.backward),
        *(torch.autograd.backward, torch.autograd.grad),
    )
}
"""Functions that call others of torch: backward does where activations are computed again."""
