"""Python's, NumPy's and torch's global random streams: seeded from an address, and restored."""

import contextlib
import random
from collections.abc import Iterator

import numpy as np
import torch

EVALUATION = (0,)
"""Entropy of what a network draws in one forward of an evaluation, teacher or student. It is one
for all, so that a clip's scores do not depend on its batch: MMAction2's ``TRNHead`` draws the
relations that it looks at even there."""


def seed_streams(entropy: tuple[int, ...], device: torch.device | None = None) -> None:
    """Seeds the three streams, and a GPU's where it is named."""
    python, numpy, of_torch = np.random.SeedSequence(entropy).generate_state(3, np.uint32).tolist()
    random.seed(python)
    np.random.seed(numpy)
    torch.default_generator.manual_seed(of_torch)
    if _is_gpu(device):
        with torch.cuda.device(device):
            torch.cuda.manual_seed(of_torch)


@contextlib.contextmanager
def kept_streams(device: torch.device | None = None) -> Iterator[None]:
    """Restores the three streams at the end of a block, and a GPU's where it is named."""
    python, numpy = random.getstate(), np.random.get_state()
    # Without a GPU's name torch would look for all of them, which a loader worker must not.
    with torch.random.fork_rng([device] if _is_gpu(device) else []):
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)


@contextlib.contextmanager
def seeded(entropy: tuple[int, ...], device: torch.device | None = None) -> Iterator[None]:
    """Seeds the streams as :func:`seed_streams` does, and restores them at the end of a block."""
    with kept_streams(device):
        seed_streams(entropy, device)
        yield


def _is_gpu(device: torch.device | None) -> bool:
    return device is not None and device.type == 'cuda'
