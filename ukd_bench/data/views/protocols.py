"""Evaluation protocols, which say what views of a test clip are scored.

The class probabilities of a clip's views are averaged. A record names the protocol and its version,
so that figures from different ones are never taken for comparable.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ...errors import ConfigError

_CLIP_SPAN = 0.8
"""Share of a clip that the shortest training views span; a short clip holds one action."""

_ARID_CLIPS = 30
_ARID_FRAMES = 16 * 2
"""Source frames that the 16 frames at interval 2 of ARID's own scripts span."""


class ViewParameters(NamedTuple):
    """A view in normalised terms.

    Attributes:
        start: First instant as a fraction of the source's duration.
        span: Duration as a fraction of the source's; ``start + span <= 1``.
        left, top, width, height: Crop box as fractions of the frame.
        flip: Whether the frames are mirrored.
    """

    start: float = 0.0
    span: float = 1.0
    left: float = 0.0
    top: float = 0.0
    width: float = 1.0
    height: float = 1.0
    flip: bool = False


class Source(NamedTuple):
    """The facts of a test clip that a protocol may use.

    Attributes:
        sample: Index in the test list.
        frames: Number of frames.
        shape: Height and width in pixels.
    """

    sample: int
    frames: int
    shape: tuple[int, int]


@dataclass(frozen=True)
class EvaluationProtocol:
    """A named, versioned way to test.

    Attributes:
        name: Name in configs and records.
        version: Raised whenever the same clip would get other views.
        num_views: Views of a clip.
        views: Maps a clip to its views.
    """

    name: str
    version: int
    num_views: int
    views: Callable[[Source], tuple[ViewParameters, ...]]


def _center(source: Source) -> tuple[ViewParameters, ...]:
    """The whole clip, the whole frame."""
    return (ViewParameters(),)


def _clips10_crops3(source: Source) -> tuple[ViewParameters, ...]:
    """Ten clips evenly placed in time, each as three squares along the longer side.

    MMAction2's protocol for 3D networks (``num_clips=10`` and ``ThreeCrop``), in normalised time.
    """
    height, width = source.shape
    side = min(height, width)
    box = (side / width, side / height)
    return tuple(
        ViewParameters(
            start * (1 - _CLIP_SPAN),
            _CLIP_SPAN,
            place * (1 - box[0]),
            place * (1 - box[1]),
            *box,
        )
        for start in np.linspace(0, 1, 10).tolist()
        for place in (0.0, 0.5, 1.0)
    )


def _arid_official_30(source: Source) -> tuple[ViewParameters, ...]:
    """Thirty clips at random starts, the whole frame; the draws follow from the clip's index.

    ARID's own test script sums the softmax over 30 random clips of 16 frames at interval 2.
    """
    span = min(1.0, _ARID_FRAMES / source.frames)
    starts = np.random.default_rng((_ARID_CLIPS, source.sample)).random(_ARID_CLIPS)
    return tuple(ViewParameters(start * (1 - span), span) for start in starts.tolist())


PROTOCOLS = {
    protocol.name: protocol
    for protocol in (
        EvaluationProtocol('center', 1, 1, _center),
        EvaluationProtocol('clips10_crops3', 1, 30, _clips10_crops3),
        EvaluationProtocol('arid_official_30', 1, _ARID_CLIPS, _arid_official_30),
    )
}


def protocol(name: str) -> EvaluationProtocol:
    """The protocol of that name.

    Raises:
        ConfigError: there is none.
    """
    if name not in PROTOCOLS:
        raise ConfigError(f'evaluation protocol {name!r} is none of {", ".join(PROTOCOLS)}')
    return PROTOCOLS[name]
