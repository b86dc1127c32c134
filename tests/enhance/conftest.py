"""Dark frames to enhance: furniture and a figure under a lamp, seen by a noisy sensor."""

import numpy as np
import pytest
import torch


@pytest.fixture
def dark_frames():
    """Makes uint8 frames (count, height, width, 3), red green blue, with a mean of 10 to 20."""

    def make(seed: int, count: int, height: int, width: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        y = (np.arange(height)[:, None] + 0.5) / height
        x = (np.arange(width)[None] + 0.5) / width
        room = np.full((height, width, 3), rng.uniform(0.3, 0.6, 3))
        for left, top, right, bottom in ((0.05, 0.5, 0.3, 0.8), (0.6, 0.2, 0.95, 0.7)):
            inside = (x > left) & (x < right) & (y > top) & (y < bottom)
            room[inside] = rng.uniform(0.1, 0.9, 3)
        clothes = rng.uniform(0.4, 1, 3)
        light = 0.03 + 0.2 * np.exp(-((x - 0.4) ** 2 + (y - 0.3) ** 2) / 0.1)
        frames = []
        for number in range(count):
            scene = room.copy()
            scene[(abs(x - 0.3 - 0.05 * number) < 0.08) & (y > 0.2) & (y < 0.9)] = clothes
            codes = 255 * scene * light[..., None] + rng.normal(0, 1.5, scene.shape)
            frames.append(codes.round().clip(0, 255))
        return np.array(frames, np.uint8)

    return make


@pytest.fixture
def dark_clips(dark_frames):
    """Makes uint8 clips (count, 3, T, height, width), each of another scene."""

    def make(count: int, length: int, height: int, width: int) -> torch.Tensor:
        clips = [dark_frames(seed, length, height, width) for seed in range(count)]
        return torch.from_numpy(np.stack(clips)).permute(0, 4, 1, 2, 3).contiguous()

    return make
