"""What ``torch.load`` may meet in a checkpoint beside tensors, with ``weights_only`` left on."""

import contextlib
import importlib
import pickle
import re
from typing import Any

import numpy as np
import torch
from mmengine.logging import HistoryBuffer
from mmengine.optim.scheduler.param_scheduler import OneCycleParamScheduler

# The module by NumPy's own name, which pickles carry.
_multiarray = importlib.import_module('numpy._core.multiarray')


class _Unread:
    """Stands for what lies beside the weights in a checkpoint and is never looked at."""

    def __new__(cls, *_: Any) -> '_Unread':
        return super().__new__(cls)

    def __init__(self, *_: Any) -> None:
        pass

    def __setstate__(self, _: Any) -> None:
        pass


# MMEngine's checkpoints hold its message hub, of NumPy arrays and functions, and its schedulers.
# None of these names is run; each becomes an inert object, so that `weights_only` can stay on.
_BESIDE_THE_WEIGHTS = [
    (_Unread, name)
    for name in (
        'builtins.getattr',
        'mmengine.logging.history_buffer.HistoryBuffer',
        'mmengine.optim.scheduler.param_scheduler.OneCycleParamScheduler',
        'numpy.dtype',
        'numpy.ndarray',
        *(
            f'numpy.{core}.multiarray.{function}'
            for core in ('core', '_core')
            for function in ('_reconstruct', 'scalar')
        ),
    )
]


_MEMBERS = {
    HistoryBuffer: ('min', 'max', 'current', 'mean'),
    OneCycleParamScheduler: ('_annealing_cos', '_annealing_linear'),
}


def _member(owner: type, name: str) -> Any:
    """Stands for ``getattr``, by which functions of classes are pickled."""
    return getattr(owner, name) if name in _MEMBERS.get(owner, ()) else _Unread()


# The same names with their meaning, for a training that goes on with its own history. What builds
# an array runs nothing that a file could choose; `getattr` could, so it is replaced.
_HISTORY: list[Any] = [
    (_member, 'builtins.getattr'),
    *((owner, f'{owner.__module__}.{owner.__name__}') for owner in _MEMBERS),
    (np.dtype, 'numpy.dtype'),
    (np.ndarray, 'numpy.ndarray'),
    *(
        (getattr(_multiarray, function), f'numpy.{core}.multiarray.{function}')
        for core in ('core', '_core')
        for function in ('_reconstruct', 'scalar')
    ),
    *{type(np.dtype(code)) for code in '?bhilqBHILQefd'},
]


def allow_history() -> None:
    """Has ``torch.load`` read MMEngine's own checkpoints whole, with ``weights_only`` left on.

    Since torch 2.6 it refuses the history of logged values in them, and with it any resuming.
    """
    torch.serialization.add_safe_globals(_HISTORY)


def weights_alone() -> contextlib.AbstractContextManager[None]:
    """Has ``torch.load`` read MMEngine's checkpoints for the duration of a block.

    What lies beside the weights becomes inert, but for names that were allowed before.
    """
    known = {entry[1] for entry in torch.serialization.get_safe_globals() if type(entry) is tuple}
    inert: list[Any] = [entry for entry in _BESIDE_THE_WEIGHTS if entry[1] not in known]
    return torch.serialization.safe_globals(inert)


def unreadable_because(error: Exception) -> str:
    """Why ``torch.load`` refused a file, in one line."""
    if isinstance(error, pickle.UnpicklingError):
        # torch's own text is about how to switch its protection off.
        forbidden = re.search(r'GLOBAL (\S+)', str(error))
        return f'it holds {forbidden[1]}' if forbidden else 'it is no checkpoint of weights alone'
    return (str(error) or type(error).__name__).splitlines()[0][:160]
