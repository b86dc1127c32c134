"""Makes a cache, completes it, and compares it with its videos.

Killed at any instant and started again, a build continues: a file has its name only when it is
whole, and the manifest is replaced as a whole. Its name follows from the video's content, so a file
that the manifest does not list yet is taken up, and one of an earlier content is never mistaken for
the present one's.
"""

import contextlib
import os
import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

import numpy as np

from ...errors import ConfigError, DataError
from ...files.atomic import atomic_write
from ...files.locks import alone_in
from ..making import Source, stat_video
from ..processes import in_processes
from ..video.frames import DecodedVideo, decoder, in_chunks
from .store import CACHE, ClipCache, Entry, Manifest, file_name, stored_frames

_WRITE_EVERY_S = 5.0

_OWN_FILE = re.compile(r'[0-9a-f]{32}\.npy|\.[0-9a-f]{32}\.npy\..+')
"""Names of files with frames, and of those that were being written."""


def build(
    root: Path,
    folder: Path,
    paths: Iterable[str],
    short_side: int | None = None,
    workers: int = 1,
    progress: Callable[[int, int], object] | None = None,
) -> ClipCache:
    """Makes a cache, or brings one up to date; a complete one costs a ``stat`` a video.

    Clips of earlier calls stay as long as their videos exist. Files that no clip uses any more are
    removed. A second process that builds the same cache waits for the first.

    Args:
        root: Data root.
        folder: The cache; absent, empty or a cache of the same short side.
        paths: Videos, as paths below ``root`` with forward slashes.
        short_side: Pixels that a longer shorter side is reduced to; None leaves the size alone.
        workers: Processes; the frames do not depend on it.
        progress: Called with (clips done, clips in all).

    Raises:
        DataError: naming the video that is absent or cannot be decoded, or the folder that holds
            something else or cannot be written. What was cached until then stays.
        ConfigError: the folder holds a cache of another short side.
    """
    root, folder, paths = Path(root), Path(folder), list(dict.fromkeys(paths))
    with CACHE.making(folder) as alone:
        found = _inspect(folder, short_side)
        clips = dict(found.clips)
        todo = [path for path in paths if not _is_current(clips.get(path), root / path, folder)]
        jobs = [(root / path, folder, short_side) for path in todo]
        last_write = time.monotonic()
        try:
            for number, entry in enumerate(in_processes(_cache_one, jobs, workers, chunk=4)):
                clips[todo[number]] = entry
                if progress is not None:
                    progress(len(paths) - len(todo) + number + 1, len(paths))
                if time.monotonic() - last_write > _WRITE_EVERY_S:
                    found._replace(clips=clips).write(folder)
                    last_write = time.monotonic()
            wanted = set(paths)
            for path in set(clips) - wanted:
                if not (root / path).is_file():
                    del clips[path]
        finally:
            if clips != found.clips:
                found._replace(clips=clips).write(folder)
        _remove_unused(folder, {entry.file for entry in clips.values()}, alone)
    return ClipCache(folder)


def _inspect(folder: Path, short_side: int | None) -> Manifest:
    """The folder's manifest, which is there from then on; refuses what is not such a cache."""
    if CACHE.find(folder) is not None:
        found = Manifest.read(folder)
        if found.short_side != short_side:
            raise ConfigError(
                f'{folder}: holds a clip cache with short side {found.short_side}, '
                f'not {short_side}; name another folder'
            )
        if found.decoder == decoder():
            return found
        # Its files are of no use here, and the disk may not hold both.
        for entry in found.clips.values():
            (folder / entry.file).unlink(missing_ok=True)
    # The manifest comes first: a folder that has one is a cache, whatever else is there.
    new = Manifest(short_side, decoder(), {})
    new.write(folder)
    return new


def _is_current(entry: Entry | None, video: Path, folder: Path) -> bool:
    stated = stat_video(video)
    if entry is None or not entry.source.fits(stated):
        return False
    with contextlib.suppress(OSError):
        return os.stat(folder / entry.file).st_size == entry.file_bytes
    return False


def _cache_one(job: tuple[Path, Path, int | None]) -> Entry:
    """Sees to it that a video's frames are stored."""
    video, folder, short_side = job
    source = Source.of(video)
    file = folder / file_name(source.sha256, short_side)
    if stored_frames(file) is None:
        frames = DecodedVideo(video, short_side)
        if not len(frames):
            raise DataError(f'{video}: cannot be decoded (it holds no frame)')

        def write(target: IO[bytes]) -> None:
            _write_frames(target, frames)
            source.require_at(video)

        atomic_write(file, write)
    source.require_at(video)
    stored = stored_frames(file)
    if stored is None:
        raise DataError(f'{file}: cannot be read again')
    return Entry(*source, file.name, file.stat().st_size, stored.shape)


def _write_frames(target: IO[bytes], video: DecodedVideo) -> None:
    shape = (len(video), *video.shape, 3)
    header = {'descr': '|u1', 'fortran_order': False, 'shape': shape}
    np.lib.format.write_array_header_1_0(target, header)
    for frames in in_chunks(video):
        target.write(np.ascontiguousarray(frames).data)


def _remove_unused(folder: Path, used: set[str], alone: bool) -> None:
    for path in folder.iterdir():
        # Half a file may be another process's, where there are no locks to tell.
        own = _OWN_FILE.fullmatch(path.name) and (alone or not path.name.startswith('.'))
        if own and path.name not in used:
            path.unlink(missing_ok=True)


def verify(
    root: Path,
    folder: Path,
    paths: Iterable[str],
    workers: int = 1,
    progress: Callable[[int, int], object] | None = None,
) -> list[str]:
    """Decodes the videos anew and compares every frame; takes out clips that differ.

    Each is decoded from front to back, and once more at frames far apart, as a loader does.

    Args:
        root: Data root.
        folder: The cache.
        paths: Videos, as paths below ``root``; those that the cache does not hold are left out.
        workers: Processes.
        progress: Called with (clips done, clips in all).

    Returns:
        The clips that differed; the next :func:`build` makes them anew.

    Raises:
        DataError: the folder holds no cache, or naming a video that cannot be decoded.
    """
    root, folder = Path(root), Path(folder)
    # First, since a lock would make the folder.
    Manifest.read(folder)
    with alone_in(folder):
        manifest = Manifest.read(folder)
        held = [path for path in dict.fromkeys(paths) if path in manifest.clips]
        jobs = [
            (root / path, folder / manifest.clips[path].file, manifest.short_side) for path in held
        ]
        differing = []
        for number, equal in enumerate(in_processes(_is_equal, jobs, workers, chunk=4)):
            if not equal:
                differing.append(held[number])
            if progress is not None:
                progress(number + 1, len(held))
        if differing:
            for file in {manifest.clips[path].file for path in differing}:
                (folder / file).unlink(missing_ok=True)
            kept = {name: e for name, e in manifest.clips.items() if name not in differing}
            manifest._replace(clips=kept).write(folder)
    return differing


def _is_equal(job: tuple[Path, Path, int | None]) -> bool:
    """Whether a file holds the frames that its video decodes to."""
    video, file, short_side = job
    stored = stored_frames(file)
    decoded = DecodedVideo(video, short_side)
    if stored is None or stored.shape != (len(decoded), *decoded.shape, 3):
        return False
    first = 0
    for frames in in_chunks(decoded):
        if not np.array_equal(frames, stored[first : first + len(frames)]):
            return False
        first += len(frames)
    apart = np.linspace(0, len(stored) - 1, min(8, len(stored))).astype(int)[::-1]
    return np.array_equal(DecodedVideo(video, short_side).take(apart), stored[apart])
