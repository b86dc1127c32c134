"""One process at a time that fills a folder."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from ..errors import ResultsError
from ..locks import Lock

_LOCK = '.lock'


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[bool]:
    """Waits until no other process builds here; yields whether the system could promise that."""
    lock = Lock(folder / _LOCK)
    try:
        alone = lock.take(wait=True)
    except ResultsError:
        alone = False
    try:
        yield alone
    finally:
        lock.release()
