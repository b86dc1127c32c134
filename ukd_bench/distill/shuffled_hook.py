"""A control: targets of another clip of the same class."""

from collections.abc import Sequence

import numpy as np
from mmengine.runner import Runner
from torch import Tensor

from ..errors import ConfigError
from ..registry import HOOKS
from .batch import AddressedBatch
from .ukd_hook import UKDHook


@HOOKS.register_module()
class ShuffledHook(UKDHook):
    """Gives each clip the targets of another clip of its class, another one for every view.

    What the student can learn from these is the class and what is true of the class as a whole; a
    gain of UKD over this control comes from what teachers know of the single clip.

    Args:
        See :class:`UKDHook`.

    Raises:
        ConfigError: a class has one clip alone.
    """

    def open_source(self, runner: Runner) -> None:
        super().open_source(runner)
        self._labels_S = self.banks[0].labels_N
        self._partners: dict[int, np.ndarray] = {}
        self._partners_under(0)

    def scores(self, batch: AddressedBatch) -> Tensor:
        partners_S = self._partners_under(batch.view)
        return self.read(self.banks, batch.view, partners_S[batch.samples].tolist())

    def _partners_under(self, view: int) -> np.ndarray:
        if view not in self._partners:
            generator = np.random.default_rng((self.view_seed, view))
            # An epoch has one view.
            self._partners = {view: partners_within_classes(self._labels_S, generator)}
        return self._partners[view]


def partners_within_classes(
    labels_S: Sequence[int] | np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """(S,) for every sample another one of its class; each is the partner of exactly one.

    The samples of a class are put in a ring of random order, and each takes its neighbour.

    Raises:
        ConfigError: a class has one sample alone.
    """
    labels_S = np.asarray(labels_S)
    partners_S = np.empty(len(labels_S), dtype=np.int64)
    for label in np.unique(labels_S):
        ring = generator.permutation(np.flatnonzero(labels_S == label))
        if len(ring) < 2:
            raise ConfigError(
                f'class {label} has one training clip alone: there is no other to take targets from'
            )
        partners_S[ring] = np.roll(ring, -1)
    return partners_S
