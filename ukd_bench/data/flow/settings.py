"""How optical flow is computed and stored; what reads it needs no algorithm."""

from dataclasses import dataclass
from typing import Any

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
