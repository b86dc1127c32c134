"""Estimates how much a cache will take, without decoding."""

import shutil
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from ...errors import DataError
from ..fingerprint import darkroom_manifest
from ..video.frames import DecodedVideo, resize
from .store import CACHE, Manifest

HEADER_BYTES = 128
"""Bytes before the frames in a ``.npy`` file."""

GIB = 2**30


def require_room(
    root: Path, folder: Path, paths: list[str], short_side: int | None, budget: float | None = None
) -> None:
    """Refuses a cache that would exceed the free space, or a budget.

    Args:
        root: Data root.
        folder: Of the cache; what it holds already needs no room.
        paths: Videos, as paths below the root.
        short_side: Pixels that a longer shorter side is reduced to; None leaves the size alone.
        budget: GiB that the whole cache may take; None is any number.

    Raises:
        DataError: saying how much is needed and how much there is.
    """
    # Of what is cached already the size is known, and no container need be opened again.
    held = dict(Manifest.read(folder).clips) if (folder / CACHE.manifest).is_file() else {}
    missing = needed_bytes(root, [path for path in paths if path not in held], short_side)
    needed = missing + sum(held[path].file_bytes for path in paths if path in held)
    if budget is not None and needed > budget * GIB:
        raise DataError(
            f'{folder}: {len(paths)} clips need about {size_in_words(needed)}, '
            f'more than --budget {budget:g} (GiB)'
        )
    existing = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if missing > free:
        raise DataError(
            f'{folder}: about {size_in_words(missing)} more are needed, but {size_in_words(free)} '
            'are free'
        )


def size_in_words(number: int) -> str:
    """A number of bytes in GiB, or in MiB below one."""
    return f'{number / GIB:.1f} GiB' if number >= GIB else f'{number / 2**20:.1f} MiB'


def needed_bytes(root: Path, paths: Iterable[str], short_side: int | None = None) -> int:
    """An estimate of the bytes that a cache of these videos takes.

    For a DarkRoom it follows from the manifest and is exact; for other videos it relies on the
    number of frames that their containers state, which may be off by a few.

    Args:
        root: Data root.
        paths: Videos, as paths below it.
        short_side: Pixels that a longer shorter side is reduced to; None leaves the size alone.
    """
    sizes = video_sizes(root, paths)
    return sum(cached_bytes(*one, short_side) for one in sizes)


def video_sizes(root: Path, paths: Iterable[str]) -> Iterator[tuple[int, int, int]]:
    """Frames, height and width of each video, see :func:`needed_bytes` for how well they are known.

    Args:
        root: Data root.
        paths: Videos, as paths below it.
    """
    manifest = darkroom_manifest(root) or {'clips': {}}
    for path in paths:
        if path in manifest['clips']:
            spec = manifest['spec']
            yield manifest['clips'][path]['num_frames'], spec['height'], spec['width']
        else:
            yield _stated(root / path)


def cached_bytes(num_frames: int, height: int, width: int, short_side: int | None = None) -> int:
    """Bytes that a cache takes for one video of this size."""
    return HEADER_BYTES + num_frames * _frame_bytes(height, width, short_side)


@cache
def _frame_bytes(height: int, width: int, short_side: int | None) -> int:
    # Resizes a frame to ask its size, so that both round alike.
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
