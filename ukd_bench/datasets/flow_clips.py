"""One clip's fields, and clips in several processes."""

import json
import multiprocessing
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import cv2
import numpy as np

from ..errors import DataError
from ..records import file_sha256
from .container import require_whole
from .flow_algorithms import Estimator, brightening, estimator
from .flow_format import encode, flow_folder, write_field
from .flow_settings import FlowSettings
from .video import DecodedVideo

MARK = '.flow.json'
"""In a clip's folder: its entry of the manifest."""
_CHUNK = 32
"""Frames decoded at once, so that a long video does not fill the memory."""


def run_jobs(
    job: Callable[[str], tuple[str, dict]],
    videos: list[str],
    workers: int,
    settings: FlowSettings,
    weights: Path | None,
    device: str,
) -> Iterator[tuple[str, dict]]:
    """Results of ``job`` on each of ``videos``, in the order in which they are finished."""
    # Here as well where others compute: what is not to be had is said once and in this process.
    if videos:
        _prepare(settings, weights, device)
    if workers <= 1 or len(videos) < 2:
        threads = cv2.getNumThreads()
        cv2.setNumThreads(1)
        try:
            yield from map(job, videos)
        finally:
            cv2.setNumThreads(threads)
        return
    # Spawned, because a fork of a process with running threads may hang.
    context = multiprocessing.get_context('spawn')
    pool = ProcessPoolExecutor(workers, context, _start, (settings, weights, device))
    try:
        for future in as_completed([pool.submit(job, video) for video in videos]):
            yield future.result()
    except BrokenProcessPool as error:
        raise DataError(
            'a worker ended without a word (out of memory?): call again with fewer --workers'
        ) from error
    finally:
        # Not by a `with`, which would wait for all clips after an interrupt.
        pool.shutdown(cancel_futures=True)


_current: list[Estimator] = []
"""The process's estimator, made once."""


def _prepare(settings: FlowSettings, weights: Path | None, device: str) -> None:
    _current[:] = [estimator(settings, weights, device)]


def _start(settings: FlowSettings, weights: Path | None, device: str) -> None:
    # Who interrupts a call means the process that waits for these, which lets them end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    _prepare(settings, weights, device)


def make_clip(root: Path, out: Path, settings: FlowSettings, video: str) -> tuple[str, dict]:
    """Writes one clip's fields; returns its folder below ``out`` and its manifest entry."""
    start = time.perf_counter()
    path, name = root / video, flow_folder(video)
    require_whole(path)
    source = {'path': video, **stat_source(path), 'sha256': file_sha256(path)}
    folder = out / name
    # One name a clip, so that what a killed call left is taken away by the next.
    partial = folder.with_name(f'.{folder.name}.partial')
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    written = fields = 0
    for field in _fields(path, settings):
        written += write_field(partial, fields, encode(field, settings.bound))
        fields += 1
    seconds = time.perf_counter() - start
    entry = {'source': source, 'fields': fields, 'bytes': written, 'compute_s': round(seconds, 4)}
    # Nobody sees it before the rename, so it need not be written atomically.
    (partial / MARK).write_text(json.dumps(entry))
    if folder.exists():
        # First, so that a call that is killed meanwhile leaves nothing that looks whole.
        (folder / MARK).unlink(missing_ok=True)
        shutil.rmtree(folder)
    partial.rename(folder)
    return name, entry


def _fields(path: Path, settings: FlowSettings) -> Iterator[np.ndarray]:
    """The fields of a video, (H, W, 2) each; one without motion where it has but one frame."""
    video = DecodedVideo(path, settings.short_side)
    if len(video) < 1:
        raise DataError(f'{path}: cannot be decoded (it holds no frame)')
    if len(video) == 1:
        yield np.zeros((*video.shape, 2), np.float32)
        return
    table = brightening(settings.gamma)
    flow, previous = _current[0], None
    for start in range(0, len(video), _CHUNK):
        for frame in video.take(range(start, min(start + _CHUNK, len(video)))):
            prepared = flow.prepare(table[frame])
            if previous is not None:
                yield flow.between(previous, prepared)
            previous = prepared


def stat_source(path: Path) -> dict[str, int]:
    """What tells cheaply that a video is still the same.

    Raises:
        DataError: there is no file.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise DataError(f'{path}: cannot be read ({reason_of(error)})') from error
    return {'bytes': found.st_size, 'mtime_ns': found.st_mtime_ns}


def reason_of(error: Exception) -> str:
    """What the system says is wrong, without the path."""
    return getattr(error, 'strerror', None) or str(error)
