"""Networks of whose weights only the memory is of interest: built once, and never filled."""

import contextlib
import copy
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import torch
from mmaction.registry import MODELS
from mmengine.model import revert_sync_batchnorm
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from ....records.weights import weights_in
from .mould import LARGE

_RELAYS = torch.Tag.inplace_view
"""Torch's tag of operators that change a tensor's layout in place."""


def built(model: dict[str, Any]) -> nn.Module:
    """A network of a config's model, as MMEngine's Runner has it in one process.

    Large tensors of numbers with a point hold whatever was in their memory. No initial weights are
    read, which some backbones do as soon as they are built.
    """
    model = copy.deepcopy(model)
    for holder, key, _ in [*weights_in(dict(model=model))]:
        holder[key] = None
    backbone = model.get('backbone')
    if isinstance(backbone, dict) and backbone.get('pretrained') is True:
        backbone['pretrained'] = False
    with _Unfilled(), _silence():
        return revert_sync_batchnorm(MODELS.build(model))


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    # Networks tell of themselves whenever they are built.
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            yield
    finally:
        logging.disable(before)


class _Unfilled(TorchDispatchMode):
    """Leaves large tensors as they are made: whoever only builds a network needs no numbers."""

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: tuple = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        first: Any = args[0] if args else None
        fills = func._schema.name.endswith('_') and _RELAYS not in func.tags
        large = isinstance(first, torch.Tensor) and first.numel() >= LARGE
        # Whole numbers may be places in other tensors.
        if fills and large and first.is_floating_point():
            return first
        return func(*args, **kwargs or {})
