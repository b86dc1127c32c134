"""Making optical flow: every clip's fields, resumable and by several processes.

A clip's folder appears by one rename and holds its own entry of the manifest; the manifest comes
last. So a call that was killed at any instant is completed by the next.
"""

import contextlib
import functools
import json
import multiprocessing
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..errors import DataError, ResultsError
from ..paths import read_json, write_json
from ..records import file_sha256
from .container import require_whole
from .flow_algorithms import Estimator, brightening, estimator
from .flow_format import (
    MANIFEST,
    SCHEMA,
    difference,
    encode,
    flow_folder,
    read_manifest,
    write_field,
)
from .flow_settings import FlowSettings
from .video import DecodedVideo

_MARK = '.flow.json'
"""At the root: the settings of flow in the making. In a clip's folder: its manifest entry."""
_CHUNK = 32
"""Frames decoded at once, so that a long video does not fill the memory."""

Progress = Callable[[int, int], Any]


def make_flow(
    root: Path,
    out: Path,
    videos: Sequence[str],
    settings: FlowSettings,
    workers: int = 1,
    progress: Progress | None = None,
    *,
    weights: Path | None = None,
    device: str = 'cpu',
) -> dict[str, Any]:
    """Makes the flow of videos, or completes or updates it.

    A video is made anew where its content changed, which is looked at where its size or time of
    change did. Flow of videos that are not asked for stays, but leaves the manifest.

    Args:
        root: Data root.
        out: Flow root: absent, empty, or flow of the same settings.
        videos: Paths below ``root``.
        settings: How flow is computed and stored.
        workers: Processes; the fields do not depend on it.
        progress: Called with (clips done, clips in all).
        weights: Of RAFT; ``settings`` holds their hash.
        device: Where RAFT computes.

    Returns:
        The manifest.

    Raises:
        DataError: a video or ``out`` cannot be used, or ``out`` holds flow of other settings.
        ConfigError: the algorithm is not to be had here.
    """
    root, out = Path(root), Path(out)
    wanted = _by_folder(videos)
    identity = {'schema': SCHEMA, 'kind': 'flow', 'settings': settings.to_dict()}
    manifest = _inspect(out, identity)
    entries, todo = _sort_out(root, out, wanted, manifest)
    if not todo and manifest is not None and manifest['clips'] == entries:
        return manifest
    try:
        # The mark first: what has one is flow in the making, whatever else is there.
        write_json(out / _MARK, identity)
        job = functools.partial(_make_clip, root, out, settings)
        with contextlib.closing(_run(job, todo, workers, settings, weights, device)) as finished:
            for folder, entry in finished:
                entries[folder] = entry
                if progress is not None:
                    progress(len(entries), len(wanted))
        totals = {
            name: sum(entry[name] for entry in entries.values())
            for name in ('fields', 'bytes', 'compute_s')
        }
        ordered = {folder: entries[folder] for folder in wanted}
        manifest = identity | {'opencv': cv2.__version__, **totals, 'clips': ordered}
        write_json(out / MANIFEST, manifest)
        (out / _MARK).unlink(missing_ok=True)
    except (OSError, ResultsError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f'{out}: cannot be written ({_reason(error)})') from error
    return manifest


def _by_folder(videos: Sequence[str]) -> dict[str, str]:
    """Videos by the folder of their flow; refuses two that share one."""
    found: dict[str, str] = {}
    for video in videos:
        other = found.setdefault(flow_folder(video), video)
        if other != video:
            raise DataError(f'{other} and {video} would share the flow folder {flow_folder(video)}')
    return found


def _inspect(out: Path, identity: dict[str, Any]) -> dict[str, Any] | None:
    """The manifest at ``out``, if it is finished; refuses what is not this flow."""
    if out.exists() and not out.is_dir():
        raise DataError(f'{out}: not a folder')
    manifest = read_manifest(out)
    begun = manifest
    if begun is None and (out / _MARK).is_file():
        begun = read_json(out / _MARK)
    if begun is not None:
        if differs := difference(begun.get('settings', {}), identity['settings']):
            raise DataError(f'{out}: holds flow with {differs}; name another folder with --out')
    # A temporary file may be all that is left of the mark's own writing.
    elif out.is_dir() and any(not path.name.startswith('.') for path in out.iterdir()):
        raise DataError(f'{out}: not empty and no optical flow; name another folder with --out')
    return manifest


def _sort_out(
    root: Path, out: Path, wanted: dict[str, str], manifest: dict[str, Any] | None
) -> tuple[dict[str, Any], list[str]]:
    """Entries of the clips that are up to date, and the videos of the others."""
    known = manifest['clips'] if manifest else {}
    entries, todo = {}, []
    for folder, video in wanted.items():
        mark = out / folder / _MARK
        entry = known.get(folder) if mark.is_file() else None
        if entry is None or not _unchanged(root / video, entry['source']):
            # The clip's own mark may be newer than the manifest.
            entry = read_json(mark) if mark.is_file() else None
        if entry is not None and (source := _same_source(root / video, entry['source'])):
            entries[folder] = entry | {'source': source}
        else:
            todo.append(video)
    return entries, todo


def _stat(path: Path) -> dict[str, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise DataError(f'{path}: cannot be read ({_reason(error)})') from error
    return {'bytes': found.st_size, 'mtime_ns': found.st_mtime_ns}


def _unchanged(path: Path, source: dict[str, Any]) -> bool:
    return _stat(path).items() <= source.items()


def _same_source(path: Path, source: dict[str, Any]) -> dict[str, Any] | None:
    """The source's facts, as they now are, if its content is that of ``source``."""
    if _unchanged(path, source):
        return source
    now = _stat(path)
    if now['bytes'] != source['bytes'] or file_sha256(path) != source['sha256']:
        return None
    return source | now


def _run(
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
    with ProcessPoolExecutor(workers, context, _start, (settings, weights, device)) as pool:
        try:
            for future in as_completed([pool.submit(job, video) for video in videos]):
                yield future.result()
        except BrokenProcessPool as error:
            raise DataError(
                'a worker ended without a word (out of memory?): call again with fewer --workers'
            ) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


_current: list[Estimator] = []
"""The process's estimator, made once."""


def _prepare(settings: FlowSettings, weights: Path | None, device: str) -> None:
    _current[:] = [estimator(settings, weights, device)]


def _start(settings: FlowSettings, weights: Path | None, device: str) -> None:
    cv2.setNumThreads(1)
    _prepare(settings, weights, device)


def _make_clip(root: Path, out: Path, settings: FlowSettings, video: str) -> tuple[str, dict]:
    """Writes one clip's fields; returns its folder below ``out`` and its manifest entry."""
    start = time.perf_counter()
    path, name = root / video, flow_folder(video)
    require_whole(path)
    source = {'path': video, **_stat(path), 'sha256': file_sha256(path)}
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
    (partial / _MARK).write_text(json.dumps(entry))
    if folder.exists():
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


def _reason(error: Exception) -> str:
    return getattr(error, 'strerror', None) or str(error)
