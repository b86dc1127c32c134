"""Writing files so that a reader never sees half of one, and reading them back."""

import json
import math
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from ..errors import ResultsError, one_line

MOST_NESTED = 100
"""How deep values may be nested in a JSON file."""
_SURROGATE = re.compile(r'\\u[dD][89a-fA-F]')


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


def folder_once(path: Path, fill: Callable[[Path], Any]) -> None:
    """Has a folder filled under another name and renamed into place, unless it is there already.

    Processes that do so at the same time all end up with the folder of one of them.

    Args:
        path: The folder.
        fill: Makes the folder that it is given, and fills it.
    """
    if path.is_dir():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f'.{path.name}.', dir=path.parent) as scratch:
        mine = Path(scratch) / path.name
        fill(mine)
        try:
            mine.rename(path)
        except OSError:
            # Another process was first.
            if not path.is_dir():
                raise


def remove_leftovers(path: Path) -> None:
    """Removes what processes that were killed while they wrote ``path`` left beside it."""
    for leftover in path.parent.glob(f'.{path.name}.*'):
        leftover.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Writes bytes atomically."""
    atomic_write(path, lambda file: file.write(content))


def write_text(path: Path, text: str) -> None:
    """Writes UTF-8 text atomically."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Writes ``value`` as indented JSON, atomically; NaN and infinity are refused."""
    write_text(path, json.dumps(value, indent=1, allow_nan=False) + '\n')


def read_json(path: Path) -> Any:
    """Reads a JSON file of plain, finite values.

    Raises:
        ResultsError: the file is absent, unreadable or not JSON, or holds what no JSON of the
            suite's does: numbers that are not finite, text that is not Unicode, or values nested
            more than ``MOST_NESTED`` deep.
    """
    try:
        text = path.read_text('utf-8')
        value = json.loads(text, parse_constant=_finite, parse_float=_finite)
        _require_shallow(value)
        # Half a surrogate pair can be read, and not be written any more.
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except OSError as error:
        raise ResultsError(f'{path}: cannot be read ({error.strerror or error})') from error
    except RecursionError as error:
        raise ResultsError(f'{path}: not valid JSON (nested too deep)') from error
    except ValueError as error:
        raise ResultsError(f'{path}: not valid JSON ({one_line(error)})') from error
    return value


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f'{text[:20]} is no finite number')
    return value


def _require_shallow(value: Any) -> None:
    level, depth = [value] * isinstance(value, (dict, list)), 0
    while level:
        depth += 1
        if depth > MOST_NESTED:
            raise RecursionError
        parts = (one.values() if isinstance(one, dict) else one for one in level)
        level = [one for part in parts for one in part if isinstance(one, (dict, list))]
