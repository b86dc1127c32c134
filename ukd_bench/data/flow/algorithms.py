"""Algorithms of optical flow and their settings."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import cv2
import numpy as np

from ...errors import ConfigError
from .format import JPEG_QUALITY

PARAMETERS: dict[str, dict[str, Any]] = {
    # OpenCV's tutorial values for small motions.
    'farneback': dict(
        pyr_scale=0.5, levels=3, winsize=15, iterations=3, poly_n=5, poly_sigma=1.2, flags=0
    ),
    # OpenCV's defaults, spelled out so that another release's do not slip in.
    'tvl1': dict(
        tau=0.25, lambda_=0.15, theta=0.3, nscales=5, warps=5, epsilon=0.01,
        innnerIterations=30, outerIterations=10, scaleStep=0.8, gamma=0.0, medianFiltering=5,
    ),
    'raft': dict(model='raft_large', num_flow_updates=12),
    'raft_small': dict(model='raft_small', num_flow_updates=12),
}  # fmt: skip
"""Algorithms and their parameters; ``raft`` is the large one."""
RAFT = ('raft', 'raft_small')


@dataclass(frozen=True)
class FlowSettings:
    """How flow is computed and stored.

    Attributes:
        algorithm: A name from :data:`PARAMETERS`.
        bound: Displacement in pixels, of the frames that flow is computed on, that the largest code
            stands for; more is clipped.
        gamma: Frames become ``255 (i / 255)^(1 / gamma)`` before; 1 leaves them as stored.
        short_side: Pixels that a longer shorter side is reduced to before; None leaves it alone.
        weights_sha256: Hash of RAFT's weights; None for algorithms without.

    Raises:
        ConfigError: naming the value that cannot be used.
    """

    algorithm: str = 'farneback'
    bound: float = 20.0
    gamma: float = 1.0
    short_side: int | None = None
    weights_sha256: str | None = None

    def __post_init__(self) -> None:
        if self.algorithm not in PARAMETERS:
            names = ', '.join(PARAMETERS)
            raise ConfigError(f'flow algorithm {self.algorithm!r} is none of {names}')
        for name, least, most in (('bound', 0.1, 1000), ('gamma', 0.1, 20)):
            value = getattr(self, name)
            if not least <= value <= most:
                raise ConfigError(f'flow: {name} = {value} is not in [{least}, {most}]')
        if self.short_side is not None and self.short_side < 8:
            raise ConfigError(f'flow: short_side = {self.short_side} is less than 8 pixels')

    def to_dict(self) -> dict[str, Any]:
        """The settings as the manifest has them, the algorithm's parameters included."""
        own = dict(
            algorithm=self.algorithm,
            bound=self.bound,
            gamma=self.gamma,
            short_side=self.short_side,
            jpeg_quality=JPEG_QUALITY,
            parameters=PARAMETERS[self.algorithm],
        )
        if self.weights_sha256 is not None:
            own['weights_sha256'] = self.weights_sha256
        return own


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
