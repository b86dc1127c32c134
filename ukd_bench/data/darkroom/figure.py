"""A jointed person in three dimensions: proportions, clothes, and joints from a pose curve."""

from dataclasses import dataclass

import numpy as np

from .actions import COLUMN

Colour = tuple[float, float, float]
"""Linear reflectance, blue green red, as OpenCV orders them."""


@dataclass(frozen=True)
class Body:
    """Lengths and radii in metres, colours of clothes, skin and hair."""

    thigh: float
    shank: float
    torso: float
    upper_arm: float
    forearm: float
    shoulders: float
    hips: float
    head: float
    girth: float
    shirt: Colour
    trousers: Colour
    shoes: Colour
    skin: Colour
    hair: Colour
    sleeves: bool


@dataclass(frozen=True)
class Part:
    """A tapered capsule between two points in metres, over time.

    Attributes:
        start: ``(T, 3)``; x forwards, y to the person's left, z up.
        end: ``(T, 3)``.
        radii: At the start and the end.
        colour: Linear reflectance.
        nearer: Metres added towards the camera when parts are ordered by depth.
    """

    start: np.ndarray
    end: np.ndarray
    radii: tuple[float, float]
    colour: Colour
    nearer: float = 0.0


def tint(level: float, saturation: float, rng: np.random.Generator) -> Colour:
    """A random colour of mean reflectance ``level``."""
    offset = rng.uniform(-1, 1, size=3)
    offset -= offset.mean()
    values = np.clip(level * (1 + saturation * offset), 0.01, 1.0)
    return (float(values[0]), float(values[1]), float(values[2]))


def draw_body(wall: float, rng: np.random.Generator) -> Body:
    """Draws a person whose clothes are brighter than a wall of mean reflectance ``wall``."""
    size, build, leg, arm = rng.uniform(-1, 1, size=4)
    height = 1 + 0.07 * size
    tone = rng.uniform(0.2, 0.6)
    # Bright clothes, because they are what shows in the dark.
    shirt, trousers = wall + rng.uniform(0.35, 0.7), wall + rng.uniform(0.25, 0.65)
    return Body(
        thigh=0.43 * height * (1 + 0.04 * leg), shank=0.43 * height * (1 + 0.04 * leg),
        torso=0.50 * height * (1 - 0.03 * leg), upper_arm=0.29 * height * (1 + 0.04 * arm),
        forearm=0.31 * height * (1 + 0.04 * arm), shoulders=0.19 * (1 + 0.12 * build),
        hips=0.10, head=0.115, girth=1 + 0.18 * build,
        shirt=tint(shirt, 0.4, rng), trousers=tint(trousers, 0.4, rng),
        shoes=tint(rng.uniform(0.05, 0.5), 0.2, rng),
        skin=(0.55 * tone, 0.75 * tone, 1.3 * tone), hair=tint(rng.uniform(0.02, 0.2), 0.3, rng),
        sleeves=bool(rng.uniform() < 0.5),
    )  # fmt: skip


def _sagittal(angle: np.ndarray, side: np.ndarray | float = 0.0) -> np.ndarray:
    """A hanging limb swung forwards by ``angle``, then sideways by ``side``; ``(T, 3)``."""
    x, down = np.sin(angle), -np.cos(angle)
    return np.stack([x, -down * np.sin(side), down * np.cos(side)], -1)


def _pitch(vectors: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Leans vectors ``(T, 3)`` forwards about the y axis."""
    c, s = np.cos(angle), np.sin(angle)
    x, y, z = vectors[:, 0], vectors[:, 1], vectors[:, 2]
    return np.stack([x * c + z * s, y, z * c - x * s], -1)


def joints(poses: np.ndarray, body: Body) -> dict[str, np.ndarray]:
    """Forward kinematics.

    Args:
        poses: ``(T, channels)`` from ``actions.pose``.
        body: The person.

    Returns:
        Joint name to ``(T, 3)`` in metres about the person's home, the lower foot on the floor
        plus ``lift``.
    """
    p = {name: poses[:, column] for name, column in COLUMN.items()}
    lateral = np.array([0.0, 1.0, 0.0])
    out: dict[str, np.ndarray] = {}
    for side, sign in (('l', 1), ('r', -1)):
        hip = sign * body.hips * lateral
        knee = hip + body.thigh * _sagittal(p[f'hip_{side}'])
        shin = p[f'hip_{side}'] - p[f'knee_{side}']
        ankle = knee + body.shank * _sagittal(shin)
        toe = ankle + 0.19 * np.stack([np.cos(0.6 * shin), 0 * shin, np.sin(0.6 * shin)], -1)
        out |= {
            f'hip_{side}': np.broadcast_to(hip, knee.shape), f'knee_{side}': knee,
            f'ankle_{side}': ankle, f'toe_{side}': toe,
        }  # fmt: skip
    up = _pitch(np.broadcast_to([0.0, 0.0, 1.0], out['knee_l'].shape), p['lean'])
    chest = body.torso * up
    out['pelvis'], out['chest'] = np.zeros_like(chest), chest
    nod = p['lean'] * 0.6 + p['head']
    tall = _pitch(np.broadcast_to([0.0, 0.0, 1.0], chest.shape), nod)
    front = _pitch(np.broadcast_to([1.0, 0.0, 0.0], chest.shape), nod)
    out['neck'] = chest + 0.06 * up
    out['head'] = out['neck'] + (0.04 + body.head) * tall
    out['crown'] = out['head'] + 0.05 * tall - 0.03 * front
    out['face'] = out['head'] + 0.06 * front - 0.02 * tall
    for side, sign in (('l', 1), ('r', -1)):
        shoulder = chest + sign * body.shoulders * lateral - 0.03 * up
        flexion, away = p[f'shoulder_{side}'], p[f'abduct_{side}']
        upper = _pitch(_sagittal(flexion, sign * away), p['lean'])
        bend, out_by = flexion + p[f'elbow_{side}'], away + p[f'swing_{side}']
        lower = _pitch(_sagittal(bend, sign * out_by), p['lean'])
        out[f'shoulder_{side}'] = shoulder
        out[f'elbow_{side}'] = shoulder + body.upper_arm * upper
        out[f'hand_{side}'] = out[f'elbow_{side}'] + body.forearm * lower
    ankles = np.stack([out['ankle_l'], out['ankle_r']])
    shift = np.zeros_like(chest)
    shift[:, 0] = -p['planted'] * ankles[..., 0].mean(0)
    shift[:, 2] = p['lift'] + 0.05 - ankles[..., 2].min(0)
    return {name: _place(points + shift, p) for name, points in out.items()}


def details(skeleton: dict[str, np.ndarray], body: Body) -> list[Part]:
    """Eyes, nose, mouth and fingers, which a figure seen large is expected to have."""
    j = skeleton
    front = _unit(j['face'] - j['head'])
    aside = _unit(np.cross(front, j['head'] - j['neck']))
    tall = np.cross(aside, front)
    dark, lip = (0.03, 0.03, 0.04), (0.3 * body.skin[0], 0.35 * body.skin[1], 0.7 * body.skin[2])
    mouth = j['face'] + 0.065 * front - 0.035 * tall
    nose = j['face'] + 0.085 * front - 0.005 * tall
    out = [
        Part(mouth - 0.025 * aside, mouth + 0.025 * aside, (0.009, 0.009), lip, 0.06),
        Part(nose, nose - 0.01 * tall, (0.012, 0.017), body.skin, 0.07),
    ]
    for sign in (-1, 1):
        eye = j['face'] + 0.07 * front + 0.03 * tall + sign * 0.032 * aside
        out.append(Part(eye, eye, (0.013, 0.013), dark, 0.06))
    for side in 'lr':
        wrist = j[f'hand_{side}']
        along = _unit(wrist - j[f'elbow_{side}'])
        across = _unit(np.cross(along, aside) + 1e-3 * tall)
        for spread in (-0.03, 0.0, 0.03):
            tip = wrist + 0.105 * along + 1.3 * spread * across
            base = wrist + 0.03 * along + spread * across
            out.append(Part(base, tip, (0.016, 0.013), body.skin, 0.01))
        thumb = wrist + 0.05 * along + 0.07 * across
        out.append(Part(wrist, thumb, (0.02, 0.014), body.skin, 0.01))
    return out


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-6)


def _place(points: np.ndarray, p: dict[str, np.ndarray]) -> np.ndarray:
    """Turns points about the home by ``yaw`` and moves them along ``x``."""
    c, s = np.cos(p['yaw']), np.sin(p['yaw'])
    x, y = points[:, 0], points[:, 1]
    return np.stack([p['x'] + c * x - s * y, s * x + c * y, points[:, 2]], -1)


def parts(skeleton: dict[str, np.ndarray], body: Body, rendering: int = 1) -> list[Part]:
    """The person's capsules, dressed; ``rendering`` 2 adds those that show only at full size."""
    j, g = skeleton, body.girth
    sleeve = body.shirt if body.sleeves else body.skin
    out = [
        Part(j['hip_l'], j['hip_r'], (0.09 * g, 0.09 * g), body.trousers),
        Part(j['shoulder_l'], j['shoulder_r'], (0.075 * g, 0.075 * g), body.shirt),
        Part(j['pelvis'], j['chest'], (0.13 * g, 0.14 * g), body.shirt, 0.02),
        Part(j['neck'], j['head'], (0.05, 0.05), body.skin),
        Part(j['head'], j['crown'], (body.head, body.head), body.hair),
        Part(j['face'], j['face'], (0.085, 0.085), body.skin, 0.01),
    ]
    for side in 'lr':
        out += [
            Part(j[f'hip_{side}'], j[f'knee_{side}'], (0.085 * g, 0.062 * g), body.trousers),
            Part(j[f'knee_{side}'], j[f'ankle_{side}'], (0.06 * g, 0.045 * g), body.trousers),
            Part(j[f'ankle_{side}'], j[f'toe_{side}'], (0.045, 0.035), body.shoes),
            Part(j[f'shoulder_{side}'], j[f'elbow_{side}'], (0.055 * g, 0.045 * g), body.shirt),
            Part(j[f'elbow_{side}'], j[f'hand_{side}'], (0.042 * g, 0.035 * g), sleeve),
            Part(j[f'hand_{side}'], j[f'hand_{side}'], (0.048, 0.048), body.skin, 0.01),
        ]
    return out + details(skeleton, body) if rendering > 1 else out
