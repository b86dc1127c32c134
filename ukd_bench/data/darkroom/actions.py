"""The eleven ARID actions as joint-angle curves of normalised time."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..arid.facts import ARID_CLASSES as CLASSES

CHANNELS = (
    'x', 'lift', 'yaw', 'lean', 'head',
    'hip_l', 'hip_r', 'knee_l', 'knee_r',
    'shoulder_l', 'shoulder_r', 'abduct_l', 'abduct_r',
    'elbow_l', 'elbow_r', 'swing_l', 'swing_r',
    'planted', 'tip', 'pour', 'box', 'carried',
)  # fmt: skip
"""Columns of a pose array. Metres: ``x`` (along the way the person faces), ``lift`` (of the lower
foot above the floor), ``box`` (travel of the pushed box). Radians: the rest, positive forwards (a
knee's and an elbow's bend is positive), but ``abduct`` and ``swing`` (upper arm and forearm away
from the body). Weights in [0, 1]: ``planted`` (1: the feet stay and the pelvis gives way) and
``carried`` (1: the floor object is in the hand). ``tip`` leans the held object towards the person's
face, ``pour`` towards the other hand."""

COLUMN = {name: index for index, name in enumerate(CHANNELS)}

PROPS_NEEDED = {
    'Drink': ('held',),
    'Pour': ('held', 'second'),
    'Pick': ('floor',),
    'Push': ('box',),
}
"""Objects that an action cannot do without; every other class shows them by chance."""

_LONGEST_PUSH, _LONGEST_LAP = 2.2, 3.6
"""Metres that fit into the picture."""


@dataclass(frozen=True)
class Style:
    """How one clip performs its action.

    Attributes:
        amplitude: Scale of the motion, about 1.
        rate: Cycles over the clip (steps of the gait, jumps, waves of the hand).
        phase: Phase of the cycle at the start, in [0, 1).
        start: Clip time in [0, 1] at which a one-shot action begins.
        stop: Clip time at which it ends.
        hand: ``'l'`` or ``'r'``, the hand that acts.
        travel: Metres walked, run or pushed over the clip.
        laps: Stretches that a walk or run goes to and fro, so that it stays in view.
        turn: Radians turned over the clip by ``Turn``, signed.
        sway: Radians of slow aimless yaw, in every class.
        rest: Radians by which idle arms hang away from the body and bend.
    """

    amplitude: float
    rate: float
    phase: float
    start: float
    stop: float
    hand: str
    travel: float
    laps: int
    turn: float
    sway: float
    rest: float


def draw_style(action: str, seconds: float, rng: np.random.Generator) -> Style:
    """Draws a style for a clip of ``seconds``; the same draws are made for every action."""
    amplitude, phase, start, stop, pace, sign, turn, sway, rest = rng.uniform(size=9)
    speed = {'Run': 0.9 + 0.6 * pace, 'Walk': 0.5 + 0.4 * pace, 'Push': 0.3 + 0.25 * pace}
    travel = speed.get(action, 0.0) * seconds
    if action == 'Push':
        # A box is not pulled back, so a long push is a slow one.
        travel = min(travel, _LONGEST_PUSH)
    hertz = {'Run': 1.6, 'Walk': 1.05, 'Push': 0.8, 'Wave': 1.2, 'Jump': 0.85, 'Turn': 1.2}
    return Style(
        amplitude=0.85 + 0.3 * amplitude,
        rate=hertz.get(action, 1.0) * (0.8 + 0.4 * pace) * seconds,
        phase=phase,
        start=0.2 * start,
        stop=0.75 + 0.25 * stop,
        hand='lr'[int(sign < 0.5)],
        travel=travel,
        laps=math.ceil(travel / _LONGEST_LAP) or 1,
        turn=(1 if turn < 0.5 else -1) * (2.4 + 1.6 * abs(turn - 0.5)),
        sway=0.25 * (sway - 0.5),
        rest=0.05 + 0.2 * rest,
    )


def pose(action: str, u: np.ndarray, style: Style) -> np.ndarray:
    """The pose curve of an action.

    Args:
        action: One of ``CLASSES``.
        u: Clip time in [0, 1], shape ``(T,)``.
        style: The clip's style.

    Returns:
        Joint angles and offsets, ``(T, len(CHANNELS))``. ``pose('Stand', u)`` is
        ``pose('Sit', 1 - u)``.

    Raises:
        ValueError: no such action.
    """
    if action not in _CURVES:
        raise ValueError(f'action {action!r} is none of {", ".join(CLASSES)}')
    u = np.asarray(u, dtype=np.float64)
    out = np.zeros((len(u), len(CHANNELS)))
    _CURVES[action](_Pose(out), u, style)
    return out


class _Pose:
    """Names the columns of a pose array."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array

    def set(self, **values: np.ndarray | float) -> None:
        for name, value in values.items():
            self.array[:, COLUMN[name]] = value

    def add(self, **values: np.ndarray | float) -> None:
        for name, value in values.items():
            self.array[:, COLUMN[name]] += value


def _ease(u: np.ndarray, start: float, stop: float) -> np.ndarray:
    """0 before ``start``, 1 after ``stop``, with no jerk at either end (a smoothstep)."""
    v = np.clip((u - start) / max(stop - start, 1e-6), 0, 1)
    return v * v * (3 - 2 * v)


def _idle(p: _Pose, u: np.ndarray, s: Style) -> None:
    """Stands on planted feet, breathes and sways a little, as everybody does."""
    wave = np.sin(2 * np.pi * (u + s.phase))
    p.set(
        yaw=s.sway * wave, lean=0.03 + 0.02 * wave, planted=1,
        abduct_l=s.rest, abduct_r=s.rest, elbow_l=1.5 * s.rest, elbow_r=1.5 * s.rest,
    )  # fmt: skip


def _gait(p: _Pose, u: np.ndarray, s: Style, stride: float, knee: float) -> np.ndarray:
    """Legs of a walk or run; returns the cycle's angle, shape ``(T,)``."""
    angle = 2 * np.pi * (s.rate * u + s.phase)
    stride = stride * s.amplitude
    p.set(
        hip_l=stride * np.sin(angle), hip_r=-stride * np.sin(angle),
        knee_l=0.1 + knee * np.maximum(0, np.cos(angle)),
        knee_r=0.1 + knee * np.maximum(0, -np.cos(angle)),
        planted=0,
    )  # fmt: skip
    return angle


def _course(p: _Pose, u: np.ndarray, s: Style) -> None:
    """Moves a walk or run along its course, turning round at the end of each lap."""
    if s.laps == 1:
        p.set(x=s.travel * (u - 0.5))
        return
    lap = s.laps * u
    # A triangle wave whose corners are as wide as the turn.
    wide = 0.12
    away = np.abs((lap + 1) % 2 - 1)
    away = np.where(away < wide, (away**2 / wide + wide) / 2, away)
    away = np.where(1 - away < wide, 1 - ((1 - away) ** 2 / wide + wide) / 2, away)
    p.set(x=s.travel / s.laps * (away - 0.5))
    for turn in range(1, s.laps):
        p.add(yaw=np.pi * (-1) ** turn * _ease(lap, turn - wide, turn + wide))


def _walk(p: _Pose, u: np.ndarray, s: Style) -> None:
    _idle(p, u, s)
    angle = _gait(p, u, s, 0.48, 0.75)
    swing = 0.45 * s.amplitude * np.sin(angle)
    _course(p, u, s)
    p.set(shoulder_l=-swing, shoulder_r=swing)


def _run(p: _Pose, u: np.ndarray, s: Style) -> None:
    _idle(p, u, s)
    angle = _gait(p, u, s, 0.8, 1.6)
    swing = 0.85 * s.amplitude * np.sin(angle)
    p.add(hip_l=0.25, hip_r=0.25)
    _course(p, u, s)
    p.set(
        lean=0.28, lift=0.08 * np.abs(np.cos(angle)),
        shoulder_l=-swing, shoulder_r=swing, elbow_l=1.6, elbow_r=1.6,
    )  # fmt: skip


def _push(p: _Pose, u: np.ndarray, s: Style) -> None:
    _idle(p, u, s)
    angle = _gait(p, u, s, 0.35, 0.5)
    effort = 0.08 * np.sin(2 * angle)
    p.set(
        x=s.travel * (u - 0.5), lean=0.5 * s.amplitude + 0.5 * effort,
        shoulder_l=1.8 + effort, shoulder_r=1.8 + effort, elbow_l=0.25, elbow_r=0.25,
        abduct_l=0.05, abduct_r=0.05, box=s.travel * (u - 0.5), head=-0.2,
    )  # fmt: skip


def _jump(p: _Pose, u: np.ndarray, s: Style) -> None:
    _idle(p, u, s)
    cycle = (s.rate * u + s.phase) % 1.0
    flight = np.clip((cycle - 0.45) / 0.4, 0, 1)
    crouch = np.sin(np.pi * np.clip(cycle / 0.45, 0, 1)) ** 2
    landing = 0.5 * np.sin(np.pi * np.clip((cycle - 0.85) / 0.15, 0, 1)) ** 2
    bend = (crouch + landing) * s.amplitude
    rise = 4 * flight * (1 - flight)
    arms = -0.5 * crouch + 2.2 * rise
    p.set(
        lift=0.3 * s.amplitude * rise, lean=0.03 + 0.4 * bend,
        hip_l=0.85 * bend, hip_r=0.85 * bend, knee_l=1.3 * bend + 0.2 * rise,
        knee_r=1.3 * bend + 0.2 * rise, shoulder_l=arms, shoulder_r=arms,
    )  # fmt: skip


def _sit_by(p: _Pose, down: np.ndarray, s: Style) -> None:
    """The pose at a fraction ``down`` of the way from standing to sitting, ``(T,)``."""
    reach = np.sin(np.pi * down)
    p.set(
        hip_l=1.5 * down, hip_r=1.45 * down, knee_l=1.5 * down, knee_r=1.45 * down,
        lean=0.03 + 0.6 * s.amplitude * reach, planted=1,
        abduct_l=s.rest, abduct_r=s.rest, elbow_l=1.5 * s.rest + 0.7 * down,
        elbow_r=1.5 * s.rest + 0.7 * down, shoulder_l=0.3 * down + 0.4 * reach,
        shoulder_r=0.3 * down + 0.4 * reach, yaw=s.sway,
    )  # fmt: skip


def _sit(p: _Pose, u: np.ndarray, s: Style) -> None:
    _sit_by(p, _ease(u, s.start, s.stop), s)


def _stand(p: _Pose, u: np.ndarray, s: Style) -> None:
    _sit(p, 1 - u, s)


def _pick(p: _Pose, u: np.ndarray, s: Style) -> None:
    _idle(p, u, s)
    middle = 0.5 * (s.start + s.stop)
    down = _ease(u, s.start, middle - 0.04) * (1 - _ease(u, middle + 0.04, s.stop))
    bend = down * s.amplitude
    p.set(
        lean=0.03 + 1.25 * bend, hip_l=0.8 * bend, hip_r=0.75 * bend,
        knee_l=1.2 * bend, knee_r=1.1 * bend, head=-0.2 * bend,
        carried=(u >= middle).astype(float),
    )  # fmt: skip
    after = _ease(u, middle, s.stop)
    p.add(**{f'shoulder_{s.hand}': 1.25 * bend + 0.4 * after, f'elbow_{s.hand}': 0.8 * after})


def _drink(p: _Pose, u: np.ndarray, s: Style) -> None:
    _idle(p, u, s)
    up = _ease(u, s.start, s.start + 0.28) * (1 - _ease(u, s.stop - 0.22, s.stop + 0.05))
    tip = _ease(u, s.start + 0.2, s.start + 0.45) * (1 - _ease(u, s.stop - 0.3, s.stop - 0.1))
    p.add(head=-0.5 * tip * s.amplitude, lean=-0.08 * tip)
    p.set(**{
        f'shoulder_{s.hand}': 0.2 + 1.0 * up, f'elbow_{s.hand}': 0.9 + 1.4 * up,
        f'abduct_{s.hand}': 0.1 + 0.25 * up, f'swing_{s.hand}': 0.35 * up, 'tip': 1.5 * tip,
    })  # fmt: skip


def _pour(p: _Pose, u: np.ndarray, s: Style) -> None:
    _idle(p, u, s)
    up = _ease(u, s.start, s.start + 0.25)
    tip = _ease(u, s.start + 0.2, s.start + 0.5) * (1 - _ease(u, s.stop - 0.15, s.stop + 0.05))
    other = 'lr'[int(s.hand == 'l')]
    p.add(lean=0.12 * up, head=0.3 * up)
    p.set(**{
        f'shoulder_{s.hand}': 0.45 + 0.75 * up * s.amplitude, f'elbow_{s.hand}': 0.8 - 0.2 * up,
        f'abduct_{s.hand}': 0.05 + 0.5 * tip, f'swing_{s.hand}': -0.5 * up,
        f'shoulder_{other}': 0.4, f'elbow_{other}': 1.1, f'swing_{other}': -0.3, 'pour': 2.0 * tip,
    })  # fmt: skip


def _turn(p: _Pose, u: np.ndarray, s: Style) -> None:
    _idle(p, u, s)
    around = _ease(u, s.start, s.stop)
    step = np.sin(2 * np.pi * (s.rate * u + s.phase)) * np.sin(np.pi * around)
    p.set(
        yaw=s.turn * (around - 0.5) + 1.2 * (s.phase - 0.5), planted=0,
        hip_l=0.3 * np.maximum(0, step), hip_r=0.3 * np.maximum(0, -step),
        knee_l=0.5 * np.maximum(0, step), knee_r=0.5 * np.maximum(0, -step),
    )  # fmt: skip


def _wave(p: _Pose, u: np.ndarray, s: Style) -> None:
    _idle(p, u, s)
    swing = np.sin(2 * np.pi * (s.rate * u + s.phase))
    arm: dict[str, np.ndarray | float] = {
        f'shoulder_{s.hand}': 0.4, f'abduct_{s.hand}': 1.5 + 0.15 * swing, f'elbow_{s.hand}': 0.2,
        f'swing_{s.hand}': 1.1 + 0.65 * s.amplitude * swing,
    }  # fmt: skip
    p.set(**arm)


_CURVES: dict[str, Callable[[_Pose, np.ndarray, Style], None]] = {
    'Drink': _drink, 'Jump': _jump, 'Pick': _pick, 'Pour': _pour, 'Push': _push, 'Run': _run,
    'Sit': _sit, 'Stand': _stand, 'Turn': _turn, 'Walk': _walk, 'Wave': _wave,
}  # fmt: skip
