"""Frames of a clip, from its scene, and their encoding as a video file."""

import functools
import os
import tempfile
from pathlib import Path

import cv2
import numpy as np

from ...errors import DataError
from .actions import CLASSES, draw_style
from .layout import Take, draw_length
from .scene import Look, draw_look, draw_shot, render
from .sensor import Sensor, capture, capture_by_tables, draw_sensor, exposure_for
from .spec import DarkRoomSpec

GENERATOR_VERSION = 1
"""Raised whenever the same spec would give other frames."""

_SHARED = len(CLASSES)
"""Number in the place of a class for streams that all classes share."""

_LOOK, _SHOT, _NOISE, _SENSOR = range(4)

_BRIGHT_CODES = (60.0, 80.0)
"""Mean code of a well-lit place, in the stead of ``DarkRoomSpec.mean_code``."""

_BRIGHT_NOISE = 0.1
"""Noise amplitudes of a camera that need not amplify, as a share of those in the dark."""

_FOURCC = 'XVID'
"""MPEG-4 part 2, as in ARID v1.0. At these sizes OpenCV's default bit rate lets the encoder stay at
its finest quantiser (2), with a key frame at least every 12 frames."""

_PROBE_CODE = 24

_LEAST_CODE = 3
"""Smallest code that conversion takes from; those below are black with noise."""


def frames_of(spec: DarkRoomSpec, clip: Take) -> np.ndarray:
    """The stored frames of a clip, before encoding.

    Person, place, light and camera are drawn from (seed, group) without the class: the same group
    of two classes looks the same, and the background cannot tell the class.

    Returns:
        ``uint8 (T, H, W, 3)``, blue green red.
    """
    light, sensor = light_of(spec, clip)
    draw = capture_by_tables if spec.rendering > 1 else capture
    return draw(light, sensor, _stream(spec, clip.label, clip.group, clip.number, _NOISE))


def length_of(spec: DarkRoomSpec, clip: Take) -> int:
    """Number of frames of a clip, which is known before any is drawn."""
    return draw_length(spec, _shot_stream(spec, clip))


def light_of(spec: DarkRoomSpec, clip: Take) -> tuple[np.ndarray, Sensor]:
    """The linear light ``(T, H, W, 3)`` a clip's camera sees, and the camera's sensor."""
    look, sensor = _group(spec, clip.group)
    rng = _shot_stream(spec, clip)
    frames = draw_length(spec, rng)
    name = CLASSES[clip.label]
    style = draw_style(name, frames / spec.fps, rng)
    return render(name, style, look, draw_shot(name, frames, look, rng)), sensor


@functools.lru_cache(maxsize=4)
def _group(spec: DarkRoomSpec, group: int) -> tuple[Look, Sensor]:
    look = draw_look(spec, _stream(spec, _SHARED, group, 0, _LOOK))
    rng = _stream(spec, _SHARED, group, 0, _SENSOR)
    # The same draws either way, so that the twins' cameras differ in nothing else.
    code = rng.uniform(*(_BRIGHT_CODES if spec.bright else spec.mean_code))
    noise = spec.noise * (_BRIGHT_NOISE if spec.bright else 1.0)
    return look, draw_sensor(exposure_for(look.still(), code), noise, rng)


def _shot_stream(spec: DarkRoomSpec, clip: Take) -> np.random.Generator:
    return _stream(spec, clip.label, clip.group, clip.number, _SHOT)


def _stream(spec: DarkRoomSpec, *keys: int) -> np.random.Generator:
    return np.random.default_rng([spec.seed, *keys])


def write_video(path: Path, frames: np.ndarray, fps: int, rendering: int = 1) -> None:
    """Writes frames as a video, atomically.

    Args:
        path: The file; its folder exists.
        frames: ``uint8 (T, H, W, 3)``, blue green red; even height and width.
        fps: Frames a second.
        rendering: 1 adds to all codes what a flat grey loses, which lifts black to
            a dark purple; 2 adds what dark colours lose, and leaves black alone.

    Raises:
        DataError: OpenCV cannot open the file for writing, or not all frames arrived.
    """
    temporary = path.with_name(f'.{path.stem}.{os.getpid()}{path.suffix}')
    try:
        added = np.array(conversion_loss(coloured=rendering > 1))
        codes = np.arange(256)[:, None]
        lifted = codes + added * (codes >= (_LEAST_CODE if rendering > 1 else 0))
        _encode(temporary, frames, fps, np.clip(lifted, 0, 255).astype(np.uint8)[None])
        video = cv2.VideoCapture(str(temporary))
        count = int(video.get(cv2.CAP_PROP_FRAME_COUNT))
        video.release()
        # OpenCV reports no failed write, of a full disk for one.
        if count != len(frames):
            raise DataError(f'{path}: only {count} of {len(frames)} frames could be written')
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def read_video(path: Path) -> np.ndarray:
    """All frames of a video, ``uint8 (T, H, W, 3)``, blue green red."""
    video = cv2.VideoCapture(str(path))
    frames = []
    while (read := video.read())[0]:
        frames.append(read[1])
    video.release()
    if not frames:
        raise DataError(f'{path}: no frame can be decoded')
    return np.stack(frames)


@functools.cache
def conversion_loss(coloured: bool = False) -> tuple[int, int, int]:
    """Codes (blue, green, red) that a round trip through the encoder takes from the dark.

    OpenCV's conversion to YUV rounds down, by up to 4 of 255 codes in the builds seen: nothing in
    daylight, a quarter of the signal here. ``write_video`` adds it back beforehand.

    Args:
        coloured: Whether to take the mean over dark colours with noise, as clips have. A grey loses
            more, because its colour differences are all rounded down by almost a whole code.
    """
    probe = np.full((4, 32, 32, 3), _PROBE_CODE, np.uint8)
    if coloured:
        rng = np.random.default_rng(0)
        colours = rng.uniform(8, 40, size=(16, 16, 3)).astype(np.float32)
        noisy = cv2.resize(colours, (128, 128)) + rng.normal(0, 2, size=(4, 128, 128, 3))
        probe = np.clip(np.round(noisy), 0, 255).astype(np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'flat.avi'
        _encode(path, probe, 15, np.repeat(np.arange(256, dtype=np.uint8), 3).reshape(1, 256, 3))
        loss = (probe.astype(float) - read_video(path)).mean((0, 1, 2))
    blue, green, red = (int(v) for v in np.round(loss))
    return blue, green, red


def _encode(path: Path, frames: np.ndarray, fps: int, table: np.ndarray) -> None:
    """Writes frames whose codes ``table`` replaces, ``uint8 (1, 256, 3)``."""
    size = (frames.shape[2], frames.shape[1])
    code = cv2.VideoWriter.fourcc(*_FOURCC)
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, code, fps, size)
    if not writer.isOpened():
        raise DataError(f'{path}: OpenCV cannot write an MPEG-4 video here')
    for frame in frames:
        writer.write(cv2.LUT(frame, table))
    writer.release()
