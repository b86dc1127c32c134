"""State dicts: hash, size, save and load; and hooks whose state outlives their process."""

import hashlib
import pickle
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.hooks import Hook
from mmengine.logging import HistoryBuffer
from mmengine.model import is_model_wrapper
from mmengine.optim.scheduler.param_scheduler import OneCycleParamScheduler
from mmengine.runner import Runner
from torch import nn

from ..errors import ConfigError
from .atomic import atomic_write

_HOOKS_KEY = 'ukd_bench_hooks'


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


# The same names with what they mean, for a training that goes on with its own history. What builds
# an array runs nothing that a file could choose; `getattr` could, so it is replaced.
_HISTORY = [
    (_member, 'builtins.getattr'),
    *((owner, f'{owner.__module__}.{owner.__name__}') for owner in _MEMBERS),
    (np.dtype, 'numpy.dtype'),
    (np.ndarray, 'numpy.ndarray'),
    *(
        (getattr(np._core.multiarray, function), f'numpy.{core}.multiarray.{function}')
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


class ResumableHook(Hook):
    """A hook whose state is part of MMEngine's checkpoints and comes back where training resumes.

    It comes back in :meth:`before_train`, which a subclass must call. Weights that a training
    merely starts from (``load_from``) bring no state of hooks along. In distributed training the
    first process writes the checkpoint, and its hooks' state comes back in all.

    Raises:
        ConfigError: training resumes from a checkpoint without the optimizer's state.
    """

    _resumed: dict | None = None
    _lacks_optimizer = False

    def state_dict(self, runner: Runner) -> dict[str, Any]:
        """What the next process must know: plain Python values and tensors."""
        return {}

    def load_state_dict(self, runner: Runner, state: dict[str, Any]) -> None:
        """Takes over what :meth:`state_dict` returned in an earlier process."""

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        checkpoint.setdefault(_HOOKS_KEY, {})[type(self).__name__] = self.state_dict(runner)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        self._resumed = checkpoint.get(_HOOKS_KEY, {}).get(type(self).__name__)
        self._lacks_optimizer = 'optimizer' not in checkpoint

    def before_train(self, runner: Runner) -> None:
        state, self._resumed = self._resumed, None
        if runner.iter == 0:
            return
        if self._lacks_optimizer:
            # MMEngine would go on with a new one, and say nothing.
            raise ConfigError(
                'the checkpoint to resume from holds no state of the optimizer: CheckpointHook '
                'leaves it out with save_optimizer=False'
            )
        if state is not None:
            self.load_state_dict(runner, state)


def unwrapped(runner: Runner) -> nn.Module:
    """The recognizer without MMEngine's wrapper for distributed training."""
    return runner.model.module if is_model_wrapper(runner.model) else runner.model


def state_sha256(module: nn.Module) -> str:
    """SHA-256 over names, types, shapes and bytes of all parameters and buffers, sorted by name."""
    hasher = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        value = tensor.detach().cpu().contiguous()
        hasher.update(f'{name}:{value.dtype}:{tuple(value.shape)};'.encode())
        hasher.update(value.reshape(-1).view(torch.uint8).numpy())
    return hasher.hexdigest()


def state_bytes(module: nn.Module) -> int:
    """Bytes of all parameters and buffers, those outside the state dict included."""
    tensors = [*module.parameters(), *module.buffers()]
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def save_weights(module: nn.Module, path: Path, classes: Sequence[str] = ()) -> None:
    """Writes the state dict atomically, on the CPU, with the class names as MMEngine notes them."""
    state = {name: tensor.detach().cpu() for name, tensor in module.state_dict().items()}
    checkpoint: dict[str, Any] = dict(state_dict=state)
    if classes:
        checkpoint['meta'] = dict(dataset_meta=dict(classes=tuple(classes)))
    atomic_write(path, lambda file: torch.save(checkpoint, file))


def load_weights(module: nn.Module, path: Path) -> tuple[str, ...] | None:
    """Loads all parameters and buffers of ``module`` from a checkpoint.

    A wrapper for distributed training may have left ``module.`` before their names.

    Returns:
        The class names that the checkpoint notes, in label order; None where it notes none.

    Raises:
        ConfigError: the file is absent, no checkpoint, or does not fit the module key by key.
    """
    if not path.is_file():
        raise ConfigError(f'checkpoint {path} does not exist')
    try:
        with torch.serialization.safe_globals(_inert()):
            checkpoint = torch.load(path, map_location='cpu', weights_only=True)
        state = checkpoint.get('state_dict', checkpoint)
        state = {name.removeprefix('module.'): tensor for name, tensor in state.items()}
        classes = _noted_classes(checkpoint)
    except Exception as error:
        reason = unreadable_because(error)
        raise ConfigError(f'checkpoint {path} cannot be read ({reason})') from error
    try:
        module.load_state_dict(state, strict=True)
    except (RuntimeError, TypeError) as error:
        # The first line of several only names the module's class.
        lines = str(error).splitlines()
        reason = ''.join(lines[1:2] or lines).strip()[:200]
        raise ConfigError(f'checkpoint {path} does not fit its config: {reason}') from error
    return classes


def _noted_classes(checkpoint: dict) -> tuple[str, ...] | None:
    meta = checkpoint.get('meta')
    dataset = meta.get('dataset_meta') if isinstance(meta, dict) else None
    classes = dataset.get('classes') if isinstance(dataset, dict) else None
    if not isinstance(classes, (list, tuple)) or not all(isinstance(name, str) for name in classes):
        return None
    return tuple(classes) or None


def _inert() -> list:
    """Inert stand-ins for names that ``torch.load`` does not know by now."""
    known = {entry[1] for entry in torch.serialization.get_safe_globals() if type(entry) is tuple}
    return [entry for entry in _BESIDE_THE_WEIGHTS if entry[1] not in known]


def unreadable_because(error: Exception) -> str:
    """In one line, why ``torch.load`` refused a file."""
    if isinstance(error, pickle.UnpicklingError):
        # torch's own text is about how to switch its protection off.
        forbidden = re.search(r'GLOBAL (\S+)', str(error))
        return f'it holds {forbidden[1]}' if forbidden else 'it is no checkpoint of weights alone'
    return (str(error) or type(error).__name__).splitlines()[0][:160]
