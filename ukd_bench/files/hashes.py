"""Hashes of files and of plain values."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import ResultsError

DIGEST = 'digest'
"""Key of the hash that a file's content holds of itself."""


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces, so that equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(',', ':'), allow_nan=False)


def digest(value: Any, length: int = 64) -> str:
    """The first ``length`` hexadecimal digits of the SHA-256 of ``canonical_json(value)``."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:length]


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
        raise ResultsError(f'{path}: cannot be read ({error.strerror or error})') from error
