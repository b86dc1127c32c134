"""The ways that a device has of its own, taken on fake tensors too.

Fake tensors take the CPU's ways through torch. Where those of CUDA take other memory, they are
listed here: fused dropout keeps a mask of one byte a number, mixed precision computes some
functions in float32, attention with dropout is fused, and optimizers update all weights at once.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor
from torch.nn import functional
from torch.optim.optimizer import Optimizer, register_optimizer_step_pre_hook
from torch.overrides import TorchFunctionMode

_IN_FLOAT32 = frozenset(
    (
        *(torch.softmax, functional.softmax, Tensor.softmax),
        *(torch.log_softmax, functional.log_softmax, Tensor.log_softmax),
        *(functional.layer_norm, torch.layer_norm, functional.group_norm, torch.group_norm),
        *(functional.cross_entropy, functional.nll_loss, functional.kl_div, functional.mse_loss),
        *(functional.l1_loss, functional.smooth_l1_loss, functional.softplus, functional.softmin),
        *(functional.normalize, torch.norm, Tensor.norm, torch.cumsum, Tensor.cumsum),
        *(torch.sum, Tensor.sum, torch.prod, Tensor.prod, torch.pow, Tensor.pow, torch.exp),
        *(Tensor.exp, torch.log, Tensor.log, torch.rsqrt, Tensor.rsqrt, torch.reciprocal),
    )
)
"""Functions that automatic mixed precision computes in float32 on CUDA, as PyTorch's documentation
of ``torch.amp`` lists them, as far as networks use them."""


_FINITE = {
    **dict.fromkeys((torch.isfinite, Tensor.isfinite), torch.ones),
    **dict.fromkeys((torch.isnan, Tensor.isnan, torch.isinf, Tensor.isinf), torch.zeros),
}
"""What whoever looks for numbers that are not finite finds among numbers that nobody knows."""


class Ways(TorchFunctionMode):
    """Has functions of torch on fake tensors take the way that they take on a device.

    Args:
        cuda: Whether it is CUDA.
    """

    def __init__(self, cuda: bool) -> None:
        super().__init__()
        self._cuda = cuda

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if func in _FINITE and isinstance(args[0], FakeTensor):
            return _FINITE[func](args[0].shape, dtype=torch.bool)
        if self._cuda and func is functional.dropout:
            return _fused_dropout(*args, **kwargs)
        if self._cuda and func is functional.scaled_dot_product_attention:
            # Fused kernels draw their mask again in backward; the CPU's is fused without one alone.
            return func(*args[:4], **kwargs | dict(dropout_p=0.0))
        if self._cuda and func in _IN_FLOAT32 and torch.is_autocast_enabled('cpu'):
            return func(*map(_in_float32, args), **kwargs)
        return func(*args, **kwargs)


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


def _fused_dropout(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    if inplace or not training or not 0 < p < 1:
        return functional.dropout(input, p, training, inplace)
    return torch.native_dropout(input, p, True)[0]


def _in_float32(value: Any) -> Any:
    low = isinstance(value, Tensor) and value.dtype in (torch.float16, torch.bfloat16)
    return value.float() if low else value
