"""Makes a DarkRoom: the video files, the lists and the manifest."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import DataError
from ...files.atomic import write_text
from ...files.hashes import digest, file_sha256
from ..arid.facts import MAPPING_TABLE, SPLITS, SUBSETS, V10_LIST
from ..fingerprint import DARKROOM
from ..making import Found
from ..processes import in_processes
from .actions import CLASSES
from .film import GENERATOR_VERSION, frames_of, write_video
from .layout import Take, clips_of
from .spec import DarkRoomSpec

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
    left alone; one of an older manifest is made again in place. A second process waits for the
    first.

    Args:
        root: The folder; absent, empty, or a DarkRoom of the same spec.
        spec: The DarkRoom's specification.
        workers: Processes; the frames do not depend on it.
        progress: Called with (clips done, clips in all).

    Returns:
        The manifest.

    Raises:
        DataError: ``root`` holds something else or cannot be written.
    """
    root = Path(root)
    clips = clips_of(spec)
    settings = {
        'generator_version': GENERATOR_VERSION,
        'spec': spec.to_dict(),
        'classes': list(CLASSES),
    }
    with DARKROOM.making(root):
        found = _inspect(root, settings)
        known = {} if found is None else found.content.get('clips', {})
        entries = {
            clip.path: known[clip.path]
            for clip in clips
            if clip.path in known and _size(root / clip.path) == known[clip.path]['file_bytes']
        }
        lists = (*_lists(root).values(), root / MAPPING_TABLE)
        whole = len(entries) == len(clips) and all(path.is_file() for path in lists)
        if found is not None and found.finished and whole:
            return found.content
        DARKROOM.write_mark(root, settings | {'clips': entries})
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
                DARKROOM.write_mark(root, settings | {'clips': entries})
        _write_lists(root, clips)
        # Split 1 stands for all three, which follow from the groups.
        hashed = sorted(
            (path, entry['label'], entry['splits']['1'], entry['frames_sha256'])
            for path, entry in entries.items()
        )
        ordered = {clip.path: entries[clip.path] for clip in clips}
        return DARKROOM.write_manifest(
            root, settings | {'clips': ordered, 'fingerprint': digest(hashed)}
        )


def _inspect(root: Path, settings: dict[str, Any]) -> Found | None:
    """What ``root`` holds of this DarkRoom; refuses one of other settings."""
    found = DARKROOM.find(root)
    if found is None:
        return None
    for key, value in settings.items():
        if found.content.get(key) != value:
            raise DataError(_difference(root, key, found.content.get(key), value))
    # Entries of an older manifest lack what one of today holds.
    return found if found.content.get('schema') == DARKROOM.schema else None


def _difference(root: Path, key: str, found: Any, wanted: Any) -> str:
    if isinstance(found, dict) and isinstance(wanted, dict):
        # What a spec leaves out is at its default.
        defaults = asdict(DarkRoomSpec())
        found, wanted = defaults | found, defaults | wanted
        key = next((name for name in wanted if found[name] != wanted[name]), key)
        found, wanted = found.get(key), wanted.get(key)
    return f'{root}: holds a DarkRoom with {key} {found!r}, not {wanted!r}; {DARKROOM.elsewhere}'


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


def _lists(root: Path) -> dict[tuple[int, str], Path]:
    """The list of each (place of the split, subset)."""
    return {
        (place, subset): root / V10_LIST.format(split=split, subset=subset)
        for place, split in enumerate(SPLITS)
        for subset in SUBSETS
    }


def _write_lists(root: Path, clips: list[Take]) -> None:
    for (place, subset), path in _lists(root).items():
        chosen = [clip for clip in clips if clip.subsets[place] == subset]
        lines = [f'{n}\t{clip.label}\t{clip.path}\n' for n, clip in enumerate(chosen)]
        write_text(path, ''.join(lines))
    table = ''.join(f'{label}\t{name}\n' for label, name in enumerate(CLASSES))
    write_text(root / MAPPING_TABLE, table)
