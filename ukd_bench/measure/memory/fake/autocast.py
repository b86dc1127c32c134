"""Mixed precision as CUDA has it, where tensors are told to be of the CPU.

Torch keeps a list for each kind of device of the operators that automatic mixed precision computes
in half precision, and of those that it computes in float32. Those of the CPU and of CUDA differ in
more than a hundred operators, softmax and 3D pooling among them, and so does the memory.
"""

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

_aten = torch.ops.aten
_KEY = 'AutocastCPU'
_AUTOCAST = torch._C.DispatchKeySet(torch._C.DispatchKey.AutocastCPU)
_HALVES = (torch.float16, torch.bfloat16)

LOWER = (
    *('addmv', 'addr', 'chain_matmul', 'convolution', 'einsum', 'gru_cell', 'linalg_multi_dot'),
    *('lstm_cell', 'mv', 'rnn_relu_cell', 'rnn_tanh_cell', '_convolution'),
)
"""Operators that CUDA computes in half precision and the CPU does not, by their schemas' names."""

FLOAT32 = (
    *('acos', 'asin', 'cosh', 'erfinv', 'exp', 'expm1', 'log', 'log10', 'log2', 'log1p'),
    *('reciprocal', 'rsqrt', 'sinh', 'tan', 'pow.Tensor_Scalar', 'pow.Tensor_Tensor'),
    *('pow.Scalar', 'softplus', 'layer_norm', 'native_layer_norm', 'group_norm'),
    *('frobenius_norm.dim', 'nuclear_norm', 'nuclear_norm.dim', 'cosine_similarity', 'dist'),
    *('pdist', 'renorm', 'logsumexp', 'upsample_nearest1d', '_upsample_nearest_exact1d'),
    *('upsample_nearest2d', '_upsample_nearest_exact2d', 'upsample_nearest3d'),
    *('_upsample_nearest_exact3d', 'upsample_linear1d', 'upsample_bilinear2d'),
    *('_upsample_bilinear2d_aa', 'upsample_trilinear3d', 'upsample_bicubic2d'),
    '_upsample_bicubic2d_aa',
)
"""Operators that CUDA computes in float32 and the CPU does not."""

INTO_FLOAT32 = (
    *('prod', 'prod.dim_int', 'softmax.int', 'log_softmax.int', 'cumprod', 'cumsum'),
    *('linalg_vector_norm', 'linalg_matrix_norm', 'linalg_matrix_norm.str_ord', 'sum'),
    'sum.dim_IntList',
)
"""Operators that CUDA has write float32, unless told otherwise, whatever they read."""

NORMS = ('norm.Scalar', 'norm.ScalarOpt_dim')
"""Operators that CUDA does so by another one, which is told the type."""

WIDEST = (
    *('addcdiv', 'addcmul', 'atan2', 'bilinear', 'cross', 'dot', 'grid_sampler', 'index_put'),
    *('scatter_add', 'tensordot', 'vdot'),
)
"""Operators that CUDA computes in the widest type of their arguments and the CPU does not."""

_IN_ONE_STEP = {'softmax.int': '_softmax', 'log_softmax.int': '_log_softmax'}
"""Operators that read float16 and write float32 on CUDA, by those that they are."""
_ALIKE = ('_native_multi_head_attention', 'conv1d.padding', 'conv2d.padding', 'conv3d.padding')
"""Operators that the CPU alone lists, and CUDA computes so too by those that they call."""


@contextlib.contextmanager
def cuda_autocast() -> Iterator[None]:
    """Has ``torch.autocast('cpu')`` follow CUDA's lists for a block."""
    library = torch.library.Library('aten', 'IMPL')
    try:
        for names, policy in (
            *((LOWER, _in_half), (FLOAT32, _in_float32)),
            *((INTO_FLOAT32, _into_float32), (NORMS, _norm), (WIDEST, _in_widest)),
        ):
            for name in names:
                library.impl(name, _kernel(_operator(name), policy), _KEY)
        for name in of_the_cpu_alone():
            library.impl(name, torch.library.fallthrough_kernel, _KEY)
        yield
    finally:
        library._destroy()


@functools.cache
def of_the_cpu_alone() -> list[str]:
    """Operators whose type automatic mixed precision chooses on the CPU and not on CUDA."""
    return [name for name in listed('AutocastCPU') - listed('AutocastCUDA') if name not in _ALIKE]


def listed(key: str) -> set[str]:
    """The operators that torch has a way of mixed precision for, by its name for the device."""
    names = (name for name in torch._C._dispatch_get_all_op_names() if name.startswith('aten::'))
    has = torch._C._dispatch_has_kernel_for_dispatch_key
    return {name.removeprefix('aten::') for name in names if has(name, key)}


def _operator(name: str) -> Any:
    packet, _, overload = name.partition('.')
    return getattr(getattr(_aten, packet), overload or 'default')


def _kernel(operator: Any, policy: Callable[..., Any]) -> Callable[..., Any]:
    def kernel(*args: Any, **kwargs: Any) -> Any:
        with torch._C._ExcludeDispatchKeyGuard(_AUTOCAST):
            return policy(operator, args, kwargs)

    return kernel


def _in_half(operator: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
    return operator(*_cast(args, torch.get_autocast_dtype('cpu')), **kwargs)


def _in_float32(operator: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
    return operator(*_cast(args, torch.float32), **kwargs)


def _in_widest(operator: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
    floats = [one for one in args if isinstance(one, Tensor) and one.is_floating_point()]
    wide = any(one.dtype not in _HALVES for one in floats)
    return operator(*(_cast(args, torch.float32) if wide else args), **kwargs)


def _into_float32(operator: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
    first, name = args[0], operator._schema.name.split('::')[-1]
    takes = [one.name for one in operator._schema.arguments]
    place = takes.index('dtype')
    given = args[place] if len(args) > place else kwargs.get('dtype')
    if given is not None or first.dtype not in _HALVES:
        return operator(*args, **kwargs)
    if first.dtype == torch.float16 and f'{name}.int' in _IN_ONE_STEP:
        dim = args[1] if len(args) > 1 else kwargs['dim']
        return getattr(_aten, _IN_ONE_STEP[f'{name}.int'])(first, dim, True)
    if len(args) > place:
        return operator(*args[:place], torch.float32, *args[place + 1 :], **kwargs)
    return operator(*args, **kwargs | dict(dtype=torch.float32))


def _norm(operator: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
    return _aten.norm(*args, **kwargs, dtype=torch.promote_types(args[0].dtype, torch.float32))


def _cast(value: Any, dtype: torch.dtype) -> Any:
    if isinstance(value, (list, tuple)):
        return type(value)(_cast(one, dtype) for one in value)
    castable = isinstance(value, Tensor) and value.is_floating_point()
    return value.to(dtype) if castable and value.dtype != torch.float64 else value
