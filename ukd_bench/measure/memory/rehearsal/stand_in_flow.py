"""What stands in for optical flow where only the memory that a training takes is of interest."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmcv.transforms import BaseTransform

from ....files.python import config_name
from ....records.key import OPEN_FLOW

_STILL = 128
"""The code of no motion."""


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


def without_flow(step: Mapping[str, Any]) -> Mapping[str, Any]:
    """The step of a pipeline, or what stands in for it where it opens flow."""
    opens = config_name(step.get('type')) == OPEN_FLOW
    return dict(type=f'{__name__}.{StandInFlow.__name__}') if opens else step
