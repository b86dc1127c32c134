"""Comparing a cache with its videos, frame by frame."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from ...files.locks import alone_in
from ..processes import in_processes
from ..video.frames import DecodedVideo, in_chunks
from .store import Manifest, stored_frames


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
        The clips that differed; the next :func:`ukd_bench.data.cache.build` makes them anew.

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
