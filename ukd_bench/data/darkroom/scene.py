"""Draws what the camera sees: a group's look, a clip's own offsets, and both rendered."""

from dataclasses import dataclass

import numpy as np

from . import paint
from .actions import COLUMN, PROPS_NEEDED, Style, pose
from .figure import Body, Colour, Part, draw_body, joints, parts, tint
from .limbs import Limbs
from .paint import MARGIN, SUPERSAMPLING, UNIT, Stage
from .spec import DarkRoomSpec

_DISTANCE = 8.0
"""Metres from camera to home, which sets the strength of perspective."""
PROPS = ('held', 'second', 'floor', 'box')
_BY_CHANCE = (0.3, 0.2, 0.3, 0.3)
"""Chances of ``PROPS`` to be in view though the action does not need them."""
_SMALL = 72
"""Frame height for which sways in pixels are given; they grow with larger frames."""
_CUBE = np.array([(x, y, z) for z in (0, 1) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))])


@dataclass(frozen=True)
class Camera:
    """Position and direction of the camera.

    Attributes:
        azimuth: Heading of the person against the image plane, radians; -pi/2 faces the camera.
        elevation: Pitch, radians.
        scale: Output pixels a metre at home.
        mirror: 1 or -1.
        home: Output pixels (x, y) of the person's feet.
    """

    azimuth: float
    elevation: float
    scale: float
    mirror: int
    home: tuple[float, float]

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Metres ``(..., 3)`` to output pixels ``(..., 2)``, depth and pixels a metre ``(...)``."""
        c, s = np.cos(self.azimuth), np.sin(self.azimuth)
        right = c * points[..., 0] - s * points[..., 1]
        depth = s * points[..., 0] + c * points[..., 1]
        size = self.scale * _DISTANCE / (_DISTANCE + np.maximum(depth, -0.5 * _DISTANCE))
        rise = points[..., 2] * np.cos(self.elevation) + depth * np.sin(self.elevation)
        x = self.home[0] + self.mirror * size * right
        return np.stack([x, self.home[1] - size * rise], -1), depth, size


@dataclass(frozen=True)
class Look:
    """The look that the clips of a group share: person, place, light, camera.

    Attributes:
        body: The person.
        stage: The place: reflectance times ``UNIT``.
        light: Illumination per output pixel, linear, ``(H, W, 3)``.
        toward_light: Image direction from which bodies are lit, unit vector (x, y).
        camera: The viewpoint.
        prop_colours: One for each of ``PROPS``.
        rendering: The spec's ``rendering``.
    """

    body: Body
    stage: Stage
    light: np.ndarray
    toward_light: tuple[float, float]
    camera: Camera
    prop_colours: tuple[Colour, ...]
    rendering: int = 1

    def still(self) -> np.ndarray:
        """The empty place in linear light, ``(H, W, 3)``."""
        small = self.stage.empty(self.stage.corner(np.zeros(2)))
        return small * (self.light / np.float32(UNIT))


@dataclass(frozen=True)
class Shot:
    """A clip's additions to its group's look: objects in view, and small offsets.

    Attributes:
        props: Objects in view, a subset of ``PROPS``.
        holder: ``'l'`` or ``'r'``: the hand that holds what the action does not use.
        aside: Metres by which box and floor object stand aside where no action needs them.
        camera: The look's, moved a little.
        drift: Camera sway, ``(T, 2)`` output pixels.
    """

    props: frozenset[str]
    holder: str
    aside: float
    camera: Camera
    drift: np.ndarray


def draw_look(spec: DarkRoomSpec, rng: np.random.Generator) -> Look:
    """Draws person, place, light and camera."""
    width, height = spec.width, spec.height
    wall = rng.uniform(0.04, 0.2)
    background = paint.draw_place(spec, wall, rng)
    light, toward = paint.draw_light(spec, rng)
    camera = Camera(
        azimuth=-np.pi / 2 + rng.uniform(0.35, 1.05),
        elevation=rng.uniform(0.03, 0.2),
        scale=height * rng.uniform(0.44, 0.49),
        mirror=int(rng.choice([-1, 1])),
        home=(width * rng.uniform(0.45, 0.55), height * rng.uniform(0.92, 0.96)),
    )
    body = draw_body(wall, rng)
    # A seat behind the person in every clip, because only Sit and Stand use it.
    _draw_seat(background, camera, body, tint(wall * rng.uniform(0.4, 2.0), 0.3, rng))
    colours = tuple(tint(rng.uniform(0.1, 0.9), 0.5, rng) for _ in PROPS)
    return Look(
        body, Stage(background, height, width), light, toward, camera, colours, spec.rendering
    )


def draw_shot(action: str, frames: int, look: Look, rng: np.random.Generator) -> Shot:
    """Draws objects and offsets; the same draws are made for every action."""
    needed = PROPS_NEEDED.get(action, ())
    chance = rng.uniform(size=len(PROPS)) < _BY_CHANCE
    shown = {name for name, lucky in zip(PROPS, chance, strict=True) if lucky or name in needed}
    zoom = max(1.0, look.light.shape[0] / _SMALL)
    knots = np.clip(rng.normal(0, 0.3 * zoom, size=(5, 2)), 1 - MARGIN, MARGIN - 1)
    at = np.linspace(0, 4, frames)
    camera = look.camera
    return Shot(
        props=frozenset(shown),
        holder='lr'[int(rng.uniform() < 0.5)],
        aside=float(rng.uniform(0.7, 1.0)),
        camera=Camera(
            azimuth=camera.azimuth + rng.normal(0, 0.12),
            elevation=camera.elevation,
            scale=camera.scale * rng.uniform(0.96, 1.04),
            mirror=camera.mirror,
            home=(
                camera.home[0] + rng.normal(0, 1.5 * zoom),
                camera.home[1] + rng.normal(0, 0.7 * zoom),
            ),
        ),
        drift=np.stack([np.interp(at, np.arange(5), knots[:, axis]) for axis in (0, 1)], -1),
    )


def render(action: str, style: Style, look: Look, shot: Shot) -> np.ndarray:
    """Renders a clip.

    Args:
        action: One of ``actions.CLASSES``.
        style: The clip's style.
        look: The group's look.
        shot: The clip's own additions.

    Returns:
        Scene light, linear, ``float32 (T, H, W, 3)`` in OpenCV's order of colours.
    """
    frames = len(shot.drift)
    poses = pose(action, np.linspace(0, 1, frames), style)
    skeleton = joints(poses, look.body)
    everything = parts(skeleton, look.body, look.rendering)
    everything += _props(action, style, poses, skeleton, look, shot)
    starts, depth_a, size = _canvas(np.stack([part.start for part in everything], 1), shot)
    ends, depth_b, _ = _canvas(np.stack([part.end for part in everything], 1), shot)
    limbs = Limbs(everything, starts, ends, size, look.toward_light, look.rendering)
    depth = 0.5 * (depth_a + depth_b) - [part.nearer for part in everything]
    order = np.argsort(-depth, axis=1, kind='stable').tolist()
    feet = 0.5 * (skeleton['ankle_l'] + skeleton['ankle_r']) * [1.0, 1.0, 0.0]
    feet, _, feet_size = _canvas(feet, shot)
    shade = 0.3 * feet_size[:, None]
    low, high = np.minimum(limbs.low, feet - shade), np.maximum(limbs.high, feet + shade)
    corners, box_behind = None, False
    if 'box' in shot.props:
        corners, box_depth = _box(action, poses, shot)
        box_behind = box_depth > depth.mean()
        low, high = np.minimum(low, corners.min(1)), np.maximum(high, corners.max(1))
    light = look.light / np.float32(UNIT)
    out = np.empty((frames, *light.shape), np.float32)
    first, last = look.stage.bounds(low, high)
    origin = SUPERSAMPLING * first
    limbs.move(origin)
    for t in range(frames):
        corner, at = look.stage.corner(shot.drift[t]), origin[t]
        canvas = look.stage.canvas(corner, first[t], last[t])
        paint.shadow(canvas, feet[t] - at, float(shade[t, 0]))
        if corners is not None and box_behind:
            paint.box(canvas, corners[t] - at, look.prop_colours[PROPS.index('box')])
        limbs.draw(canvas, t, order[t])
        if corners is not None and not box_behind:
            paint.box(canvas, corners[t] - at, look.prop_colours[PROPS.index('box')])
        frame, drawn = look.stage.empty(corner), paint.reduce(canvas)
        (left, top), (right, bottom) = first[t], last[t]
        frame[top:bottom, left:right] = drawn
        np.multiply(frame, light, out=out[t])
    return out


def _canvas(points: np.ndarray, shot: Shot) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``Camera.project`` of ``(T, ..., 3)``, on the canvas of each frame."""
    pixels, depth, size = shot.camera.project(points)
    drift = shot.drift.reshape(len(shot.drift), *([1] * (points.ndim - 2)), 2)
    return (pixels - drift) * SUPERSAMPLING, depth, size * SUPERSAMPLING


def _draw_seat(background: np.ndarray, camera: Camera, body: Body, colour: Colour) -> None:
    """Paints a stool where the person would sit down."""
    high = body.shank - 0.08
    slab = [-body.thigh - 0.02, 0.0, high - 0.06] + _CUBE * [0.2, 0.22, 0.06]
    for x, y in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
        leg = [-body.thigh - 0.02 + 0.17 * x, 0.19 * y, 0.0] + _CUBE * [0.02, 0.02, high]
        pixels = (camera.project(leg)[0] + MARGIN) * SUPERSAMPLING
        paint.box(background, pixels, (0.8 * colour[0], 0.8 * colour[1], 0.8 * colour[2]))
    paint.box(background, (camera.project(slab)[0] + MARGIN) * SUPERSAMPLING, colour)


def _box(action: str, poses: np.ndarray, shot: Shot) -> tuple[np.ndarray, float]:
    """Canvas corners ``(T, 8, 2)`` of the pushed (or idle) box, and its mean depth."""
    pushed = 'box' in PROPS_NEEDED.get(action, ())
    centre = np.zeros((len(poses), 1, 3))
    centre[:, 0, 0] = (0.85 if pushed else 0.2) + poses[:, COLUMN['box']]
    centre[:, 0, 1] = 0.0 if pushed else shot.aside
    pixels, depth, _ = _canvas(centre + _CUBE * [0.2, 0.25, 0.85], shot)
    return pixels, float(depth.mean())


def _props(
    action: str, style: Style, poses: np.ndarray, j: dict[str, np.ndarray], look: Look, shot: Shot
) -> list[Part]:
    """Hand-held and floor objects as parts."""
    needed = PROPS_NEEDED.get(action, ())
    colours = dict(zip(PROPS, look.prop_colours, strict=True))
    tip, pour = poses[:, COLUMN['tip']], poses[:, COLUMN['pour']]
    inward = -1.0 if style.hand == 'l' else 1.0
    lean = np.stack([-np.sin(tip), inward * np.sin(pour), np.cos(tip) * np.cos(pour)], -1)
    up = np.broadcast_to([0.0, 0.0, 1.0], lean.shape)
    out = []
    if 'held' in shot.props:
        acting = 'held' in needed
        hand, axis = j[f'hand_{style.hand if acting else shot.holder}'], lean if acting else up
        tall, radius = (0.2, 0.05) if action == 'Pour' or shot.aside > 0.85 else (0.09, 0.055)
        ends = (hand - 0.04 * axis, hand + tall * axis)
        out.append(Part(*ends, (radius, 0.7 * radius), colours['held'], 0.05))
    if 'second' in shot.props:
        free = style.hand if 'second' in needed else shot.holder
        hand = j[f'hand_{"lr"[int(free == "l")]}']
        out.append(Part(hand, hand + 0.08 * up, (0.05, 0.06), colours['second'], 0.05))
    if 'floor' in shot.props:
        rest = np.array([0.42, 0.0 if 'floor' in needed else shot.aside, 0.12])
        carried = poses[:, COLUMN['carried'], None]
        place = (1 - carried) * rest + carried * (j[f'hand_{style.hand}'] - [0.0, 0.0, 0.08])
        out.append(Part(place, place + 0.05 * up, (0.11, 0.09), colours['floor'], 0.05))
    return out
