"""How much a cache will take, told without decoding."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from ...errors import DataError
from ..fingerprint import darkroom_manifest
from ..video.frames import DecodedVideo, resize

HEADER_BYTES = 128
"""Of a ``.npy`` file of a video's frames."""


def needed_bytes(root: Path, paths: Iterable[str], short_side: int | None = None) -> int:
    """An estimate of the bytes that a cache of these videos takes.

    Of a DarkRoom it is what the manifest follows to; of other videos it relies on the number of
    frames that their containers state, which may be off by a few.

    Args:
        root: Data root.
        paths: Videos, as paths below it.
        short_side: Pixels that a longer shorter side is reduced to; None leaves the size alone.
    """
    manifest = darkroom_manifest(root) or {'clips': {}}
    total = 0
    for path in paths:
        if path in manifest['clips']:
            spec = manifest['spec']
            facts = manifest['clips'][path]['num_frames'], spec['height'], spec['width']
        else:
            facts = _stated(root / path)
        total += HEADER_BYTES + facts[0] * _frame_bytes(*facts[1:], short_side)
    return total


@cache
def _frame_bytes(height: int, width: int, short_side: int | None) -> int:
    # Asked of the function that does it, so that both round alike.
    return resize(np.zeros((1, height, width, 3), np.uint8), short_side).nbytes


def _stated(path: Path) -> tuple[int, int, int]:
    """Frames, height and width as the container states them.

    Raises:
        DataError: it cannot be opened.
    """
    capture = cv2.VideoCapture(str(path))
    properties = (cv2.CAP_PROP_FRAME_COUNT, cv2.CAP_PROP_FRAME_HEIGHT, cv2.CAP_PROP_FRAME_WIDTH)
    frames, height, width = (int(capture.get(name)) for name in properties)
    capture.release()
    if min(frames, height, width) < 1:
        video = DecodedVideo(path)
        if not len(video):
            raise DataError(f'{path}: cannot be decoded (it holds no frame)')
        return len(video), *video.shape
    return frames, height, width
