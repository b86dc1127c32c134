"""Optical flow on disk: MMAction2's flow frames, and the manifest that says how they came about.

``<root>/<Class>/<clip>/flow_x_00001.jpg`` and ``flow_y_00001.jpg`` hold the displacement from the
first frame to the second, and so on, as a grayscale JPEG each: MMAction2's ``RawframeDataset``
reads them with ``modality='Flow'`` and ``filename_tmpl='flow_{}_{:05d}.jpg'``. Of T frames there
are T - 1 fields; a video of one frame has one field without motion.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import cv2
import numpy as np

from ...errors import DataError
from ..making import FolderKind
from . import FLOW_VERSION

FLOW = FolderKind(
    'flow', 1, 'optical flow', 'flow.json', '.flow.json', 'name another folder with --out'
)

FIRST = 1
"""Number of a clip's first field."""

TEMPLATE = 'flow_{}_{:05d}.jpg'

JPEG_QUALITY = 95


def default_folder(algorithm: str) -> str:
    """Folder of the flow below its data root, unless a command names another."""
    return f'flow-{algorithm}'


def flow_folder(video: str) -> str:
    """The folder below a flow root that holds the fields of ``video``, a path below a data root."""
    return PurePosixPath(video).with_suffix('').as_posix()


def num_fields(num_frames: int) -> int:
    """Fields of a video of ``num_frames`` frames."""
    return max(1, num_frames - 1)


def encode(field_HW2: np.ndarray, bound: float) -> np.ndarray:
    """Displacements in pixels as codes: -bound is 0, bound is 255, what is beyond is clipped.

    No motion lies between two codes, at 127.5, and becomes 128.
    """
    scaled = (np.clip(field_HW2, -bound, bound) + bound) * (255 / (2 * bound))
    return np.rint(scaled).astype(np.uint8)


def decode(codes: np.ndarray, bound: float) -> np.ndarray:
    """Displacements in pixels of codes; the inverse of :func:`encode` to half a code."""
    return codes.astype(np.float32) * (2 * bound / 255) - bound


def write_field(folder: Path, index: int, codes_HW2: np.ndarray) -> int:
    """Writes field ``index``, counted from 0, as two JPEG files; returns their bytes."""
    total = 0
    for axis, name in enumerate('xy'):
        quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
        data = cv2.imencode('.jpg', codes_HW2[..., axis], quality)[1].tobytes()
        (folder / TEMPLATE.format(name, index + FIRST)).write_bytes(data)
        total += len(data)
    return total


class FlowFrames:
    """The fields of one clip, read whenever they are taken.

    Args:
        folder: Folder of the clip.
        fields: Number of fields in it.
    """

    def __init__(self, folder: Path, fields: int) -> None:
        self._folder = str(folder)
        self._fields = fields

    def __len__(self) -> int:
        return self._fields

    def take(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """The codes at ``indices``, (n, H, W, 2) uint8: horizontal, then vertical.

        Raises:
            DataError: a file is absent or no picture.
        """
        unique, places = np.unique(indices, return_inverse=True)
        fields = np.stack([[self._read(axis, int(index)) for axis in 'xy'] for index in unique])
        return fields.transpose(0, 2, 3, 1)[places]

    def _read(self, axis: str, index: int) -> np.ndarray:
        # Plain text, because paths are made sixteen times a clip.
        path = f'{self._folder}/{TEMPLATE.format(axis, index + FIRST)}'
        try:
            with open(path, 'rb') as file:
                codes_HW = cv2.imdecode(np.frombuffer(file.read(), np.uint8), cv2.IMREAD_GRAYSCALE)
        except (OSError, cv2.error):
            codes_HW = None
        if codes_HW is None:
            raise DataError(f'{path}: cannot be read; remove {self._folder} and make it anew')
        return codes_HW


def read_manifest(root: Path) -> dict[str, Any] | None:
    """The manifest of finished flow at ``root``; None where there is none.

    Raises:
        DataError: it is not one that this release reads.
    """
    return FLOW.manifest_in(root)


def is_current(entry: Mapping[str, Any]) -> bool:
    """Whether a clip's flow, whose entry of the manifest is given, was made by this version."""
    # Version 1 did not state itself at first.
    return entry.get('version', 1) == FLOW_VERSION


def totals(manifest: Mapping[str, Any], folders: Iterable[str]) -> dict[str, float]:
    """``fields``, ``bytes`` and ``compute_s`` of the clips whose flow lies in ``folders``."""
    entries = [manifest['clips'][folder] for folder in folders]
    return {
        name: round(sum(entry[name] for entry in entries), 4)
        for name in ('fields', 'bytes', 'compute_s')
    }


def difference(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> str | None:
    """``bound 20.0, not 8.0`` for the first setting that differs; None if all are equal."""
    for name in (*wanted, *found):
        one, other = found.get(name), wanted.get(name)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            if inner := difference(one, other):
                return inner
        elif one != other:
            return f'{name} {one!r}, not {other!r}'
    return None
