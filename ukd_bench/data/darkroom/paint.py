"""Draws in linear light on a supersampled 16-bit canvas: backgrounds, lamps, shadows, boxes."""

import cv2
import numpy as np

from .figure import Colour, tint
from .spec import DarkRoomSpec

SUPERSAMPLING = 3
UNIT = 1024
"""Canvas value of reflectance 1; 16 bits leave room for lamps 64 times as bright."""
MARGIN = 4
"""Output pixels of background beyond the frame, for the unsteady hand."""
SHIFT = 4
"""Bits after the point in OpenCV's coordinates."""


def _fixed(points: np.ndarray) -> np.ndarray:
    """Canvas pixels to OpenCV's fixed point, whole numbers of 1/16 pixel."""
    return np.round(np.asarray(points) * (1 << SHIFT)).astype(np.int32)


def value(colour: Colour, factor: float = 1.0) -> tuple[float, float, float]:
    """The canvas value of a colour under ``factor`` times the light."""
    blue, green, red = colour
    scale = UNIT * factor
    return min(scale * blue, 65535.0), min(scale * green, 65535.0), min(scale * red, 65535.0)


def polygon(canvas: np.ndarray, points: np.ndarray, colour: Colour, factor: float = 1.0) -> None:
    """Fills the convex hull of ``points`` ``(N, 2)``, canvas pixels."""
    hull = cv2.convexHull(_fixed(points))
    cv2.fillConvexPoly(canvas, hull, value(colour, factor), cv2.LINE_8, SHIFT)


def box(canvas: np.ndarray, corners: np.ndarray, colour: Colour) -> None:
    """Fills a box from its projected corners ``(8, 2)``, the upper four last."""
    polygon(canvas, corners, colour, 0.75)
    polygon(canvas, corners[4:], colour, 1.15)


def shadow(canvas: np.ndarray, centre: np.ndarray, radius: float) -> None:
    """Darkens an ellipse of the floor about ``centre``, canvas pixels."""
    x, y = (float(v) for v in centre)
    top, left = max(0, int(y - 0.3 * radius) - 1), max(0, int(x - radius) - 1)
    patch = canvas[top : int(y + 0.3 * radius) + 2, left : int(x + radius) + 2]
    if patch.size == 0:
        return
    rows, columns = np.ogrid[: patch.shape[0], : patch.shape[1]]
    inside = (columns + left - x) ** 2 + ((rows + top - y) / 0.3) ** 2 < radius**2
    patch[inside] >>= 1


class Stage:
    """A group's background, from which frames are cut.

    Args:
        background: Canvas of :func:`draw_place`, with what stands in it.
        height: Height of a frame in output pixels.
        width: Width of a frame in output pixels.
    """

    def __init__(self, background: np.ndarray, height: int, width: int) -> None:
        self._background = background
        self._height, self._width = height, width
        self._reduced: dict[tuple[int, int], np.ndarray] = {}

    def corner(self, drift: np.ndarray) -> tuple[int, int]:
        """Canvas pixel at which a frame begins that is moved by ``drift`` output pixels."""
        return (
            round(SUPERSAMPLING * (MARGIN + float(drift[0]))),
            round(SUPERSAMPLING * (MARGIN + float(drift[1]))),
        )

    def empty(self, corner: tuple[int, int]) -> np.ndarray:
        """The frame at ``corner`` with nobody in it, ``uint16 (H, W, 3)``, a copy."""
        k = SUPERSAMPLING
        phase = (corner[0] % k, corner[1] % k)
        if phase not in self._reduced:
            # Frames of a phase differ by whole pixels, so that one average serves all of them.
            rest = self._background[phase[1] :, phase[0] :]
            rows, columns = rest.shape[0] // k, rest.shape[1] // k
            self._reduced[phase] = reduce(np.ascontiguousarray(rest[: rows * k, : columns * k]))
        x, y = corner[0] // k, corner[1] // k
        return self._reduced[phase][y : y + self._height, x : x + self._width].copy()

    def bounds(self, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Output pixels that rectangles touch, of which at least one is in the frame.

        Args:
            low: Upper left of what will be drawn in each frame, canvas pixels, ``(T, 2)``.
            high: Lower right, ``(T, 2)``.

        Returns:
            First pixels ``(T, 2)``, and those after the last.
        """
        size = np.array([self._width, self._height])
        first = np.clip(np.floor(low / SUPERSAMPLING).astype(int) - 1, 0, size - 1)
        return first, np.clip(np.ceil(high / SUPERSAMPLING).astype(int) + 1, first + 1, size)

    def canvas(self, corner: tuple[int, int], first: np.ndarray, last: np.ndarray) -> np.ndarray:
        """A copy of the canvas between ``bounds`` of the frame at ``corner``, to be drawn on."""
        left, top = (c + SUPERSAMPLING * int(n) for c, n in zip(corner, first, strict=True))
        wide, tall = (SUPERSAMPLING * int(n) for n in last - first)
        return self._background[top : top + tall, left : left + wide].copy()


def reduce(canvas: np.ndarray) -> np.ndarray:
    """Averages a canvas down to output pixels."""
    height, width = canvas.shape[0] // SUPERSAMPLING, canvas.shape[1] // SUPERSAMPLING
    return cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA)


def draw_place(spec: DarkRoomSpec, wall: float, rng: np.random.Generator) -> np.ndarray:
    """A room: wall, floor, pictures, furniture, grain; ``uint16``, supersampled, with margins."""
    k, width, height = SUPERSAMPLING, spec.width, spec.height
    w, h = k * (width + 2 * MARGIN), k * (height + 2 * MARGIN)
    floor_y = h * rng.uniform(0.62, 0.8)
    canvas = np.empty((h, w, 3), np.uint16)
    canvas[:] = value(tint(wall, 0.15, rng))
    polygon(canvas, np.array([[0, floor_y], [w, floor_y], [w, h], [0, h]]),
            tint(wall * rng.uniform(0.4, 1.1), 0.2, rng))  # fmt: skip
    for _ in range(rng.integers(1, 4)):
        top, shade = rng.uniform(0.05, 0.6) * h, wall * rng.uniform(0.3, 2.2)
        _rectangle(canvas, rng, (0.1 * h, 0.3 * h), (0.08 * w, 0.25 * w), top, shade)
    for _ in range(rng.integers(1, 4)):
        tall, shade = rng.uniform(0.15, 0.5) * h, wall * rng.uniform(0.3, 2.2)
        top = floor_y + 0.06 * h - tall
        _rectangle(canvas, rng, (tall, tall), (0.08 * w, 0.3 * w), top, shade)
    if rng.uniform() < 0.5:
        _rectangle(canvas, rng, (0.03 * h, 0.12 * h), (0.03 * w, 0.12 * w),
                   rng.uniform(0.04, 0.4) * h, lamp=rng.uniform(10, 50))  # fmt: skip
    # Grain covers more pixels of a small frame than of one whose other details are drawn.
    rough = 0.12 if spec.rendering == 1 else 0.05
    grain = cv2.resize(
        rng.normal(1, rough, size=(height // 4, width // 4)), (w, h), interpolation=cv2.INTER_CUBIC
    )
    return np.clip(canvas * grain[..., None], 0, 65535).astype(np.uint16)


def _rectangle(
    canvas: np.ndarray,
    rng: np.random.Generator,
    heights: tuple[float, float],
    widths: tuple[float, float],
    top: float,
    shade: float = 0.8,
    lamp: float = 1.0,
) -> None:
    tall, wide = rng.uniform(*heights), rng.uniform(*widths)
    left = rng.uniform(-0.3 * wide, canvas.shape[1] - 0.7 * wide)
    points = np.array([left, top]) + np.array([[0, 0], [1, 0], [0, 1], [1, 1]]) * [wide, tall]
    polygon(canvas, points, tint(shade, 0.25, rng), lamp)


def draw_light(
    spec: DarkRoomSpec, rng: np.random.Generator
) -> tuple[np.ndarray, tuple[float, float]]:
    """One lamp's pool of light over an ambient level.

    Returns:
        Illumination ``(H, W, 3)``, linear, about 1 where it is brightest; and the image
        direction from the middle of the frame to the lamp, a unit vector (x, y).
    """
    width, height = spec.width, spec.height
    x, y = width * rng.uniform(0.3, 0.7), height * rng.uniform(0.1, 0.65)
    reach = height * rng.uniform(0.35, 0.6)
    ambient = rng.uniform(0.01, 0.05)
    rows, columns = np.mgrid[:height, :width].astype(np.float64)
    distance = ((columns - x) ** 2 + (rows - y) ** 2) / reach**2
    pool = (1 - ambient) / (1 + distance) ** rng.uniform(1.2, 2.2)
    warm, cold = rng.uniform(-0.3, 0.3, size=2) + spec.warmth
    lamp = np.array([1 - warm, 1.0, 1 + warm])
    sky = np.array([1 - cold, 1.0, 1 + cold])
    if spec.contrast != 1:
        pool, ambient = pool**spec.contrast, ambient**spec.contrast
    light = pool[..., None] * lamp + ambient * sky
    dx, dy = x - width / 2, y - height / 2
    norm = max(float(np.hypot(dx, dy)), 1e-6)
    return light.astype(np.float32), (dx / norm, dy / norm)
