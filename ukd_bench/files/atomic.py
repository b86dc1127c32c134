"""Writing files so that a reader never sees half of one, and reading them back."""

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from ..errors import ResultsError


def atomic_write(path: Path, write: Callable[[IO[bytes]], Any]) -> None:
    """Calls ``write(file)`` on a temporary neighbour of ``path``, then renames it into place.

    Raises:
        ResultsError: the folder cannot be made or written.
    """
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=f'.{path.name}.', dir=path.parent)
        with os.fdopen(descriptor, 'wb') as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        raise ResultsError(f'{path}: cannot be written ({error.strerror or error})') from error
    finally:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)


def remove_leftovers(path: Path) -> None:
    """Removes what processes that were killed while they wrote ``path`` left beside it."""
    for leftover in path.parent.glob(f'.{path.name}.*'):
        leftover.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Writes UTF-8 text atomically."""
    atomic_write(path, lambda file: file.write(text.encode()))


def write_json(path: Path, value: Any) -> None:
    """Writes ``value`` as indented JSON, atomically; NaN and infinity are refused."""
    write_text(path, json.dumps(value, indent=1, allow_nan=False) + '\n')


def read_json(path: Path) -> Any:
    """Reads a JSON file.

    Raises:
        ResultsError: the file is absent, unreadable or not JSON.
    """
    try:
        return json.loads(path.read_text())
    except OSError as error:
        raise ResultsError(f'{path}: cannot be read ({error.strerror or error})') from error
    except ValueError as error:
        raise ResultsError(f'{path}: not valid JSON ({error})') from error
