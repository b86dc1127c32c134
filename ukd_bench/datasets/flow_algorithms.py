"""Estimators of the displacement between two frames, behind one interface."""

from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from ..errors import ConfigError
from .flow_settings import PARAMETERS, RAFT, FlowSettings


class Estimator(Protocol):
    """Estimates flow in two steps, because every frame is the second of one pair, then the first
    of the next."""

    def prepare(self, frame_HW3: np.ndarray) -> Any:
        """What :meth:`between` wants of an RGB uint8 frame."""
        ...

    def between(self, first: Any, second: Any) -> np.ndarray:
        """(H, W, 2) float displacement of the first's pixels, horizontal and vertical."""
        ...


class Farneback:
    """Polynomial expansion (Farnebäck, SCIA 2003), by OpenCV."""

    prepare = staticmethod(lambda frame: cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY))

    def between(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return cv2.calcOpticalFlowFarneback(first, second, None, **PARAMETERS['farneback'])


class TVL1:
    """Total variation and L1 data term (Zach et al., DAGM 2007), by OpenCV's contributed modules.

    Raises:
        ConfigError: this build of OpenCV has none.
    """

    prepare = staticmethod(lambda frame: cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY))

    def __init__(self) -> None:
        create = getattr(getattr(cv2, 'optflow', None), 'DualTVL1OpticalFlow_create', None)
        if create is None:
            raise ConfigError(
                'this OpenCV has no TV-L1 flow: install opencv-contrib-python-headless alone '
                '(other OpenCV packages overwrite it), or use --algorithm farneback'
            )
        self._solver = create(**PARAMETERS['tvl1'])

    def between(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return self._solver.calc(first, second, None)


def estimator(settings: FlowSettings, weights: Path | None, device: str) -> Estimator:
    """The estimator that ``settings`` ask for.

    Args:
        settings: Algorithm and parameters.
        weights: RAFT's.
        device: Where RAFT computes; the others know the CPU alone.

    Raises:
        ConfigError: the estimator is not to be had.
        DataError: the weights do not fit.
    """
    if settings.algorithm in RAFT:
        # Only this one needs torch.
        from .flow_raft import Raft

        return Raft(weights, device=device, **PARAMETERS[settings.algorithm])
    return {'farneback': Farneback, 'tvl1': TVL1}[settings.algorithm]()


def brightening(gamma: float) -> np.ndarray:
    """The lookup table of ``255 (i / 255)^(1 / gamma)``, (256,) uint8."""
    return np.rint(255 * (np.arange(256) / 255) ** (1 / gamma)).astype(np.uint8)
