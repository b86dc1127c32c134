"""Where a training is rehearsed."""

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import torch
from mmengine.runner import Runner
from torch import nn

from ....knowledge.identity import model_section
from ....methods.config_files import wants_channels_last
from ....models.channels_last import lay_out_channels_last


class Stage(Protocol):
    """Where networks live while they are rehearsed.

    Attributes:
        device: As torch and MMEngine name it.
        needs_weights: Whether checkpoints are read.
    """

    device: torch.device
    needs_weights: bool

    def open(self) -> contextlib.AbstractContextManager[None]:
        """A block in which networks are on the stage."""
        ...

    def build(self, model: dict[str, Any]) -> nn.Module:
        """A network on the host, with whatever weights; its ``init_weights`` does nothing."""
        ...

    def begin(self, phase: str, network: nn.Module | None = None) -> None:
        """Ends the phase that runs, if any, and begins another, of a network that it trains."""
        ...

    def end(self) -> None:
        """Ends the phase that runs."""
        ...


def build_peer(stage: Stage, runner: Runner) -> nn.Module:
    """A network for mutual learning, with whatever weights."""
    peer = stage.build(model_section(runner.cfg))
    if wants_channels_last(runner.cfg):
        lay_out_channels_last(peer)
    return peer.train()


@contextlib.contextmanager
def replaced(replacements: Iterable[tuple[Any, str, Any]]) -> Iterator[None]:
    """A block in which attributes have other values: owner, name, and value of each."""
    with contextlib.ExitStack() as stack:
        for owner, name, value in replacements:
            stack.callback(setattr, owner, name, vars(owner)[name])
            setattr(owner, name, value)
        yield
