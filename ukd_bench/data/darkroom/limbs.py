"""Tapered capsules shaded as round limbs, worked out for all frames of a clip at once."""

from collections.abc import Sequence

import cv2
import numpy as np

from .figure import Part
from .paint import SHIFT, value

Layer = tuple[float, float, float]
"""Brightness, radius as a share of the capsule's, and shift towards the light in radii."""
_TWO_TONE: tuple[Layer, ...] = ((0.72, 1.0, 0.0), (1.12, 0.62, 0.33))
_SPECK: tuple[Layer, ...] = ((1.0, 1.0, 0.0),)
_ROUND: tuple[Layer, ...] = (
    (0.6, 1.0, 0.0), (0.76, 0.88, 0.1), (0.92, 0.72, 0.22), (1.04, 0.53, 0.36), (1.12, 0.32, 0.5),
)  # fmt: skip


class Limbs:
    """A clip's capsules, ready to be drawn.

    Args:
        parts: The capsules.
        starts: Starts on the canvas, ``(T, P, 2)``.
        ends: Ends on the canvas, ``(T, P, 2)``.
        sizes: Canvas pixels a metre, ``(T, P)``.
        toward_light: Image direction from which they are lit, unit vector (x, y).
        rendering: The spec's ``rendering``.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        starts: np.ndarray,
        ends: np.ndarray,
        sizes: np.ndarray,
        toward_light: tuple[float, float],
        rendering: int,
    ) -> None:
        radii = sizes[..., None] * [part.radii for part in parts]
        reach = radii.max(-1, keepdims=True)
        self.low = np.minimum(starts, ends).min(1) - reach.max(1)
        self.high = np.maximum(starts, ends).max(1) + reach.max(1)
        self._strokes = [
            [
                _Stroke(part, starts[:, k], ends[:, k], radii[:, k], toward_light, layer)
                for layer in _layers(float(np.median(reach[:, k])), rendering)
            ]
            for k, part in enumerate(parts)
        ]

    def move(self, at: np.ndarray) -> None:
        """Moves the origin of each frame to ``at``, whole canvas pixels ``(T, 2)``."""
        for strokes in self._strokes:
            for stroke in strokes:
                stroke.move(at)

    def draw(self, canvas: np.ndarray, t: int, order: Sequence[int]) -> None:
        """Draws frame ``t``, its parts in ``order``."""
        for k in order:
            for stroke in self._strokes[k]:
                stroke.draw(canvas, t)


def _layers(radius: float, rendering: int) -> tuple[Layer, ...]:
    if rendering == 1:
        return _TWO_TONE
    # No more shades than the pixels can show.
    if radius < 5:
        return _SPECK
    return _ROUND[::2] if radius < 12 else _ROUND


class _Stroke:
    """One layer of one capsule over all frames, in OpenCV's fixed point."""

    def __init__(
        self,
        part: Part,
        start: np.ndarray,
        end: np.ndarray,
        radii: np.ndarray,
        toward_light: tuple[float, float],
        layer: Layer,
    ) -> None:
        factor, shrink, move = layer
        self._value = value(part.colour, factor)
        span = end - start
        length = np.hypot(span[:, 0], span[:, 1])
        self._long = (length > 1e-3).tolist()
        normal = np.stack([-span[:, 1], span[:, 0]], -1) / np.maximum(length, 1e-3)[:, None]
        shift = (move * radii.max(-1))[:, None] * toward_light
        p, q = shrink * radii[:, :1], shrink * radii[:, 1:]
        a, b = start + shift, end + shift
        self._corners = _fixed(
            np.stack([a + p * normal, b + q * normal, b - q * normal, a - p * normal], 1)
        )
        self._ends = [_fixed(a), _fixed(b)]
        self._radii = [_fixed(p[:, 0]).tolist(), _fixed(q[:, 0]).tolist()]
        self.move(np.zeros((len(start), 2), int))

    def move(self, at: np.ndarray) -> None:
        shift = (at << SHIFT).astype(np.int32)
        self._corners = self._corners - shift[:, None]
        self._ends = [end - shift for end in self._ends]
        # Plain numbers, because OpenCV takes no other for a centre.
        self._centres = [end.tolist() for end in self._ends]

    def draw(self, canvas: np.ndarray, t: int) -> None:
        if self._long[t]:
            cv2.fillConvexPoly(canvas, self._corners[t], self._value, cv2.LINE_8, SHIFT)
            self._disc(canvas, t, 1)
        self._disc(canvas, t, 0)

    def _disc(self, canvas: np.ndarray, t: int, end: int) -> None:
        centre, radius = self._centres[end][t], self._radii[end][t]
        cv2.circle(canvas, centre, radius, self._value, -1, cv2.LINE_8, SHIFT)


def _fixed(values: np.ndarray) -> np.ndarray:
    return np.round(values * (1 << SHIFT)).astype(np.int32)
