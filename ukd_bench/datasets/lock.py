"""One process at a time that fills a folder."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

_LOCK = '.lock'


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[bool]:
    """Waits until no other process builds here; yields whether the system could promise that.

    The folder must exist.
    """
    with contextlib.ExitStack() as stack:
        try:
            import fcntl

            lock = stack.enter_context(open(folder / _LOCK, 'a'))
            # Released by the system when this process ends, however it ends.
            fcntl.flock(lock, fcntl.LOCK_EX)
            alone = True
        except (ImportError, OSError):
            alone = False
        yield alone
