"""Frames of a video file, taken by index."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import cv2
import decord
import numpy as np
from decord import DECORDError

from ...errors import DataError
from .container import require_whole

_CHUNK = 64


class Frames(Protocol):
    """A video's frames, decoded or cached, for a pipeline to take from."""

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        ...

    def __len__(self) -> int: ...

    def take(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """The frames at ``indices``, (n, H, W, C) uint8; RGB where they are pictures."""
        ...


class DecodedVideo:
    """Frames that are decoded, and resized, whenever they are taken.

    Args:
        path: The video.
        short_side: Pixels that a longer shorter side is reduced to; None leaves the size alone.

    Raises:
        DataError: the file cannot be opened or is not whole; ``take`` and ``shape`` raise it where
            a frame cannot be decoded.
    """

    def __init__(self, path: Path | str, short_side: int | None = None) -> None:
        self.path = str(path)
        self.short_side = short_side
        require_whole(Path(self.path))
        with naming_broken_video(self.path):
            self._reader = decord.VideoReader(self.path, num_threads=1)

    def __len__(self) -> int:
        return len(self._reader)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels, after resizing."""
        return self.take([0]).shape[1:3]

    def take(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """Decodes the frames at ``indices``, (n, H, W, 3) uint8 in RGB."""
        with naming_broken_video(self.path):
            frames = self._reader.get_batch(list(indices)).asnumpy()
        return resize(frames, self.short_side)


def decoder() -> str:
    """Names and releases of the libraries that decode here; others may round differently."""
    return f'decord {decord.__version__}, opencv {cv2.__version__}'


def in_chunks(video: DecodedVideo) -> Iterator[np.ndarray]:
    """All frames of a video, a few at a time, so that a long one needs no more memory."""
    for first in range(0, len(video), _CHUNK):
        yield video.take(range(first, min(first + _CHUNK, len(video))))


def resize(frames: np.ndarray, short_side: int | None) -> np.ndarray:
    """Frames (n, H, W, C) whose shorter side has at most ``short_side`` pixels; aspect kept."""
    height, width = frames.shape[1:3]
    if short_side is None or min(height, width) <= short_side:
        return frames
    scale = short_side / min(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    # Averaging keeps the shot noise of dark frames from aliasing.
    return np.stack([cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in frames])


@contextlib.contextmanager
def naming_broken_video(filename: str) -> Iterator[None]:
    """Turns the decoder's complaints into one line with the file's name.

    Raises:
        DataError: in place of the decoder's own exception.
    """
    try:
        yield
    except (DECORDError, OSError, EOFError) as error:
        if isinstance(error, DataError):
            raise
        raise _undecodable(filename, error) from error
    except RuntimeError as error:
        # Decord raises this where it cannot open a file; others are not about the video.
        if not str(error).startswith('Error reading'):
            raise
        raise _undecodable(filename, error) from error


def _undecodable(filename: str, error: Exception) -> DataError:
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return DataError(f'{filename}: cannot be decoded ({reason[:160]})')
