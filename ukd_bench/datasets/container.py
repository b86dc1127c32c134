"""Whether a video file is whole, told from its container alone.

A decoder makes do with what there is: of a truncated AVI, decord returns fewer frames, or as many
with the last ones repeated or half decoded, and says nothing. Containers state how long they are.
"""

import os
import struct
from pathlib import Path
from typing import IO

from ..errors import DataError

_OPEN_END = 0
_LONG_SIZE = 1
_UNKNOWN_SIZE = 0xFFFFFFFF
"""What a writer that could not go back leaves in a RIFF header."""


def require_whole(path: Path) -> None:
    """Refuses a file that is shorter than its container says; knows AVI and MP4.

    Other containers, and those that do not state their length, pass.

    Raises:
        DataError: the file is absent, empty or truncated.
    """
    try:
        with open(path, 'rb') as file:
            present = os.fstat(file.fileno()).st_size
            needed = _stated_bytes(file, present)
    except OSError as error:
        raise DataError(f'{path}: cannot be read ({error.strerror or error})') from error
    if present == 0:
        raise DataError(f'{path}: cannot be decoded (the file is empty)')
    if present < needed:
        raise DataError(
            f'{path}: cannot be decoded (truncated: {present} of at least {needed} bytes)'
        )


def _stated_bytes(file: IO[bytes], present: int) -> int:
    """Bytes that the file must have, as far as its outermost chunks or boxes tell."""
    head = file.read(12)
    if head[:4] == b'RIFF':
        size = struct.unpack('<I', head[4:8])[0] if len(head) >= 8 else 4
        return 8 + (0 if size == _UNKNOWN_SIZE else size)
    if head[4:8] != b'ftyp':
        return 0
    # ISO 14496-12: boxes follow each other, each with its size and type in front.
    position = 0
    while position < present:
        file.seek(position)
        header = file.read(16)
        if len(header) < 8:
            return position + 8
        size = struct.unpack('>I', header[:4])[0]
        if size == _LONG_SIZE:
            size = struct.unpack('>Q', header[8:])[0] if len(header) == 16 else 16
        if size == _OPEN_END:
            break
        position += max(size, 8)
    return position
