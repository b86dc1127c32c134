"""Videos whose flow is known: a textured square that moves over a textured ground."""

from pathlib import Path

import cv2
import numpy as np

from ukd_bench.data.darkroom.film import write_video

STEP = (3, -2)
"""Pixels a frame, to the right and down."""
START, SIDE = 28, 32


def square_frames(count: int = 4, step: tuple[int, int] = STEP) -> np.ndarray:
    """(count, 72, 96, 3) uint8 frames."""
    ground = textured(0, 72, 96) // 4
    frames = []
    for number in range(count):
        frame = ground.copy()
        left, top = START + step[0] * number, START + step[1] * number
        frame[top : top + SIDE, left : left + SIDE] = textured(1, SIDE, SIDE)
        frames.append(np.repeat(frame[..., None], 3, axis=-1))
    return np.stack(frames)


def film(path: Path, frames: np.ndarray) -> None:
    """Writes frames as a video, and the folder it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_video(path, frames, 15)


def textured(seed: int, height: int, width: int) -> np.ndarray:
    noise = np.random.default_rng(seed).random((height, width), np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2)
    return ((smooth - smooth.min()) / np.ptp(smooth) * 200 + 20).astype(np.uint8)
