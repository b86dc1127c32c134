"""Hashes of files and of plain values."""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..errors import ResultsError, is_unreadable

Stamp = tuple[int, int, int]
"""Size, time of change and number of a file."""
HasHash = Callable[[Path, str], bool]
"""Tells whether the file at a path has a SHA-256.

It raises ResultsError where the file is there and cannot be read.
"""
DIGEST = 'digest'
"""Key of the hash that a file's content holds of itself."""


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces, so that equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(',', ':'), allow_nan=False)


def digest(value: Any, length: int = 64) -> str:
    """The first ``length`` hexadecimal digits of the SHA-256 of ``canonical_json(value)``."""
    return text_digest(canonical_json(value), length)


def text_digest(text: str, length: int = 64) -> str:
    """The first ``length`` hexadecimal digits of the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def stamp_of(path: Path) -> Stamp | None:
    """What tells a file from what it was without reading it; None where there is none.

    Raises:
        ResultsError: whether it is there cannot be found out.
    """
    try:
        stated = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _unread(path, error) from error
    return stated.st_size, stated.st_mtime_ns, stated.st_ino


def sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content as plain values, with the SHA-256 of all of it under ``DIGEST``."""
    rest = {key: value for key, value in content.items() if key != DIGEST}
    # Tuples and keys that are numbers read back as others.
    plain = json.loads(json.dumps(rest, allow_nan=False))
    return {**plain, DIGEST: digest(plain)}


def is_sealed(content: Mapping[str, Any]) -> bool:
    """Whether content is as :func:`sealed` left it."""
    rest = {key: value for key, value in content.items() if key != DIGEST}
    return content.get(DIGEST) == digest(rest)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes.

    Raises:
        ResultsError: the file cannot be read.
    """
    try:
        with open(path, 'rb') as file:
            return hashlib.file_digest(file, 'sha256').hexdigest()
    except OSError as error:
        raise _unread(path, error) from error


def has_sha256(path: Path, sha256: str) -> bool:
    """Whether a file is there and has the hash.

    Raises:
        ResultsError: the file is there and cannot be read.
    """
    return _sha256_or_none(path) == sha256


class KnownHashes:
    """SHA-256 of files, each read once as long as it keeps its size and its time of change."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[Stamp, str]] = {}

    def has(self, path: Path, sha256: str) -> bool:
        """Whether a file has the hash; one that is not known, or that has changed, is read.

        Raises:
            ResultsError: the file is there and cannot be read.
        """
        stamp = stamp_of(path)
        known = self._of(path, stamp)
        if known is None and stamp is not None:
            known = _sha256_or_none(path)
            # The stamp is of before the reading: a change meanwhile is noticed the next time.
            if known is not None:
                self._known[path] = stamp, known
        return known == sha256

    def believe(self, path: Path, sha256: str) -> bool:
        """Whether a file may have the hash; one that is not known is not read, and has it now.

        It is for files whose hash their own process has just recorded.
        """
        stamp = stamp_of(path)
        if stamp is not None and self._of(path, stamp) is None:
            self._known[path] = stamp, sha256
        return self._of(path, stamp) == sha256

    def _of(self, path: Path, stamp: Stamp | None) -> str | None:
        known = self._known.get(path)
        return known[1] if known is not None and known[0] == stamp else None


def _sha256_or_none(path: Path) -> str | None:
    try:
        return file_sha256(path)
    except ResultsError as error:
        if is_unreadable(error):
            raise
        return None


def _unread(path: Path, error: OSError) -> ResultsError:
    return ResultsError(f'{path}: cannot be read ({error.strerror or error})')
