"""Where a training is rehearsed."""

import contextlib
from typing import Any, Protocol

import torch
from torch import nn


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
