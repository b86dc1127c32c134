"""Drawing in linear light on a supersampled 16-bit canvas: backgrounds, lamps, capsules, boxes."""

import math

import cv2
import numpy as np

from .figure import Colour, tint

SUPERSAMPLING = 3
UNIT = 1024
"""Canvas value of reflectance 1; 16 bits leave room for lamps 64 times as bright."""
MARGIN = 4
"""Output pixels of background beyond the frame, for the unsteady hand."""
_SHIFT = 4


def _fixed(points: np.ndarray) -> np.ndarray:
    """Canvas pixels to OpenCV's fixed point, whole numbers of 1/16 pixel."""
    return np.round(np.asarray(points) * (1 << _SHIFT)).astype(np.int32)


def _value(colour: Colour, factor: float = 1.0) -> tuple[float, float, float]:
    blue, green, red = colour
    scale = UNIT * factor
    return min(scale * blue, 65535.0), min(scale * green, 65535.0), min(scale * red, 65535.0)


def polygon(canvas: np.ndarray, points: np.ndarray, colour: Colour, factor: float = 1.0) -> None:
    """Fills the convex hull of ``points`` ``(N, 2)``, canvas pixels."""
    hull = cv2.convexHull(_fixed(points))
    cv2.fillConvexPoly(canvas, hull, _value(colour, factor), cv2.LINE_8, _SHIFT)


def capsule(
    canvas: np.ndarray,
    ends: tuple[np.ndarray, np.ndarray],
    radii: tuple[float, float],
    colour: Colour,
    toward_light: tuple[float, float],
) -> None:
    """Fills a tapered capsule twice: a dim body, and a bright core moved towards the light."""
    (ax, ay), (bx, by) = ends[0].tolist(), ends[1].tolist()
    length = math.hypot(bx - ax, by - ay)
    # Plain numbers: this runs forty times a frame, and small arrays would double its time.
    nx, ny = ((ay - by) / length, (bx - ax) / length) if length > 1e-3 else (0.0, 0.0)
    for factor, shrink, move in ((0.72, 1.0, 0.0), (1.12, 0.62, 0.33)):
        dx, dy = (move * max(radii) * axis for axis in toward_light)
        value = _value(colour, factor)
        (px, py), (qx, qy) = (ax + dx, ay + dy), (bx + dx, by + dy)
        p, q = shrink * radii[0], shrink * radii[1]
        if length > 1e-3:
            corners = [[px + p * nx, py + p * ny], [qx + q * nx, qy + q * ny],
                       [qx - q * nx, qy - q * ny], [px - p * nx, py - p * ny]]  # fmt: skip
            cv2.fillConvexPoly(canvas, _fixed(corners), value, cv2.LINE_8, _SHIFT)
            _disc(canvas, (qx, qy), q, value)
        _disc(canvas, (px, py), p, value)


def _disc(canvas: np.ndarray, centre: tuple[float, float], radius: float, value: tuple) -> None:
    x, y, r = (round(v * (1 << _SHIFT)) for v in (*centre, radius))
    cv2.circle(canvas, (x, y), r, value, -1, cv2.LINE_8, _SHIFT)


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


def crop(background: np.ndarray, drift: np.ndarray, height: int, width: int) -> np.ndarray:
    """A copy of the frame's part of the background, moved by ``drift`` output pixels."""
    x, y = (round(SUPERSAMPLING * (MARGIN + float(d))) for d in drift)
    return background[y : y + SUPERSAMPLING * height, x : x + SUPERSAMPLING * width].copy()


def draw_place(width: int, height: int, wall: float, rng: np.random.Generator) -> np.ndarray:
    """A room: wall, floor, pictures, furniture, grain; ``uint16``, supersampled, with margins."""
    k = SUPERSAMPLING
    w, h = k * (width + 2 * MARGIN), k * (height + 2 * MARGIN)
    floor_y = h * rng.uniform(0.62, 0.8)
    canvas = np.empty((h, w, 3), np.uint16)
    canvas[:] = _value(tint(wall, 0.15, rng))
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
    grain = cv2.resize(
        rng.normal(1, 0.12, size=(height // 4, width // 4)), (w, h), interpolation=cv2.INTER_CUBIC
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
    width: int, height: int, rng: np.random.Generator
) -> tuple[np.ndarray, tuple[float, float]]:
    """One lamp's pool of light over an ambient level.

    Returns:
        Illumination ``(H, W, 3)``, linear, about 1 where it is brightest; and the image
        direction from the middle of the frame to the lamp, a unit vector (x, y).
    """
    x, y = width * rng.uniform(0.3, 0.7), height * rng.uniform(0.1, 0.65)
    reach = height * rng.uniform(0.35, 0.6)
    ambient = rng.uniform(0.01, 0.05)
    rows, columns = np.mgrid[:height, :width].astype(np.float64)
    distance = ((columns - x) ** 2 + (rows - y) ** 2) / reach**2
    pool = (1 - ambient) / (1 + distance) ** rng.uniform(1.2, 2.2)
    warm, cold = rng.uniform(-0.3, 0.3, size=2)
    lamp = np.array([1 - warm, 1.0, 1 + warm])
    sky = np.array([1 - cold, 1.0, 1 + cold])
    light = pool[..., None] * lamp + ambient * sky
    dx, dy = x - width / 2, y - height / 2
    norm = max(float(np.hypot(dx, dy)), 1e-6)
    return light.astype(np.float32), (dx / norm, dy / norm)
