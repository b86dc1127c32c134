"""The files of a clip cache, and reading them.

Each video has one uint8 ``.npy``, (T, H, W, 3) in RGB, named by all that its frames follow from:
the video's content, the short side, the decoder and the format. ``cache.json`` says which file
belongs to which video. A file is mapped, not read: a loader touches the pages of the frames it
takes, and all processes of a machine share them. It is mapped anew for every sample and copied page
by page where a transform writes, so a pipeline may do with its frames what it likes.

Only what is current is used. A clip that the cache does not know, a video whose size or time of
change differs from when it was decoded, a damaged file and a cache of other library versions all
mean that the caller decodes; the first such case in a process is warned of. So a cache can make a
run faster or slower, never different.
"""

import math
import mmap
import os
import warnings
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...errors import DataError
from ...files.hashes import digest
from ..making import FolderKind, Source
from ..video.frames import decoder

CACHE = FolderKind('clip-cache', 1, 'a clip cache', 'cache.json', 'cache.json')


class Entry(NamedTuple):
    """One clip's entry in the manifest.

    Attributes:
        source_bytes: Size of the video when it was decoded.
        source_mtime_ns: Time of change of the video then.
        source_sha256: Hash of the video's content then.
        file: Name of the file with its frames.
        file_bytes: Size of that file.
        shape: (T, H, W, 3) of the frames.
    """

    source_bytes: int
    source_mtime_ns: int
    source_sha256: str
    file: str
    file_bytes: int
    shape: tuple[int, ...]

    @property
    def source(self) -> Source:
        """The video as it was when it was decoded."""
        return Source(self.source_bytes, self.source_mtime_ns, self.source_sha256)


class CachedVideo:
    """Frames of a mapped file; a :class:`ukd_bench.data.video.frames.Frames`.

    Args:
        frames: (T, H, W, 3) uint8; what is written into them reaches nobody else.
    """

    def __init__(self, frames: np.ndarray) -> None:
        self._frames = frames

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self._frames.shape[1:3]

    def take(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """Copies of the frames at ``indices``, (n, H, W, 3)."""
        return self._frames[np.asarray(indices)]

    def look(self, indices: Sequence[int] | np.ndarray) -> list[np.ndarray]:
        """The frames at ``indices`` where they lie, (H, W, 3) each; a repeated one is copied."""
        seen: set[int] = set()
        frames = []
        for index in np.asarray(indices).tolist():
            frame = self._frames[index]
            frames.append(frame.copy() if index in seen else frame)
            seen.add(index)
        return frames


class ClipCache:
    """A cache to read from, the same in every process that it is sent to.

    Args:
        folder: Folder that :func:`ukd_bench.data.cache.build.build` has made.

    Raises:
        DataError: on first use, the folder holds no cache.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self._warned = False

    def __getstate__(self) -> dict[str, Any]:
        # A manifest of thousands of clips is read again sooner than it is sent.
        return {'folder': self.folder, '_warned': False}

    @cached_property
    def manifest(self) -> 'Manifest':
        """The folder's manifest, as it was when first asked for."""
        return Manifest.read(self.folder)

    @property
    def short_side(self) -> int | None:
        """Pixels that a longer shorter side was reduced to; None where none was."""
        return self.manifest.short_side

    def __len__(self) -> int:
        return len(self.manifest.clips)

    @property
    def num_bytes(self) -> int:
        """Bytes of the files; clips of equal content share one."""
        files = {entry.file: entry.file_bytes for entry in self.manifest.clips.values()}
        return sum(files.values())

    def find(self, video_id: str, path: Path | str) -> CachedVideo | None:
        """The frames of a video, if the cache has those of its present content.

        Args:
            video_id: Path of the video below the data root, with forward slashes.
            path: Path of the video on this machine.
        """
        found = self._frames(video_id, path)
        if isinstance(found, str):
            self._warn(found)
            return None
        return CachedVideo(found)

    def _frames(self, video_id: str, path: Path | str) -> np.ndarray | str:
        """The frames, or why they are not to be used."""
        if self.manifest.decoder != decoder():
            return f'it was made by {self.manifest.decoder}, this is {decoder()}'
        entry = self.manifest.clips.get(video_id)
        if entry is None:
            return f'it does not hold {video_id}'
        try:
            # Costs microseconds a call, and notices a changed video at once.
            unchanged = entry.source.fits(os.stat(path))
        except OSError:
            unchanged = False
        if not unchanged:
            return f'{path} is no longer the video that was decoded'
        frames = mapped_frames(self.folder / entry.file, entry)
        if frames is None:
            return f'{entry.file}, the frames of {video_id}, is absent or damaged'
        return frames

    def _warn(self, reason: str) -> None:
        if not self._warned:
            self._warned = True
            warnings.warn(
                f'clip cache {self.folder}: {reason}; what it does not hold is decoded '
                '(`ukd-bench data cache` brings it up to date)',
                RuntimeWarning,
                stacklevel=3,
            )


class Manifest(NamedTuple):
    """Content of ``cache.json``.

    Attributes:
        short_side: Pixels that a longer shorter side was reduced to; None where none was.
        decoder: Library releases that decoded the frames.
        clips: Entries by path below the data root.
    """

    short_side: int | None
    decoder: str
    clips: dict[str, Entry]

    @classmethod
    def read(cls, folder: Path) -> 'Manifest':
        """Reads a folder's manifest.

        Raises:
            DataError: there is none, or it is none of this release.
        """
        content = CACHE.manifest_in(folder)
        if content is None:
            raise DataError(f'{folder}: holds no clip cache; `ukd-bench data cache` makes one')
        try:
            clips = {
                name: Entry(**entry)._replace(shape=tuple(entry['shape']))
                for name, entry in content['clips'].items()
            }
            return cls(content['short_side'], content['decoder'], clips)
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(
                f'{folder / CACHE.manifest}: not the manifest of a clip cache'
            ) from error

    def write(self, folder: Path) -> None:
        """Writes the folder's manifest atomically."""
        clips = {name: self.clips[name]._asdict() for name in sorted(self.clips)}
        CACHE.write_manifest(folder, self._asdict() | {'clips': clips})


def file_name(source_sha256: str, short_side: int | None) -> str:
    """Name of the file with a video's frames: another for whatever gives other frames."""
    return digest([CACHE.schema, decoder(), short_side, source_sha256], 32) + '.npy'


def mapped_frames(path: Path, entry: Entry) -> np.ndarray | None:
    """The frames of a listed file; None where it is absent or not as long as it was."""
    try:
        with open(path, 'rb', buffering=0) as file:
            if os.fstat(file.fileno()).st_size != entry.file_bytes:
                return None
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    except (OSError, ValueError):
        return None
    # NumPy's own way would read the header anew and cost five times as much.
    return np.ndarray(entry.shape, np.uint8, mapped, entry.file_bytes - math.prod(entry.shape))


def stored_frames(path: Path) -> np.ndarray | None:
    """The frames of a file, read-only; None where it is absent, cut off or holds other data."""
    try:
        frames = np.lib.format.open_memmap(path, mode='r')
    except (OSError, ValueError, EOFError):
        return None
    if frames.dtype != np.uint8 or frames.ndim != 4 or not frames.flags.c_contiguous:
        return None
    return frames


def default_folder(root: Path, short_side: int | None) -> Path:
    """Folder of a data set's cache, beside the data set, unless a command names another."""
    size = '' if short_side is None else f'-{short_side}'
    if root.name in ('', '..'):
        root = Path(os.path.abspath(root))
    return root.parent / f'{root.name}-cache{size}'
