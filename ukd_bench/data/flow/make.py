"""Making optical flow: every clip's fields, resumable and by several processes.

A clip's folder appears by one rename and holds its own entry of the manifest; the manifest comes
last. So a call that was killed at any instant is completed by the next.
"""

import contextlib
import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ...errors import DataError, ResultsError
from ...files.atomic import read_json, write_json
from ...files.hashes import file_sha256
from ...files.locks import alone_in
from ..processes import in_processes
from ..video.frames import decoder
from .algorithms import FlowSettings
from .clips import MARK, make_clip, prepare, reason_of, stat_source
from .format import MANIFEST, SCHEMA, difference, flow_folder, read_manifest, totals

__all__ = ['FlowSettings', 'make_flow']

_BEGUN = '.flow.json'
"""Holds the settings of flow in the making."""


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
    or time of change did, or where another release of decord or OpenCV made the flow. A second
    process that makes the same flow waits for the first. Flow of other videos stays as it is.

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
    identity = {'schema': SCHEMA, 'kind': 'flow', 'settings': settings.to_dict()}
    if out.exists() and not out.is_dir():
        raise DataError(f'{out}: not a folder')
    job = functools.partial(make_clip, root, out, settings)
    ready = functools.partial(prepare, settings, weights, device)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with alone_in(out):
            manifest = _complete(root, out, wanted, identity, workers, progress, job, ready)
    except ResultsError as error:
        raise DataError(str(error)) from error
    except OSError as error:
        raise DataError(f'{out}: cannot be written ({reason_of(error)})') from error
    return manifest | totals(manifest, wanted)


def _complete(
    root: Path,
    out: Path,
    wanted: dict[str, str],
    identity: dict[str, Any],
    workers: int,
    progress: Callable[[int, int], Any] | None,
    job: Callable[[str], tuple[str, dict]],
    ready: Callable[[], None],
) -> dict[str, Any]:
    manifest = _inspect(out, identity)
    entries, todo = _sort_out(root, out, wanted, manifest)
    known = manifest['clips'] if manifest else {}
    if manifest is not None and not todo and entries.items() <= known.items():
        return manifest
    # The mark comes first: a folder that has one is flow in the making, whatever else is there.
    write_json(out / _BEGUN, identity)
    if todo:
        # Here rather than in every process, so that a missing algorithm is reported once.
        ready()
    with contextlib.closing(in_processes(job, todo, workers, ready)) as finished:
        for folder, entry in finished:
            entries[folder] = entry
            if progress is not None:
                progress(len(entries), len(wanted))
    kept = {folder: known[folder] for folder in known if (out / folder / MARK).is_file()}
    manifest = identity | {'clips': kept | {folder: entries[folder] for folder in wanted}}
    write_json(out / MANIFEST, manifest)
    (out / _BEGUN).unlink(missing_ok=True)
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
    manifest = read_manifest(out)
    begun = manifest
    if begun is None and (out / _BEGUN).is_file():
        begun = read_json(out / _BEGUN)
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
        mark = out / folder / MARK
        entry = known.get(folder) if mark.is_file() else None
        if entry is None or not _unchanged(root / video, entry['source']):
            # The clip's own mark may be newer than the manifest.
            entry = read_json(mark) if mark.is_file() else None
        if entry is not None and entry['decoder'] != decoder():
            entry = None
        if entry is not None and (source := _same_source(root / video, entry['source'])):
            entries[folder] = entry | {'source': source}
        else:
            todo.append(video)
    return entries, todo


def _unchanged(path: Path, source: dict[str, Any]) -> bool:
    return stat_source(path).items() <= source.items()


def _same_source(path: Path, source: dict[str, Any]) -> dict[str, Any] | None:
    """The source's facts, as they now are, if its content is that of ``source``."""
    if _unchanged(path, source):
        return source
    now = stat_source(path)
    if now['bytes'] != source['bytes'] or file_sha256(path) != source['sha256']:
        return None
    return source | now
