"""Making optical flow: every clip's fields, resumable and by several processes.

A clip's folder appears by one rename and holds its own entry of the manifest; the manifest comes
last. So a call that was killed at any instant is completed by the next.
"""

import contextlib
import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ...errors import DataError
from ...files.atomic import read_json
from ..making import Source
from ..processes import in_processes
from ..video.frames import decoder
from .algorithms import FlowSettings
from .clips import MARK, make_clip, prepare
from .format import FLOW, difference, flow_folder, read_manifest, totals

__all__ = ['FlowSettings', 'make_flow']


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
        if entry is not None and entry['decoder'] != decoder():
            entry = None
        present = None if entry is None else _source(entry).present(root / video)
        if entry is not None and present is not None:
            entries[folder] = entry | {'source': {'path': video, **present._asdict()}}
        else:
            todo.append(video)
    return entries, todo


def _source(entry: dict[str, Any]) -> Source:
    return Source(*(entry['source'][name] for name in Source._fields))
