"""Algorithms of optical flow."""

from pathlib import Path
from typing import Any, Protocol, cast

import cv2
import numpy as np

from ...errors import ConfigError
from .settings import PARAMETERS, RAFT, FlowSettings


class Estimator(Protocol):
    """Estimates flow in two steps, so that each frame is prepared once.

    Every frame but the ends is the second of one pair and the first of the next.
    """

    def prepare(self, frame_HW3: np.ndarray) -> Any:
        """Turns an RGB uint8 frame into what :meth:`between` takes."""
        ...

    def between(self, first: Any, second: Any) -> np.ndarray:
        """(H, W, 2) float displacement of the first's pixels, horizontal and vertical."""
        ...


class Farneback:
    """Polynomial expansion (Farnebäck, SCIA 2003), by OpenCV."""

    def prepare(self, frame_HW3: np.ndarray) -> np.ndarray:
        """The frame in shades of gray, (H, W) uint8."""
        return _gray(frame_HW3)

    def between(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """(H, W, 2) float32 displacement between gray frames."""
        # OpenCV makes the output where it gets None, which its annotations leave out.
        no_output = cast(np.ndarray, None)
        flow = cv2.calcOpticalFlowFarneback(first, second, no_output, **PARAMETERS['farneback'])
        return np.asarray(flow)


class TVL1:
    """Total variation and L1 data term (Zach et al., DAGM 2007), by OpenCV's contributed modules.

    Raises:
        ConfigError: this build of OpenCV has none.
    """

    def __init__(self) -> None:
        create = getattr(getattr(cv2, 'optflow', None), 'DualTVL1OpticalFlow_create', None)
        if create is None:
            raise ConfigError(
                'this OpenCV has no TV-L1 flow: install opencv-contrib-python-headless alone '
                '(other OpenCV packages overwrite it), or use --algorithm farneback'
            )
        self._solver = create(**PARAMETERS['tvl1'])

    def prepare(self, frame_HW3: np.ndarray) -> np.ndarray:
        """The frame in shades of gray, (H, W) uint8."""
        return _gray(frame_HW3)

    def between(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """(H, W, 2) float32 displacement between gray frames."""
        return self._solver.calc(first, second, None)


def _gray(frame_HW3: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(frame_HW3, cv2.COLOR_RGB2GRAY)


def estimator(settings: FlowSettings, weights: Path | None, device: str) -> Estimator:
    """The estimator that ``settings`` ask for.

    Args:
        settings: Algorithm and parameters.
        weights: File of RAFT's weights; None for the other algorithms.
        device: Device that RAFT computes on; the others use the CPU.

    Raises:
        ConfigError: the estimator is not available here.
        DataError: the weights do not fit.
    """
    if settings.algorithm in RAFT:
        # Only this one needs torch.
        from .raft import Raft

        return Raft(weights, device=device, **PARAMETERS[settings.algorithm])
    return Farneback() if settings.algorithm == 'farneback' else TVL1()


def brightening(gamma: float) -> np.ndarray:
    """The lookup table of ``255 (i / 255)^(1 / gamma)``, (256,) uint8."""
    return np.rint(255 * (np.arange(256) / 255) ** (1 / gamma)).astype(np.uint8)
