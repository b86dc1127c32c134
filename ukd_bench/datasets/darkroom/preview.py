"""A contact sheet: what the stored clips look like, and what is in them."""

from pathlib import Path

import cv2
import numpy as np

from ...errors import DataError
from ...paths import atomic_write
from .actions import CLASSES
from .encode import read_video
from .sensor import brighten

_GAMMA = 3.0
_NAME_WIDTH = 44


def contact_sheet(root: Path, manifest: dict, columns: int = 6) -> np.ndarray:
    """One row a class: frames of a training clip as stored, then the same brightened.

    Args:
        root: A DarkRoom.
        manifest: Its manifest.
        columns: Frames of each kind.

    Returns:
        ``uint8 (rows, columns, 3)``, blue green red, with class names on the left.
    """
    rows = []
    for label, name in enumerate(CLASSES):
        mine = [path for path, entry in manifest['clips'].items() if entry['label'] == label]
        # Another group for every class, to show that places differ.
        frames = read_video(root / mine[(label * 2) % len(mine)])
        picked = frames[np.linspace(0, len(frames) - 1, columns).round().astype(int)]
        title = np.full((picked.shape[1], _NAME_WIDTH, 3), 255, np.uint8)
        at = (2, picked.shape[1] // 2)
        cv2.putText(title, name, at, cv2.FONT_HERSHEY_SIMPLEX, 0.35, (0, 0, 0), 1, cv2.LINE_AA)
        gap = np.full((picked.shape[1], 6, 3), 255, np.uint8)
        rows.append(np.hstack([title, *picked, gap, *brighten(picked, _GAMMA)]))
    return np.vstack(rows)


def check_name(path: Path) -> None:
    """Refuses a preview that would not be a PNG, before any video is made.

    Raises:
        DataError: ``path`` does not end in ``.png``.
    """
    if path.suffix.lower() != '.png':
        raise DataError(f'{path}: a preview must end in .png')


def write_preview(path: Path, root: Path, manifest: dict) -> None:
    """Writes ``contact_sheet`` as a PNG."""
    _, png = cv2.imencode('.png', contact_sheet(root, manifest))
    atomic_write(path, lambda file: file.write(png.tobytes()))
