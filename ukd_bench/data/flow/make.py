"""Computes the fields of one clip and writes them."""

import contextlib
import functools
import itertools
import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import DataError
from ...files.atomic import read_json
from ..making import Source
from ..processes import in_processes
from ..video.frames import DecodedVideo, decoder, in_chunks
from . import FLOW_VERSION
from .algorithms import Estimator, brightening, estimator
from .format import (
    FLOW,
    difference,
    encode,
    flow_folder,
    is_current,
    read_manifest,
    totals,
    write_field,
)
from .settings import FlowSettings

__all__ = ['FlowSettings', 'make_flow']

MARK = '.flow.json'
"""File in a clip's folder that holds the clip's entry of the manifest."""

_current: list[Estimator] = []
"""The process's estimator, made once."""


def prepare(settings: FlowSettings, weights: Path | None, device: str) -> None:
    """Makes this process's estimator.

    Raises:
        ConfigError: the algorithm is not available here.
    """
    _current[:] = [estimator(settings, weights, device)]


def make_clip(root: Path, out: Path, settings: FlowSettings, video: str) -> tuple[str, dict]:
    """Writes one clip's fields; returns its folder below ``out`` and its manifest entry."""
    start = time.perf_counter()
    path, name = root / video, flow_folder(video)
    source = Source.of(path)
    folder = out / name
    # One name a clip, so that the next call takes away what a killed one left.
    partial = folder.with_name(f'.{folder.name}.partial')
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    written = fields = 0
    for field in _fields(path, settings):
        written += write_field(partial, fields, encode(field, settings.bound))
        fields += 1
    source.require_at(path)
    seconds = time.perf_counter() - start
    entry = {
        'source': {'path': video, **source._asdict()},
        'decoder': decoder(),
        'version': FLOW_VERSION,
        'fields': fields,
        'bytes': written,
        'compute_s': round(seconds, 4),
    }
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
    for frame in itertools.chain.from_iterable(in_chunks(video)):
        prepared = flow.prepare(table[frame])
        if previous is not None:
            yield flow.between(previous, prepared)
        previous = prepared


def make_flow(
    root: Path,
    out: Path,
    videos: Sequence[str],
    settings: FlowSettings,
    workers: int = 1,
    progress: Callable[[int, int], Any] | None = None,
    *,
    weights: Path | None = None,
    device: str = 'cpu',
) -> dict[str, Any]:
    """Makes the flow of videos, or completes or updates it.

    A video's flow is made anew where the video's content changed, which is looked at where its size
    or time of change did, or where another release of decord or OpenCV or another version of this
    code made the flow. A second process that makes the same flow waits for the first. Flow of other
    videos stays as it is.

    Args:
        root: Data root.
        out: Flow root: absent, empty, or flow of the same settings.
        videos: Paths below ``root``.
        settings: How flow is computed and stored.
        workers: Processes; the fields do not depend on it.
        progress: Called with (clips done, clips in all).
        weights: File of RAFT's weights, whose hash ``settings`` hold.
        device: Device that RAFT computes on.

    Returns:
        The manifest, with :func:`ukd_bench.data.flow.format.totals` of the videos asked for.

    Raises:
        DataError: a video or ``out`` cannot be used, or ``out`` holds flow of other settings.
        ConfigError: the algorithm is not available here.
    """
    root, out = Path(root), Path(out)
    wanted = _by_folder(videos)
    job = functools.partial(make_clip, root, out, settings)
    ready = functools.partial(prepare, settings, weights, device)
    with FLOW.making(out):
        manifest = _complete(root, out, wanted, settings.to_dict(), workers, progress, job, ready)
    return manifest | totals(manifest, wanted)


def _complete(
    root: Path,
    out: Path,
    wanted: dict[str, str],
    settings: dict[str, Any],
    workers: int,
    progress: Callable[[int, int], Any] | None,
    job: Callable[[str], tuple[str, dict]],
    ready: Callable[[], None],
) -> dict[str, Any]:
    manifest = _inspect(out, settings)
    entries, todo = _sort_out(root, out, wanted, manifest)
    known = manifest['clips'] if manifest else {}
    if manifest is not None and not todo and entries.items() <= known.items():
        return manifest
    FLOW.write_mark(out, {'settings': settings})
    if todo:
        # Here rather than in every process, so that a missing algorithm is reported once.
        ready()
    with contextlib.closing(in_processes(job, todo, workers, ready)) as finished:
        for folder, entry in finished:
            entries[folder] = entry
            if progress is not None:
                progress(len(entries), len(wanted))
    kept = {folder: known[folder] for folder in known if (out / folder / MARK).is_file()}
    clips = kept | {folder: entries[folder] for folder in wanted}
    return FLOW.write_manifest(out, {'settings': settings, 'clips': clips})


def _by_folder(videos: Sequence[str]) -> dict[str, str]:
    """Videos by the folder of their flow; refuses two that share one."""
    found: dict[str, str] = {}
    for video in videos:
        other = found.setdefault(flow_folder(video), video)
        if other != video:
            raise DataError(f'{other} and {video} would share the flow folder {flow_folder(video)}')
    return found


def _inspect(out: Path, settings: dict[str, Any]) -> dict[str, Any] | None:
    """The manifest at ``out``, if it is finished; refuses what is not this flow."""
    manifest, found = read_manifest(out), FLOW.find(out)
    present = settings if found is None else found.content.get('settings', {})
    if differs := difference(present, settings):
        raise DataError(f'{out}: holds flow with {differs}; {FLOW.elsewhere}')
    return manifest


def _sort_out(
    root: Path, out: Path, wanted: dict[str, str], manifest: dict[str, Any] | None
) -> tuple[dict[str, Any], list[str]]:
    """Entries of the clips that are up to date, and the videos of the others."""
    known = manifest['clips'] if manifest else {}
    entries, todo = {}, []
    for folder, video in wanted.items():
        mark = out / folder / MARK
        entry = known.get(folder) if mark.is_file() else None
        if entry is None or not _source(entry).is_at(root / video):
            # The clip's own mark may be newer than the manifest.
            entry = read_json(mark) if mark.is_file() else None
        if entry is not None and (entry['decoder'] != decoder() or not is_current(entry)):
            entry = None
        present = None if entry is None else _source(entry).present(root / video)
        if entry is not None and present is not None:
            entries[folder] = entry | {'source': {'path': video, **present._asdict()}}
        else:
            todo.append(video)
    return entries, todo


def _source(entry: dict[str, Any]) -> Source:
    return Source(*(entry['source'][name] for name in Source._fields))
