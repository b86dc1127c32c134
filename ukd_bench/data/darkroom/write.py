"""Making a DarkRoom: the video files, the lists and the manifest."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import DataError, ResultsError
from ...files.atomic import read_json, write_json, write_text
from ...files.hashes import digest, file_sha256
from ..arid.facts import MAPPING_TABLE, SPLITS, SUBSETS, V10_LIST
from ..processes import in_processes
from .actions import CLASSES
from .film import GENERATOR_VERSION, frames_of, write_video
from .layout import Take, clips_of
from .spec import DarkRoomSpec

_SCHEMA = 2


MANIFEST = 'manifest.json'


_MARK = '.darkroom.json'
"""Says that a folder is an unfinished DarkRoom, of which spec, and which clips it has."""


_MARK_EVERY = 50


def frames_sha256(frames: np.ndarray) -> str:
    """SHA-256 over shape and bytes of ``uint8`` frames."""
    header = 'x'.join(str(n) for n in frames.shape).encode()
    return hashlib.sha256(header + b'\n' + np.ascontiguousarray(frames).tobytes()).hexdigest()


def make(
    root: Path,
    spec: DarkRoomSpec,
    workers: int = 1,
    progress: Callable[[int, int], Any] | None = None,
) -> dict[str, Any]:
    """Makes a DarkRoom, or completes one.

    Videos appear under their names only when whole, and the manifest last, so that a run killed at
    any instant can be started again. A finished one whose files all exist and have their sizes is
    left alone; one of an older manifest is made again in place.

    Args:
        root: The folder; absent, empty, or a DarkRoom of the same spec.
        spec: What to make.
        workers: Processes; the frames do not depend on it.
        progress: Called with (clips done, clips in all).

    Returns:
        The manifest.

    Raises:
        DataError: ``root`` holds something else or cannot be written.
    """
    root = Path(root)
    clips = clips_of(spec)
    identity = {'schema': _SCHEMA, 'kind': 'darkroom', 'generator_version': GENERATOR_VERSION,
                'spec': spec.to_dict(), 'classes': list(CLASSES)}  # fmt: skip
    known, finished = _inspect(root, identity)
    entries = {
        clip.path: known[clip.path]
        for clip in clips
        if clip.path in known and _size(root / clip.path) == known[clip.path]['file_bytes']
    }
    lists = [root / V10_LIST.format(split=split, subset=s) for split in SPLITS for s in SUBSETS]
    lists.append(root / MAPPING_TABLE)
    if finished and len(entries) == len(clips) and all(path.is_file() for path in lists):
        return read_json(root / MANIFEST)
    try:
        root.mkdir(parents=True, exist_ok=True)
        # The mark first: what has one is a DarkRoom in the making, whatever else is there.
        write_json(root / _MARK, identity | {'clips': entries})
        for name in CLASSES:
            (root / name).mkdir(parents=True, exist_ok=True)
        # Group by group, because what the clips of a group share is drawn once.
        todo = sorted((c for c in clips if c.path not in entries), key=lambda clip: clip.group)
        jobs = [(root, spec, clip) for clip in todo]
        written = in_processes(_write_one, jobs, workers, chunk=4)
        for done, (clip, entry) in enumerate(written, 1):
            entries[clip.path] = entry
            if progress is not None:
                progress(len(entries), len(clips))
            if done % _MARK_EVERY == 0:
                write_json(root / _MARK, identity | {'clips': entries})
        return _finish(root, identity, clips, entries)
    except (OSError, ResultsError) as error:
        reason = getattr(error, 'strerror', None) or error
        raise DataError(f'{root}: cannot be written ({reason})') from error


def _inspect(root: Path, identity: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """What ``root`` holds; refuses what is not this DarkRoom.

    Returns:
        Entries of the clips it is known to hold, and whether it was finished.
    """
    if root.exists() and not root.is_dir():
        raise DataError(f'{root}: not a folder')
    older = False
    for name in (MANIFEST, _MARK):
        if not (root / name).is_file():
            continue
        try:
            found = read_json(root / name)
        except ResultsError as error:
            raise DataError(str(error)) from error
        if not isinstance(found, dict) or found.get('kind') != 'darkroom':
            raise DataError(f'{root / name}: not the manifest of a DarkRoom')
        for key, value in identity.items():
            if key != 'schema' and found.get(key) != value:
                raise DataError(_difference(root, key, found.get(key), value))
        if found.get('schema') == _SCHEMA:
            return found.get('clips', {}), name == MANIFEST
        # Its entries lack what a manifest of today holds.
        older = True
    # A temporary file may be all that is left of the mark's own writing.
    hidden = root.is_dir() and all(path.name.startswith('.') for path in root.iterdir())
    if root.is_dir() and not hidden and not older:
        raise DataError(f'{root}: not empty and not a DarkRoom; name a new folder')
    return {}, False


def _difference(root: Path, key: str, found: Any, wanted: Any) -> str:
    if isinstance(found, dict) and isinstance(wanted, dict):
        # What a spec leaves out is at its default.
        defaults = asdict(DarkRoomSpec())
        found, wanted = defaults | found, defaults | wanted
        key = next((name for name in wanted if found[name] != wanted[name]), key)
        found, wanted = found.get(key), wanted.get(key)
    return f'{root}: holds a DarkRoom with {key} {found!r}, not {wanted!r}; name a new folder'


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


def _write_one(job: tuple[Path, DarkRoomSpec, Take]) -> tuple[Take, dict[str, Any]]:
    root, spec, clip = job
    frames = frames_of(spec, clip)
    path = root / clip.path
    write_video(path, frames, spec.fps, spec.rendering)
    return clip, {
        'label': clip.label,
        'group': clip.group,
        'splits': {str(split): kind for split, kind in zip(SPLITS, clip.subsets, strict=True)},
        'num_frames': len(frames),
        'frames_sha256': frames_sha256(frames),
        'file_sha256': file_sha256(path),
        'file_bytes': path.stat().st_size,
    }


def _finish(
    root: Path, identity: dict[str, Any], clips: list[Take], entries: dict[str, Any]
) -> dict[str, Any]:
    """Writes lists and manifest, and takes the mark away."""
    for place, split in enumerate(SPLITS):
        for subset in SUBSETS:
            chosen = [clip for clip in clips if clip.subsets[place] == subset]
            lines = [f'{n}\t{clip.label}\t{clip.path}\n' for n, clip in enumerate(chosen)]
            write_text(root / V10_LIST.format(split=split, subset=subset), ''.join(lines))
    table = ''.join(f'{label}\t{name}\n' for label, name in enumerate(CLASSES))
    write_text(root / MAPPING_TABLE, table)
    # Split 1 stands for all three, which follow from the groups.
    hashed = sorted(
        (path, entry['label'], entry['splits']['1'], entry['frames_sha256'])
        for path, entry in entries.items()
    )
    ordered = {clip.path: entries[clip.path] for clip in clips}
    manifest = identity | {'clips': ordered, 'fingerprint': digest(hashed)}
    write_json(root / MANIFEST, manifest)
    (root / _MARK).unlink(missing_ok=True)
    return manifest
