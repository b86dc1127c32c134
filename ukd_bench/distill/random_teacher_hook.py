"""One random teacher a step."""

import numpy as np
from mmengine.runner import Runner
from torch import Tensor

from ..registry import HOOKS
from .batch import AddressedBatch
from .ukd_hook import UKDHook


@HOOKS.register_module()
class RandomTeacherHook(UKDHook):
    """Takes each batch's targets from one of the K teachers, drawn uniformly.

    After Fukuda et al. (Interspeech 2017), who switch teachers from batch to batch. The draw
    depends on (seed, iteration) alone.

    Args:
        See :class:`UKDHook`.
    """

    @property
    def num_scored(self) -> int:
        return 1

    def open_source(self, runner: Runner) -> None:
        super().open_source(runner)
        self._seed = runner.seed

    def scores(self, batch: AddressedBatch) -> Tensor:
        drawn = np.random.default_rng((self._seed, batch.iteration)).integers(len(self.banks))
        return self.read([self.banks[drawn]], batch.view, batch.samples)
