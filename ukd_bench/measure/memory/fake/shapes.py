"""Operators on fake tensors, of which each is worked out once for all arguments of the same layout.

Networks apply the same operators to the same shapes over and over, and what torch's fake tensors do
to find out a result's layout takes longer than all else.
"""

import contextlib
from collections.abc import Callable, Hashable, Iterator
from typing import Any

import torch
from torch._ops import OpOverload
from torch._subclasses.fake_tensor import (
    FakeTensor,
    FakeTensorMode,
    in_kernel_invocation_manager,
)

_RELAID = ('resize_', 'resize_as_', 'set_', 'rename_')
"""In-place operators that change a tensor's layout, beside those that torch tags so."""
_PLAIN = (int, float, bool, str, torch.dtype, torch.device, torch.memory_format, torch.layout)

_DEVICE = torch.ops.prim.device.default
_COMPOSITE = torch.DispatchKey.CompositeImplicitAutograd

Layout = tuple[tuple[int, ...], tuple[int, ...], torch.dtype]
"""Shape, strides and type of a tensor that fills its memory."""


class Shapes:
    """Carries out operators on fake tensors of one device.

    Args:
        device: Where they live.

    Attributes:
        fakes: The mode that the tensors are of.
    """

    def __init__(self, device: torch.device) -> None:
        self.fakes = FakeTensorMode(allow_non_fake_inputs=True)
        self._device = device
        self._results: dict[Hashable, list[Layout | None] | Layout] = {}
        self._done_in_place: set[Hashable] = set()

    def apply(self, func: OpOverload, args: tuple, kwargs: dict[str, Any], makes: bool) -> Any:
        """The operator's result, as the fake tensors would have it.

        Args:
            func: The operator.
            args: Its arguments.
            kwargs: Its arguments with names.
            makes: Whether it makes a tensor on the device from none.
        """
        if func is _DEVICE and isinstance(args[0], FakeTensor):
            return args[0].fake_device
        way = _way(func)
        if way is _VIEW and isinstance(args[0], FakeTensor):
            # A view is another layout of the same memory, and the mode's own way there is long.
            with in_kernel_invocation_manager(self.fakes):
                view = func(*args, **kwargs)
            if isinstance(view, (list, tuple)):
                return [self.of_meta(one) for one in view]
            return self.of_meta(view)
        key = None if way is _OTHER else _key(func, args, kwargs)
        if key is None:
            return self._work_out(func, args, kwargs, makes)
        if way is _IN_PLACE or way is _OUT:
            into = kwargs['out'] if way is _OUT else args[0]
            # Carried out once, since its arguments may not fit each other.
            if key not in self._done_in_place:
                before = _part(into)
                self._work_out(func, args, kwargs, makes)
                if _part(into) == before:
                    self._done_in_place.add(key)
            return into if func._schema.returns else None
        known = self._results.get(key)
        if known is None:
            result = self._work_out(func, args, kwargs, makes)
            layout = None if _shares_memory(result, args) else _layouts(result)
            if layout is not None:
                self._results[key] = layout
            return result
        if isinstance(known, list):
            return tuple(None if one is None else self.new(*one) for one in known)
        return self.new(*known)

    def _work_out(
        self, func: Callable[..., Any], args: tuple, kwargs: dict[str, Any], makes: bool
    ) -> Any:
        with self.fakes if makes else contextlib.nullcontext():
            return func(*args, **kwargs)

    def new(
        self, shape: tuple[int, ...], stride: tuple[int, ...], dtype: torch.dtype
    ) -> FakeTensor:
        """A new tensor of that layout."""
        return self.of_meta(torch.empty_strided(shape, stride, dtype=dtype, device='meta'))

    def of_meta(self, tensor: torch.Tensor) -> FakeTensor:
        """One of torch's tensors without memory, on the device from now on."""
        return FakeTensor(self.fakes, tensor, self._device)


_PURE, _IN_PLACE, _OUT, _VIEW, _OTHER = 'pure', 'in place', 'out', 'view', 'other'
_ways: dict[Any, str] = {}


def _way(func: Any) -> str:
    """How an operator's result follows from its arguments."""
    if func not in _ways:
        _ways[func] = _find_way(func)
    return _ways[func]


def _find_way(func: Any) -> str:
    schema = getattr(func, '_schema', None)
    if schema is None or (torch.Tag.nondeterministic_seeded in func.tags and not schema.returns):
        return _OTHER
    written = [one for one in schema.arguments if one.alias_info and one.alias_info.is_write]
    if not written:
        aliased = any(one.alias_info for one in schema.returns)
        of_tensors = all('Tensor' in str(one.type) for one in schema.returns)
        tensors = [one for one in schema.arguments if 'Tensor' in str(one.type)]
        types = [str(one.type) for one in (*tensors, *schema.returns)]
        of_one = types in (['Tensor', 'Tensor'], ['Tensor', 'List[Tensor]'])
        # What is made of other operators may copy where it need not.
        if aliased and of_one and not func.has_kernel_for_dispatch_key(_COMPOSITE):
            return _VIEW
        return _PURE if schema.returns and of_tensors and not aliased else _OTHER
    if [one.name for one in written] == ['out'] and len(schema.returns) == 1:
        return _OUT
    first, name = schema.arguments[0], schema.name.split('::')[-1]
    reshapes = torch.Tag.inplace_view in func.tags or name in _RELAID
    returns_it = not schema.returns or schema.returns[0].alias_info
    if name.endswith('_') and first in written and returns_it and not reshapes:
        return _IN_PLACE
    return _OTHER


def _key(func: Any, args: tuple, kwargs: dict[str, Any]) -> Hashable | None:
    try:
        parts = [_part(value) for value in args]
        named = [(name, _part(value)) for name, value in kwargs.items()]
    except TypeError:
        return None
    # What is made of numbers alone has a type that can be set.
    return (func, torch.get_default_dtype(), *parts, *named)


def _part(value: Any) -> Hashable:
    if isinstance(value, FakeTensor):
        return (tuple(value.shape), value.stride(), value.dtype, value.storage_offset() == 0)
    if value is None:
        return None
    if isinstance(value, _PLAIN):
        return (type(value), value)
    if isinstance(value, (list, tuple)):
        return (list, *map(_part, value))
    raise TypeError(value)


def _shares_memory(result: Any, args: tuple) -> bool:
    """Whether results share memory with arguments or each other, whatever the schema says."""
    known = {one.untyped_storage()._cdata for one in _tensors(args)}
    made = [one.untyped_storage()._cdata for one in _tensors(result)]
    return len({*made} - known) < len(made)


def _tensors(value: Any) -> Iterator[FakeTensor]:
    if isinstance(value, FakeTensor) and value.layout is torch.strided:
        yield value
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _tensors(one)


def _layouts(result: Any) -> list[Layout | None] | Layout | None:
    """The layouts of fresh results; None where one is no fake tensor or shares its memory."""
    if isinstance(result, FakeTensor):
        return layout_of(result)
    if not isinstance(result, (tuple, list)):
        return None
    layouts = [None if one is None else layout_of(one) for one in result]
    missing = any(one is not None and it is None for one, it in zip(result, layouts, strict=True))
    return None if missing else layouts


def layout_of(tensor: Any) -> Layout | None:
    """The layout of a fake tensor; None of one that does not fill its memory, and of all else."""
    if not isinstance(tensor, FakeTensor) or tensor.layout is not torch.strided:
        return None
    needed = 1 + sum(
        (size - 1) * step for size, step in zip(tensor.shape, tensor.stride(), strict=True)
    )
    size = needed * tensor.element_size() if tensor.numel() else 0
    if tensor.storage_offset() or tensor.untyped_storage().nbytes() != size:
        return None
    return tuple(tensor.shape), tensor.stride(), tensor.dtype
