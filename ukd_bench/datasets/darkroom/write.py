"""Making a DarkRoom: which clips there are, the video files, lists and the manifest."""

import functools
import hashlib
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ...errors import DataError, ResultsError
from ...paths import read_json, write_json, write_text
from ...records import digest
from .actions import CLASSES, draw_style
from .encode import write_video
from .scene import Look, draw_look, draw_shot, render
from .sensor import Sensor, capture, draw_sensor, exposure_for
from .spec import PRESETS, Clip, DarkRoomSpec, clips_of

__all__ = ['GENERATOR_VERSION', 'PRESETS', 'DarkRoomSpec', 'frames_of', 'light_of', 'make']

GENERATOR_VERSION = 1
"""Raised whenever the same spec would give other frames."""
MANIFEST = 'manifest.json'
_MARK = '.darkroom.json'
"""Says that a folder is an unfinished DarkRoom, of which spec, and which clips it has."""
_MARK_EVERY = 50
_LISTS = {'train': 'ARID_split1_train.txt', 'test': 'ARID_split1_test.txt',
          'other': 'ARID_split1_other.txt'}  # fmt: skip
_SHARED = len(CLASSES)
"""Stands for the class in a stream that all classes share."""
_LOOK, _SHOT, _NOISE, _SENSOR = range(4)


def _stream(spec: DarkRoomSpec, *keys: int) -> np.random.Generator:
    return np.random.default_rng([spec.seed, *keys])


def frames_of(spec: DarkRoomSpec, clip: Clip) -> np.ndarray:
    """The stored frames of a clip, before encoding.

    Person, place, light and camera are drawn from (seed, group) without the class: the same group
    of two classes looks the same, and the background cannot tell the class.

    Returns:
        ``uint8 (T, H, W, 3)``, blue green red.
    """
    light, sensor = light_of(spec, clip)
    return capture(light, sensor, _stream(spec, clip.label, clip.group, clip.number, _NOISE))


@functools.lru_cache(maxsize=32)
def _look(spec: DarkRoomSpec, group: int) -> Look:
    return draw_look(spec.width, spec.height, _stream(spec, _SHARED, group, 0, _LOOK))


def light_of(spec: DarkRoomSpec, clip: Clip) -> tuple[np.ndarray, Sensor]:
    """The linear light ``(T, H, W, 3)`` a clip's camera sees, and the camera's sensor."""
    look = _look(spec, clip.group)
    rng = _stream(spec, clip.label, clip.group, clip.number, _SHOT)
    frames = int(rng.integers(spec.min_frames, spec.max_frames + 1))
    name = CLASSES[clip.label]
    style = draw_style(name, frames / spec.fps, rng)
    light = render(name, style, look, draw_shot(name, frames, look, rng))
    rng = _stream(spec, _SHARED, clip.group, 0, _SENSOR)
    exposure = exposure_for(look.still(), rng.uniform(*spec.mean_code))
    return light, draw_sensor(exposure, spec.noise, rng)


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
    any instant can be started again. A finished one whose files all exist is left alone.

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
    identity = {'schema': 1, 'kind': 'darkroom', 'generator_version': GENERATOR_VERSION,
                'spec': spec.to_dict(), 'classes': list(CLASSES)}  # fmt: skip
    known = _inspect(root, identity)
    entries = {
        clip.path: known[clip.path]
        for clip in clips
        if clip.path in known and (root / clip.path).is_file()
    }
    lists = [root / 'list_cvt' / name for name in (*_LISTS.values(), 'mapping_table.txt')]
    complete = (root / MANIFEST).is_file() and all(path.is_file() for path in lists)
    if complete and len(entries) == len(clips):
        return read_json(root / MANIFEST)
    try:
        root.mkdir(parents=True, exist_ok=True)
        # The mark first: what has one is a DarkRoom in the making, whatever else is there.
        write_json(root / _MARK, identity | {'clips': entries})
        for name in CLASSES:
            (root / name).mkdir(parents=True, exist_ok=True)
        todo = [clip for clip in clips if clip.path not in entries]
        for done, (clip, entry) in enumerate(_write_all(root, spec, todo, workers), 1):
            entries[clip.path] = entry
            if progress is not None:
                progress(len(entries), len(clips))
            if done % _MARK_EVERY == 0:
                write_json(root / _MARK, identity | {'clips': entries})
        return _finish(root, identity, clips, entries)
    except (OSError, ResultsError) as error:
        reason = getattr(error, 'strerror', None) or error
        raise DataError(f'{root}: cannot be written ({reason})') from error


def _inspect(root: Path, identity: dict[str, Any]) -> dict[str, Any]:
    """Entries of the clips that ``root`` is known to hold; refuses what is not this DarkRoom."""
    if root.exists() and not root.is_dir():
        raise DataError(f'{root}: not a folder')
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
            if found.get(key) != value:
                raise DataError(_difference(root, key, found.get(key), value))
        return found.get('clips', {})
    # A temporary file may be all that is left of the mark's own writing.
    if root.is_dir() and any(not path.name.startswith('.') for path in root.iterdir()):
        raise DataError(f'{root}: not empty and not a DarkRoom; name a new folder')
    return {}


def _difference(root: Path, key: str, found: Any, wanted: Any) -> str:
    if isinstance(found, dict) and isinstance(wanted, dict):
        changed = [name for name in wanted if found.get(name) != wanted[name]]
        key = changed[0] if changed else key
        found, wanted = found.get(key), wanted.get(key)
    return f'{root}: holds a DarkRoom with {key} {found!r}, not {wanted!r}; name a new folder'


def _write_one(job: tuple[Path, DarkRoomSpec, Clip]) -> tuple[Clip, dict[str, Any]]:
    root, spec, clip = job
    frames = frames_of(spec, clip)
    write_video(root / clip.path, frames, spec.fps)
    return clip, {
        'label': clip.label,
        'group': clip.group,
        'split': clip.split,
        'num_frames': len(frames),
        'frames_sha256': frames_sha256(frames),
    }


def _write_all(
    root: Path, spec: DarkRoomSpec, clips: list[Clip], workers: int
) -> Iterator[tuple[Clip, dict[str, Any]]]:
    jobs = [(root, spec, clip) for clip in clips]
    if workers <= 1 or len(jobs) < 2:
        yield from map(_write_one, jobs)
        return
    # Spawned, because a fork of a process with running threads may hang.
    context = multiprocessing.get_context('spawn')
    with ProcessPoolExecutor(workers, context, cv2.setNumThreads, (1,)) as pool:
        yield from pool.map(_write_one, jobs, chunksize=4)


def _finish(
    root: Path, identity: dict[str, Any], clips: list[Clip], entries: dict[str, Any]
) -> dict[str, Any]:
    """Writes lists and manifest, and takes the mark away."""
    for split, name in _LISTS.items():
        paths = [(clip.label, clip.path) for clip in clips if clip.split == split]
        lines = [f'{index}\t{label}\t{path}\n' for index, (label, path) in enumerate(paths)]
        write_text(root / 'list_cvt' / name, ''.join(lines))
    table = ''.join(f'{label}\t{name}\n' for label, name in enumerate(CLASSES))
    write_text(root / 'list_cvt' / 'mapping_table.txt', table)
    hashed = sorted((p, e['label'], e['split'], e['frames_sha256']) for p, e in entries.items())
    ordered = {clip.path: entries[clip.path] for clip in clips}
    manifest = identity | {'clips': ordered, 'fingerprint': digest(hashed)}
    write_json(root / MANIFEST, manifest)
    (root / _MARK).unlink(missing_ok=True)
    return manifest
