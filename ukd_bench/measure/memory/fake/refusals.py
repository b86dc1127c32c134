"""What is said where fake tensors cannot do what real ones do, or a GPU could not do either."""

import contextlib
import linecache
import sys
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    UnsupportedOperatorException,
)

from ....errors import ConfigError, shortened

_MIXED = 'found two different devices'
"""What torch's fake tensors say where tensors of two devices meet."""
_BETWEEN = tuple(
    str(Path(module.__file__ or '').parent) for module in (torch, contextlib, sys.modules[__name__])
)
"""Folders of code that stands between an operator and whoever called it."""


def refusal(operator: Any, error: RuntimeError) -> ConfigError | None:
    """What is said of an operator that cannot be carried out; None for what real ones do as well.

    The shape of its result, or a value that Python asks for, may depend on the values of tensors;
    or it may mix tensors of the host and of the device.
    """
    if isinstance(error, (DynamicOutputShapeException, DataDependentOutputException)):
        reason = 'what it returns depends on the values of tensors, and fake tensors have none'
    elif isinstance(error, UnsupportedOperatorException):
        reason = 'it cannot be carried out on fake tensors'
    elif _MIXED in str(error):
        reason = 'it takes tensors of the device and of the host, which a GPU refuses'
    else:
        return None
    return ConfigError(f'{operator}{called_at()}: {reason}')


def refusal_of_value(tensor: Tensor) -> ConfigError:
    """What is said where the value of a whole number or a truth value is asked for."""
    return ConfigError(
        f'what is done depends on the value of a tensor of {tensor.dtype}{called_at()}, and fake '
        'tensors have no values'
    )


def called_at() -> str:
    """Where the code outside torch stands that is being carried out, as ``, called at FILE:LINE``.

    It is empty where that cannot be told.
    """
    frame: Any = sys._getframe()
    while frame is not None:
        name, line = frame.f_code.co_filename, frame.f_lineno
        if not name.startswith(_BETWEEN) and Path(name).is_file():
            return f', called at {Path(name).name}:{line} ({_line_of(name, line)})'
        frame = frame.f_back
    return ''


def _line_of(name: str, line: int) -> str:
    return shortened(linecache.getline(name, line).strip())
