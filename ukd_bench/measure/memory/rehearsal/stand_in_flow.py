"""What stands in for optical flow where only the memory that a training takes is of interest."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from mmcv.transforms import BaseTransform
from mmengine.config import Config

from ....data.views.rendering import steps_of
from ....records.key import OPEN_FLOW
from ....registry import TRANSFORMS

_STILL = 128
"""The code of no motion."""


@TRANSFORMS.register_module()
class StandInFlow(BaseTransform):
    """Adds ``flow`` without motion, of the size of ``video``, where ``OpenFlow`` adds a clip's."""

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Adds ``flow``."""
        video = results['video']
        results['flow'] = _Still(len(video), video.shape)
        return results


class _Still:
    """The fields of a video in which nothing moves."""

    def __init__(self, fields: int, shape: tuple[int, int]) -> None:
        self._fields, self.shape = fields, shape

    def __len__(self) -> int:
        return self._fields

    def take(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        return np.full((len(indices), *self.shape, 2), _STILL, dtype=np.uint8)


def without_flow(config: Config) -> Config:
    """The config, with its steps that open flow replaced in place."""
    for loader in ('train_dataloader', 'test_dataloader'):
        for step in steps_of(
            config.get(loader, {}).get('dataset', {}).get('pipeline', ()), OPEN_FLOW
        ):
            step.clear()
            step['type'] = 'ukd_bench.StandInFlow'
    return config
