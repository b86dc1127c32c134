"""A contact sheet of stored clips, as they look and brightened."""

from pathlib import Path

import cv2
import numpy as np

from ...errors import DataError
from ...files.atomic import atomic_write
from .actions import CLASSES
from .film import read_video
from .sensor import brighten

_GAMMA = 3.0
_NAMES, _HEADING, _GAP = 60, 20, 6
"""Pixels left of the frames, above them, and between the two kinds."""
_WIDEST = 144
"""Frames wider than this are shown smaller, or a sheet would not fit on a screen."""


def contact_sheet(root: Path, manifest: dict, columns: int = 6) -> np.ndarray:
    """One row a class: frames of a clip as stored, then the same brightened.

    A well-lit set is shown as stored only.

    Args:
        root: A DarkRoom.
        manifest: Its manifest.
        columns: Frames of each kind.

    Returns:
        ``uint8 (rows, columns, 3)``, blue green red, with class names on the left and what is shown
        above.
    """
    bright = manifest['spec'].get('bright', False)
    rows = []
    for label, name in enumerate(CLASSES):
        frames = read_video(root / _example(manifest, label))
        picked = frames[np.linspace(0, len(frames) - 1, columns).round().astype(int)]
        kinds = [picked] if bright else [picked, brighten(picked, _GAMMA)]
        tiles = [np.hstack([_shrink(frame) for frame in kind]) for kind in kinds]
        tall = tiles[0].shape[0]
        gap = np.full((tall, _GAP, 3), 255, np.uint8)
        rows.append(np.hstack([_text(name, _NAMES, tall), *_between(tiles, gap)]))
    wide = rows[0].shape[1] - _NAMES
    if bright:
        heading = [_text('as stored', wide, _HEADING)]
    else:
        stored = (wide - _GAP) // 2 + _GAP
        heading = [
            _text('as stored', stored, _HEADING),
            _text(f'brightened, gamma {_GAMMA:g}', wide - stored, _HEADING),
        ]
    return np.vstack([np.hstack([_text('', _NAMES, _HEADING), *heading]), *rows])


def _example(manifest: dict, label: int) -> str:
    """A clip of a class; another group for every class, to show that places differ."""
    mine = {
        path: entry['group'] for path, entry in manifest['clips'].items() if entry['label'] == label
    }
    groups = sorted(set(mine.values()))
    wanted = groups[label % len(groups)]
    return next(path for path, group in mine.items() if group == wanted)


def _shrink(frame: np.ndarray) -> np.ndarray:
    height, width = frame.shape[:2]
    if width <= _WIDEST:
        return frame
    size = (_WIDEST, round(height * _WIDEST / width))
    return cv2.resize(frame, size, interpolation=cv2.INTER_AREA)


def _text(words: str, width: int, height: int) -> np.ndarray:
    """A white field with words at its left."""
    field = np.full((height, width, 3), 255, np.uint8)
    at = (4, height // 2 + 5)
    cv2.putText(field, words, at, cv2.FONT_HERSHEY_SIMPLEX, 0.42, (0, 0, 0), 1, cv2.LINE_AA)
    return field


def _between(tiles: list[np.ndarray], gap: np.ndarray) -> list[np.ndarray]:
    out = [tiles[0]]
    for tile in tiles[1:]:
        out += [gap, tile]
    return out


def check_name(path: Path) -> None:
    """Refuses a preview that would not be a PNG, before any video is made.

    Raises:
        DataError: ``path`` does not end in ``.png``.
    """
    if path.suffix.lower() != '.png':
        raise DataError(f'{path}: a preview must end in .png')


def write_preview(path: Path, root: Path, manifest: dict) -> None:
    """Writes :func:`contact_sheet` as a PNG.

    Raises:
        DataError: OpenCV cannot encode it.
    """
    encoded, png = cv2.imencode('.png', contact_sheet(root, manifest))
    if not encoded:
        raise DataError(f'{path}: OpenCV cannot write a PNG here')
    atomic_write(path, lambda file: file.write(png.tobytes()))
