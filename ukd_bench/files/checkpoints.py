"""What checkpoint files hold: weights, class names, and a training that goes on from them.

Their keys are MMEngine's: ``state_dict``, ``meta`` with ``dataset_meta``, ``optimizer``,
``param_schedulers`` and ``message_hub``; and the suite's own, the states of its hooks.
"""

import hashlib
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

import torch
from mmengine.dist import all_gather_object, get_rank, get_world_size
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch import nn

from ..errors import ConfigError, ResultsError
from .atomic import atomic_write
from .unpickling import unreadable_because, weights_alone

_HOOKS_KEY = 'ukd_bench_hooks'
_OTHERS_KEY = 'ukd_bench_hooks_of_other_processes'


class ResumableHook(Hook):
    """A hook whose state is part of MMEngine's checkpoints and comes back where training resumes.

    It comes back in :meth:`before_train`, which a subclass must call. Weights that a training
    merely starts from (``load_from``) bring no state of hooks along. In distributed training the
    first process writes the checkpoint, and its hooks' state comes back in all, but where
    :func:`add_other_processes` has put in that of the others.

    Raises:
        ConfigError: training resumes from a checkpoint without the optimizer's state.
    """

    _resumed: dict[str, Any] | None = None
    _lacks_optimizer = False

    def state_dict(self, runner: Runner) -> dict[str, Any]:
        """The hook's state for the next process: plain Python values and tensors."""
        return {}

    def load_state_dict(self, runner: Runner, state: dict[str, Any]) -> None:
        """Takes over what :meth:`state_dict` returned in an earlier process."""

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Adds the hook's state to a checkpoint that MMEngine is about to write."""
        checkpoint.setdefault(_HOOKS_KEY, {})[type(self).__name__] = self.state_dict(runner)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Keeps the hook's state in a loaded checkpoint until training begins."""
        states = checkpoint.get(_HOOKS_KEY, {})
        others = checkpoint.get(_OTHERS_KEY, ())
        if 0 < get_rank() <= len(others):
            states = others[get_rank() - 1]
        self._resumed = states.get(type(self).__name__)
        self._lacks_optimizer = 'optimizer' not in checkpoint

    def before_train(self, runner: Runner) -> None:
        """Takes over the kept state where training resumes."""
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
    """Writes the state dict atomically, on the CPU, with the class names as MMEngine notes them.

    Whatever the order in memory is that a network computes in, its file has the usual one.
    """
    state = {name: part.detach().cpu().contiguous() for name, part in module.state_dict().items()}
    checkpoint: dict[str, Any] = dict(state_dict=state)
    if classes:
        checkpoint['meta'] = dict(dataset_meta=dict(classes=tuple(classes)))
    write_checkpoint(path, checkpoint)


def write_checkpoint(path: Path, checkpoint: dict[str, Any]) -> None:
    """Writes a checkpoint, atomically.

    Raises:
        ResultsError: the folder cannot be made or written, or the disk is full.
    """

    def write(file: IO[bytes]) -> None:
        try:
            torch.save(checkpoint, file)
        except RuntimeError as error:
            # Torch complains that it has lost count, where the system refused to write more.
            if isinstance(error.__context__, OSError):
                raise error.__context__ from None
            raise

    atomic_write(path, write)


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Reads a checkpoint of :func:`write_checkpoint`, with its tensors on the CPU.

    Raises:
        ResultsError: the file is damaged, or holds what may not be read.
    """
    try:
        # Torch does not look at the checksums that it wrote.
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
        if damaged is not None:
            raise ResultsError(f'{damaged} differs from its checksum')
        return torch.load(path, map_location='cpu', weights_only=True)
    except Exception as error:
        # Torch and its unpickler answer damaged files with whatever they run into.
        reason = unreadable_because(error)
        raise ResultsError(f'{path.name}: cannot be read ({reason})') from error


def training_checkpoint(runner: Runner) -> dict[str, Any]:
    """The checkpoint that ``Runner.resume`` reads, with the states of hooks.

    ``Runner.save_checkpoint`` writes the same by way of two copies in memory, which would be in the
    process's peak.
    """
    schedulers = runner.param_schedulers
    if isinstance(schedulers, dict):
        states: Any = {name: [one.state_dict() for one in schedulers[name]] for name in schedulers}
    else:
        states = [scheduler.state_dict() for scheduler in schedulers or []]
    checkpoint = dict(
        meta=dict(epoch=runner.epoch, iter=runner.iter, seed=runner.seed),
        state_dict=unwrapped(runner).state_dict(),
        message_hub=runner.message_hub.state_dict(),
        optimizer=runner.optim_wrapper.state_dict(),
        param_schedulers=states,
    )
    runner.call_hook('before_save_checkpoint', checkpoint=checkpoint)
    return checkpoint


def add_other_processes(checkpoint: dict[str, Any]) -> None:
    """Adds the states that the hooks of the other processes have to a :func:`training_checkpoint`.

    All processes of a distributed training call it, each with its own.
    """
    if get_world_size() > 1:
        checkpoint[_OTHERS_KEY] = all_gather_object(checkpoint[_HOOKS_KEY])[1:]


def kept_training(path: Path, hook: type[ResumableHook]) -> tuple[int, dict[str, Any]]:
    """Epochs that a training had done at a checkpoint, and the state that one of its hooks kept.

    Raises:
        ResultsError: the file is damaged, or no checkpoint of a training with that hook.
    """
    checkpoint = read_checkpoint(path)
    try:
        return checkpoint['meta']['epoch'], checkpoint[_HOOKS_KEY][hook.__name__]
    except (KeyError, TypeError) as error:
        reason = f'it is no checkpoint of a training with {hook.__name__}'
        raise ResultsError(f'{path.name}: cannot be read ({reason})') from error


def load_weights(
    module: nn.Module, path: Path, rename: Callable[[str], str] | None = None
) -> tuple[str, ...] | None:
    """Loads all parameters and buffers of ``module`` from a checkpoint.

    A wrapper for distributed training may have left ``module.`` before their names.

    Args:
        module: The module that gets the weights.
        path: File of the checkpoint.
        rename: Function from a name in the checkpoint to the module's, where the checkpoint is of a
            larger network; an empty name leaves the tensor out.

    Returns:
        The class names that the checkpoint notes, in label order; None where it notes none.

    Raises:
        ConfigError: the file is absent, no checkpoint, or does not fit the module key by key.
    """
    if not path.is_file():
        raise ConfigError(f'checkpoint {path} does not exist')
    try:
        with weights_alone():
            checkpoint = torch.load(path, map_location='cpu', weights_only=True)
        state = checkpoint.get('state_dict', checkpoint)
        state = {name.removeprefix('module.'): tensor for name, tensor in state.items()}
        if rename is not None:
            renamed = {rename(name): tensor for name, tensor in state.items()}
            state = {name: tensor for name, tensor in renamed.items() if name}
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


def _noted_classes(checkpoint: dict[str, Any]) -> tuple[str, ...] | None:
    meta = checkpoint.get('meta')
    dataset = meta.get('dataset_meta') if isinstance(meta, dict) else None
    classes = dataset.get('classes') if isinstance(dataset, dict) else None
    if not isinstance(classes, (list, tuple)) or not all(isinstance(name, str) for name in classes):
        return None
    return tuple(classes) or None
