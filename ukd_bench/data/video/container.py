"""Tells from the container alone whether a file is a whole video.

Decoders make do with what there is: of a truncated AVI, decord returns fewer frames, or as many
with the last ones repeated or half decoded, and says nothing. Containers state how long they are.
"""

import os
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ...errors import DataError

_HEADER_BYTES = 2**24
"""More than the description of a clip's streams takes."""
_OPEN_END = 0
_LONG_SIZE = 1
_UNKNOWN_SIZE = 0xFFFFFFFF
"""Size in a RIFF header that its writer could not go back to."""
_OUTERMOST = frozenset(
    b'ftyp moov mdat free skip wide uuid moof mfra sidx styp meta pdin udta'.split()
)
"""Types of an MP4's outermost boxes."""
_INDISPENSABLE = frozenset((b'moov', b'mdat'))


def require_whole(path: Path) -> int:
    """Refuses a file that is shorter than its container says, or only sound; knows AVI and MP4.

    Other containers, and those that do not state their length, pass.

    Returns:
        The file's size in bytes.

    Raises:
        DataError: the file is absent, empty, truncated or holds no pictures.
    """
    try:
        with open(path, 'rb') as file:
            present = os.fstat(file.fileno()).st_size
            needed = _stated_bytes(file, present)
            pictures = present < needed or _has_pictures(file, present)
    except OSError as error:
        raise DataError(f'{path}: cannot be read ({error.strerror or error})') from error
    if present == 0:
        raise DataError(f'{path}: cannot be decoded (the file is empty)')
    if present < needed:
        raise DataError(
            f'{path}: cannot be decoded (truncated: {present} of at least {needed} bytes)'
        )
    if not pictures:
        raise DataError(f'{path}: cannot be decoded (it holds sound but no pictures)')
    return present


def _stated_bytes(file: IO[bytes], present: int) -> int:
    """Bytes that the file must have, as far as its outermost chunks or boxes tell."""
    head = file.read(12)
    if head[:4] == b'RIFF':
        size = struct.unpack('<I', head[4:8])[0] if len(head) >= 8 else 4
        return 8 + (0 if size == _UNKNOWN_SIZE else size)
    if head[4:8] != b'ftyp':
        return 0
    return max(end for _, _, end in _boxes(file, present))


def _boxes(file: IO[bytes], present: int) -> Iterator[tuple[bytes, int, int]]:
    """Type, start and end of an MP4's outermost boxes, but for a tail that is no box."""
    # ISO 14496-12: boxes follow each other, each with its size and type in front.
    position = 0
    complete: set[bytes] = set()
    while position < present:
        file.seek(position)
        header = file.read(16)
        if len(header) < 8:
            # Players ignore a newline or a tag that was appended.
            if not complete >= _INDISPENSABLE:
                yield b'', position, position + 8
            return
        kind = header[4:8]
        size = struct.unpack('>I', header[:4])[0]
        if size == _LONG_SIZE:
            size = struct.unpack('>Q', header[8:])[0] if len(header) == 16 else 16
        if size == _OPEN_END:
            yield kind, position, present
            return
        end = position + max(size, 8)
        if end > present and kind not in _OUTERMOST and complete >= _INDISPENSABLE:
            return
        yield kind, position, end
        complete.add(kind)
        position = end


def _has_pictures(file: IO[bytes], present: int) -> bool:
    """False for a file that describes its streams and has none of pictures."""
    file.seek(0)
    head = file.read(24)
    if head[:4] == b'RIFF':
        if head[8:12] == b'WAVE':
            return False
        if head[12:16] != b'LIST' or head[20:24] != b'hdrl':
            return True
        size = struct.unpack('<I', head[16:20])[0]
        # The header of a stream begins with its type.
        streams = re.findall(rb'strh.{4}(vids|auds|mids|txts)', _part(file, 24, size), re.DOTALL)
        return not streams or b'vids' in streams
    if head[4:8] != b'ftyp':
        return True
    for kind, start, end in _boxes(file, present):
        if kind == b'moov':
            movie = _part(file, start, end - start)
            handlers = re.findall(rb'hdlr.{8}(vide|soun)', movie, re.DOTALL)
            return not handlers or b'vide' in handlers
    return True


def _part(file: IO[bytes], start: int, size: int) -> bytes:
    file.seek(start)
    return file.read(min(size, _HEADER_BYTES))
