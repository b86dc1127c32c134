"""From a clip's place in the data set to its frames."""

import dataclasses
import functools

import numpy as np

from .actions import CLASSES, draw_style
from .layout import Clip, draw_length
from .scene import Look, draw_look, draw_shot, render
from .sensor import Sensor, capture, capture_by_tables, draw_sensor, exposure_for
from .spec import DarkRoomSpec

GENERATOR_VERSION = 1
"""Raised whenever the same spec would give other frames."""
_SHARED = len(CLASSES)
"""Stands for the class in a stream that all classes share."""
_LOOK, _SHOT, _NOISE, _SENSOR = range(4)
_BRIGHT_CODES = (60.0, 80.0)
"""Mean code of a well-lit place, in the stead of ``DarkRoomSpec.mean_code``."""
_BRIGHT_NOISE = 0.1
"""Noise amplitudes of a camera that need not amplify, as a share of those in the dark."""


def frames_of(spec: DarkRoomSpec, clip: Clip) -> np.ndarray:
    """The stored frames of a clip, before encoding.

    Person, place, light and camera are drawn from (seed, group) without the class: the same group
    of two classes looks the same, and the background cannot tell the class.

    Returns:
        ``uint8 (T, H, W, 3)``, blue green red.
    """
    light, sensor = light_of(spec, clip)
    draw = capture_by_tables if spec.rendering > 1 else capture
    return draw(light, sensor, _stream(spec, clip.label, clip.group, clip.number, _NOISE))


def light_of(spec: DarkRoomSpec, clip: Clip) -> tuple[np.ndarray, Sensor]:
    """The linear light ``(T, H, W, 3)`` a clip's camera sees, and the camera's sensor."""
    look, sensor = _group(spec, clip.group)
    rng = _stream(spec, clip.label, clip.group, clip.number, _SHOT)
    frames = draw_length(spec, rng)
    name = CLASSES[clip.label]
    style = draw_style(name, frames / spec.fps, rng)
    return render(name, style, look, draw_shot(name, frames, look, rng)), sensor


def bright_twin(spec: DarkRoomSpec) -> DarkRoomSpec:
    """The spec of the same scenes, well lit."""
    return dataclasses.replace(spec, bright=True)


@functools.lru_cache(maxsize=4)
def _group(spec: DarkRoomSpec, group: int) -> tuple[Look, Sensor]:
    look = draw_look(spec, _stream(spec, _SHARED, group, 0, _LOOK))
    rng = _stream(spec, _SHARED, group, 0, _SENSOR)
    # The same draws either way, so that the twins' cameras differ in nothing else.
    code = rng.uniform(*(_BRIGHT_CODES if spec.bright else spec.mean_code))
    noise = spec.noise * (_BRIGHT_NOISE if spec.bright else 1.0)
    return look, draw_sensor(exposure_for(look.still(), code), noise, rng)


def _stream(spec: DarkRoomSpec, *keys: int) -> np.random.Generator:
    return np.random.default_rng([spec.seed, *keys])
