"""Mean and deviation of a training list's pixels, by which fixed normalisation centres clips."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from .arid.layout import find_layout
from .video.frames import DecodedVideo, in_chunks


def pixel_statistics(
    root: Path,
    split: int = 1,
    edition: str | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation (3,) of red, green and blue, in 0 to 255.

    They are taken over every pixel of every frame of the split's training clips, so that a long
    clip counts for more than a short one.

    Args:
        root: The data root.
        split: Number of the split.
        edition: Needed only where the lists of two editions lie at the root.
        progress: Called with (clips done, clips in all).

    Raises:
        DataError: the lists cannot be read or a video cannot be decoded.
    """
    clips = find_layout(root, edition).clips(split, 'train')
    count, sum_C, sum_of_squares_C = 0, np.zeros(3), np.zeros(3)
    for done, clip in enumerate(clips, 1):
        for frames_FHWC in in_chunks(DecodedVideo(Path(root) / clip.path)):
            pixels_PC = frames_FHWC.reshape(-1, 3).astype(np.float64)
            count += len(pixels_PC)
            sum_C += pixels_PC.sum(axis=0)
            sum_of_squares_C += np.square(pixels_PC).sum(axis=0)
        progress(done, len(clips))
    mean_C = sum_C / count
    return mean_C, np.sqrt(sum_of_squares_C / count - np.square(mean_C))
