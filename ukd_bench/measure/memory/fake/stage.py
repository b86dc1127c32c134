"""The stage on which trainings are rehearsed without weights, clips or a device."""

import contextlib
import copy
import gc
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import mmengine.optim.optimizer.amp_optimizer_wrapper as mmengine_amp
import mmengine.runner.amp as mmengine_autocast
import mmengine.runner.runner as mmengine_runner
import torch
from mmaction.registry import MODELS
from mmengine.model import revert_sync_batchnorm
from mmengine.runner import Runner
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from ....distill import MutualHook, NaiveEnsembleHook
from ....knowledge import teacher
from ....knowledge.identity import model_section
from ....methods.config_files import wants_channels_last
from ....models.channels_last import lay_out_channels_last
from .ledger import DEVICE, Ledger
from .mould import LARGE, Mould
from .scratch import cudnn_scratch, onednn_scratch
from .shapes import Shapes
from .trace import INPUTS, TEACHERS, WEIGHTS, Phase
from .ways import Ways, multi_tensor_optimizers


class FakeStage:
    """A stage on which real code trains without weights, clips or a device.

    Networks are built as ever, but nothing is drawn or loaded into their weights; networks of one
    config are copies of one that was built.

    Args:
        kind: ``cuda`` or ``cpu``, what is imitated.

    Attributes:
        phases: What was allocated in each phase since the stage was opened.
    """

    device = DEVICE
    needs_weights = False

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.phases: dict[str, Phase] = {}
        self._built: dict[str, Mould] = {}
        self._shapes = Shapes(DEVICE)
        self._ledger = self._new_ledger()
        self._running: tuple[str, int] | None = None

    def _new_ledger(self) -> Ledger:
        # On the CPU a batch lies where NumPy put it.
        if self.kind == 'cuda':
            return Ledger(self._shapes, cudnn_scratch)
        return Ledger(self._shapes, onednn_scratch, counts_inputs=False)

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """A block in which networks are on the stage; a new account begins."""
        self.phases, self._ledger = {}, self._new_ledger()
        with contextlib.ExitStack() as stack:
            stack.enter_context(warnings.catch_warnings())
            warnings.simplefilter('ignore')
            for owner, name, value in self._replacements():
                stack.enter_context(_replaced(owner, name, value))
            stack.enter_context(self._ledger)
            stack.enter_context(self._ledger.watching_optimizers())
            stack.enter_context(Ways(self.kind == 'cuda'))
            if self.kind == 'cuda':
                stack.enter_context(multi_tensor_optimizers())
            yield

    def build(self, model: dict[str, Any]) -> nn.Module:
        """A network on the host whose weights are not filled."""
        name = repr(model)
        if name not in self._built:
            with _Unfilled():
                built = revert_sync_batchnorm(MODELS.build(copy.deepcopy(model)))
            self._built[name] = Mould(built)
        network: Any = self._built[name].copy()
        network.init_weights = _nothing
        preprocessor = network.data_preprocessor
        preprocessor.forward = partial(self._in_scope, INPUTS, preprocessor.forward)
        return network

    def begin(self, phase: str, network: nn.Module | None = None) -> None:
        """Ends the phase that runs, if any, and begins another."""
        self.end()
        # What an earlier phase left in reference cycles is not this one's.
        gc.collect()
        ledger = self._ledger
        if network is not None:
            ledger.name_all(TEACHERS)
            ledger.name_module(network, WEIGHTS)
        self._running = phase, len(ledger.trace.events)

    def end(self) -> None:
        """Ends the phase that runs."""
        if self._running is not None:
            name, begins = self._running
            trace = self._ledger.trace
            self.phases[name] = Phase(trace, begins, len(trace.events))
            self._running = None

    def _replacements(self) -> Iterator[tuple[Any, str, Any]]:
        """What is done otherwise than with weights and a device: owner, name, and what instead."""
        yield teacher, '_build', lambda config, path: self.build(model_section(config))
        yield teacher, 'load_weights', _nothing
        yield teacher, 'state_sha256', lambda module: ''
        yield MutualHook, '_build_peer', lambda hook, runner, number: self._peer(runner)
        scores = NaiveEnsembleHook.scores
        of_teachers = partial(self._in_scope, TEACHERS, scores)
        yield NaiveEnsembleHook, 'scores', lambda hook, batch: of_teachers(hook, batch)
        yield mmengine_runner, 'get_device', lambda: str(DEVICE)
        yield mmengine_amp, 'is_cuda_available', lambda: True
        yield mmengine_autocast, 'autocast', _autocast

    def _peer(self, runner: Runner) -> nn.Module:
        peer = self.build(model_section(runner.cfg))
        if wants_channels_last(runner.cfg):
            lay_out_channels_last(peer)
        return peer.train()

    def _in_scope(self, kind: str, function: Callable[..., Any], *args: Any, **options: Any) -> Any:
        with self._ledger.scope(kind):
            return function(*args, **options)


class _Unfilled(TorchDispatchMode):
    """Leaves large tensors as they are made: whoever only builds a network needs no numbers."""

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: tuple = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        in_place = func._schema.name.endswith('_')
        if in_place and isinstance(args[0], torch.Tensor) and args[0].numel() >= LARGE:
            return args[0]
        return func(*args, **kwargs or {})


@contextlib.contextmanager
def _autocast(
    device_type: str | None = None,
    dtype: torch.dtype | None = None,
    enabled: bool = True,
    cache_enabled: bool | None = None,
) -> Iterator[None]:
    """MMEngine's, for CUDA, whose functions in float32 :class:`.ways.Ways` adds."""
    with torch.autocast('cpu', dtype or torch.float16, enabled, cache_enabled):
        yield


def _nothing(*_: Any, **__: Any) -> None:
    return None


@contextlib.contextmanager
def _replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    before = vars(owner)[name]
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)
