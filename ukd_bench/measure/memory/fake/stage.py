"""The stage on which trainings are rehearsed without weights, clips or a device."""

import contextlib
import functools
import gc
import logging
import sys
import warnings
import weakref
from collections.abc import Callable, Hashable, Iterator
from functools import partial
from typing import Any

import mmengine.optim.optimizer.amp_optimizer_wrapper as mmengine_amp
import mmengine.runner.amp as mmengine_autocast
import mmengine.runner.runner as mmengine_runner
import torch
from mmaction.utils import register_all_modules
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor
from torch.nn.modules.module import (
    register_module_forward_hook,
    register_module_forward_pre_hook,
)

from ....distill import MutualHook, NaiveEnsembleHook, SwapHook, bank_hooks
from ....enhance.by_frame import FrameEnhancement
from ....files.checkpoints import state_bytes
from ....knowledge import teacher
from ....knowledge.identity import model_section
from ..rehearsal.stage import build_peer, replaced
from .autocast import cuda_autocast
from .hopper import HopperLibraries
from .ledger import DEVICE, Ledger
from .mould import Mould
from .networks import built
from .onednn import onednn_scratch
from .repeats import Repeat, call_key, settings_of
from .scratch import cudnn_scratch
from .shapes import Shapes
from .trace import INPUTS, TEACHERS, WEIGHTS, Phase
from .ways import Ways, multi_tensor_optimizers

CUDA = 'cuda'
LIBRARIES = {'hopper': HopperLibraries}
"""What is known of libraries, by a generation of GPUs."""
_PRELOADED = f'{__package__.rpartition(".")[0]}.preloaded'
_TORCH_SAYS = logging.getLogger('torch._subclasses.fake_tensor')
"""Where torch tells of every error in an operator, with a traceback, before it raises it."""


class FakeStage:
    """A stage on which real code trains without weights, clips or a device.

    Networks are built as ever, but nothing is drawn or loaded into their weights; networks of one
    config are copies of one that was built.

    Args:
        kind: ``cuda`` or ``cpu``, what is imitated.
        libraries: Of which GPUs the libraries are that are imitated as well, one of
            :data:`LIBRARIES`; None leaves out what libraries take on CUDA.

    Attributes:
        phases: What was allocated in each phase since the stage was opened.
    """

    device = DEVICE
    needs_weights = False

    def __init__(self, kind: str, libraries: str | None = None) -> None:
        self.kind = kind
        self.libraries = libraries
        self._cuda = kind == CUDA
        self.phases: dict[str, Phase] = {}
        register_all_modules(init_default_scope=True)
        self._built: dict[str, Mould] = {}
        self._modules: set[str] = set()
        self._preprocessors: set[type] = set()
        self._names: weakref.WeakKeyDictionary[nn.Module, str] = weakref.WeakKeyDictionary()
        self._repeats: dict[Hashable, Repeat | None] = {}
        self._shapes = Shapes(DEVICE)
        self._ledger = self._new_ledger()
        self._running: tuple[str, int] | None = None

    def _new_ledger(self) -> Ledger:
        # On the CPU a batch lies where NumPy put it.
        if self._cuda and self.libraries is not None:
            libraries = LIBRARIES[self.libraries]()
            return Ledger(self._shapes, libraries.scratch, kept=libraries.kept)
        if self._cuda:
            return Ledger(self._shapes, cudnn_scratch)
        return Ledger(self._shapes, onednn_scratch, counts_inputs=False)

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """A block in which networks are on the stage; a new account begins."""
        self.phases, self._ledger, self._running = {}, self._new_ledger(), None
        with contextlib.ExitStack() as stack:
            stack.enter_context(warnings.catch_warnings())
            warnings.simplefilter('ignore')
            stack.enter_context(_frozen())
            stack.enter_context(replaced(self._replacements(stack)))
            stack.enter_context(self._ledger)
            stack.enter_context(self._ledger.watching_optimizers())
            stack.enter_context(self._inputs_in_scope())
            stack.enter_context(Ways(DEVICE, self._cuda))
            if self._cuda:
                stack.enter_context(multi_tensor_optimizers())
            stack.callback(self._forget_calls)
            yield

    def _forget_calls(self) -> None:
        """Empties what functions in networks' modules remember: fake tensors, if it is tensors.

        With it go calls that were seen while it was there, since the next ones make it anew.
        """
        named = [value for name in self._modules for value in vars(sys.modules[name]).values()]
        caches = [value for value in named if isinstance(value, functools._lru_cache_wrapper)]
        if any(cache.cache_info().currsize for cache in caches):
            self._repeats.clear()
        for cache in caches:
            cache.cache_clear()

    def build(self, model: dict[str, Any]) -> nn.Module:
        """A network on the host whose weights are not filled."""
        name = repr(model)
        if name not in self._built:
            mould = built(model)
            self._modules.update(type(part).__module__ for part in mould.modules())
            self._built[name] = Mould(mould)
        copied = self._built[name].copy()
        network: Any = built(model) if copied is None else copied
        self._preprocessors.add(type(network.data_preprocessor))
        self._names[network] = name
        network.init_weights = _nothing
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

    def _replacements(self, stack: contextlib.ExitStack) -> Iterator[tuple[Any, str, Any]]:
        """What is done otherwise than with weights and a device: owner, name, and what instead."""
        yield teacher, '_build', lambda config, path: self.build(model_section(config))
        for reader in (teacher, bank_hooks):
            yield reader, 'load_weights', lambda module, *_: self._load(module)
        yield teacher, 'state_sha256', lambda module: ''
        yield MutualHook, '_build_peer', lambda hook, runner, number: build_peer(self, runner)
        scores = NaiveEnsembleHook.scores
        of_teachers = partial(self._in_scope, TEACHERS, scores)
        yield NaiveEnsembleHook, 'scores', lambda hook, batch: of_teachers(hook, batch)
        score, enhance = teacher.Teacher.score_with_graph, FrameEnhancement.forward
        score_once = partial(self._score, score)
        enhance_once = partial(self._enhance, enhance)
        yield teacher.Teacher, 'score_with_graph', lambda who, clips: score_once(who, clips)
        yield FrameEnhancement, 'forward', lambda module, clips: enhance_once(module, clips)
        yield mmengine_runner, 'get_device', lambda: str(DEVICE)
        yield mmengine_runner, 'collect_env', dict
        # A GPU that is there has streams of random numbers and graphs, which nothing here is of.
        yield torch.cuda, 'is_available', lambda: False
        yield torch.cuda, 'device_count', lambda: 0
        yield nn.Module, 'to', _tied(nn.Module.to)
        yield _TORCH_SAYS, 'disabled', True
        if self._cuda:
            yield mmengine_amp, 'is_cuda_available', lambda: True
            yield mmengine_amp, 'GradScaler', partial(torch.amp.GradScaler, 'cpu')
            yield mmengine_autocast, 'get_device', lambda: CUDA
            yield torch.cuda, 'is_bf16_supported', lambda *_: True
            follow = functools.cache(lambda: stack.enter_context(cuda_autocast()))
            yield torch.autocast, '__init__', _for_cuda(torch.autocast.__init__, follow)
        else:
            # Host and device are one there, so that nothing is copied.
            yield SwapHook, 'home', lambda hook, device: device

    @contextlib.contextmanager
    def _inputs_in_scope(self) -> Iterator[None]:
        """Has what preprocessors of networks make taken for inputs for a block.

        Hooks of all modules do it, since one in a network would be copied along with it.
        """
        scopes = contextlib.ExitStack()

        def before(module: nn.Module, args: Any) -> None:
            if type(module) in self._preprocessors:
                scopes.enter_context(self._ledger.scope(INPUTS))

        def after(module: nn.Module, args: Any, result: Any) -> None:
            if type(module) in self._preprocessors:
                scopes.close()

        with contextlib.ExitStack() as hooks:
            for handle in (
                register_module_forward_pre_hook(before),
                register_module_forward_hook(after, always_call=True),
            ):
                hooks.callback(handle.remove)
            yield

    def _load(self, module: nn.Module) -> None:
        if not self._cuda:
            # A checkpoint is read beside the network, both on the device that hosts are.
            with self._ledger.scope(TEACHERS):
                self._ledger.take_for_a_moment(2 * state_bytes(module))

    def _score(self, score: Callable[..., Any], who: teacher.Teacher, clips: list[Tensor]) -> Any:
        """Scores of a teacher: one of a kind computes them for each shape of batch."""
        name = self._names.get(who.model)
        if name is None or torch.is_grad_enabled():
            return score(who, clips)
        key = 'scores', name, who.order is None, call_key(clips)
        return self._once(key, lambda: score(who, clips))

    def _enhance(self, enhance: Callable[..., Any], module: nn.Module, clips: Tensor) -> Any:
        settings = settings_of(module)
        if settings is None or not isinstance(clips, FakeTensor):
            return enhance(module, clips)
        key = settings, call_key([clips])
        return self._once(key, lambda: enhance(module, clips))

    def _once(self, key: Hashable, call: Callable[[], Any]) -> Any:
        return self._ledger.once(key, call, self._repeats)

    def _in_scope(self, kind: str, function: Callable[..., Any], *args: Any, **options: Any) -> Any:
        with self._ledger.scope(kind):
            return function(*args, **options)


def _tied(move: Callable[..., nn.Module]) -> Callable[..., nn.Module]:
    """``nn.Module.to``, after which modules that shared a parameter or buffer share one again.

    Torch replaces each where it moves to a device whose tensors are of another class, as fake ones
    are. On CUDA their memory is replaced, and they stay one.
    """

    def to(module: nn.Module, *args: Any, **kwargs: Any) -> nn.Module:
        places: dict[int, list[tuple[dict[str, Any], str]]] = {}
        for part in module.modules():
            for held in (part._parameters, part._buffers):
                for name, tensor in held.items():
                    if tensor is not None:
                        places.setdefault(id(tensor), []).append((held, name))
        moved = move(module, *args, **kwargs)
        for (held, name), *others in places.values():
            for also, its in others:
                also[its] = held[name]
        return moved

    return to


def _for_cuda(begin: Callable[..., None], follow: Callable[[], None]) -> Callable[..., None]:
    """The constructor of ``torch.autocast``, which makes one for fake tensors of one for CUDA.

    Args:
        begin: Torch's own constructor.
        follow: Has those for fake tensors follow CUDA's lists.
    """

    def __init__(
        autocast: Any, device_type: str, dtype: Any = None, *args: Any, **kwargs: Any
    ) -> None:
        if device_type.startswith(CUDA):
            follow()
            device_type, dtype = DEVICE.type, dtype or torch.get_autocast_dtype(CUDA)
        begin(autocast, device_type, dtype, *args, **kwargs)

    return __init__


@contextlib.contextmanager
def _frozen() -> Iterator[None]:
    """Has all that is there now passed over by whoever collects garbage, which spares its time."""
    if _PRELOADED in sys.modules:
        # In a process for rehearsals alone what one leaves serves the next.
        gc.collect()
        gc.freeze()
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _nothing(*_: Any, **__: Any) -> None:
    return None
