"""Locks among processes of one machine that the system releases when their holder dies."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from ..errors import HeldError, ResultsError

_LOCK = '.lock'

_held: set['Lock'] = set()


def _close_inherited() -> None:
    # A loader's worker outlives a killed parent by seconds, and would keep its locks for so long.
    for lock in _held:
        with contextlib.suppress(OSError):
            lock._close()
    _held.clear()


if hasattr(os, 'register_at_fork'):
    os.register_at_fork(after_in_child=_close_inherited)


class Lock:
    """A lock that a process holds on a file; the file stays empty.

    Whoever holds a lock alone may delete its file: others that wait for it then notice that theirs
    is no longer the file of that name, and take the new one.

    Args:
        path: The lock's file; its folder is made where it is absent.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def take(self, shared: bool = False, wait: bool = False) -> bool:
        """Takes the lock, or changes how it is held; returns whether that was possible.

        Changing how it is held may let others in between.

        Args:
            shared: Whether to share the lock with others that do, rather than hold it alone.
            wait: Whether to wait until the lock is free.

        Raises:
            ResultsError: the system or the file system offers no locks, or the folder cannot be
                written.
        """
        try:
            import fcntl
        except ImportError as error:
            raise ResultsError(
                f'{self.path}: cannot be locked (this system has no flock)'
            ) from error
        mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        if not wait:
            mode |= fcntl.LOCK_NB
        try:
            while True:
                descriptor = self._open() if self._descriptor is None else self._descriptor
                fcntl.flock(descriptor, mode)
                if _is_file(descriptor, self.path):
                    return True
                self.release()
        except BlockingIOError:
            self.release()
            return False
        except OSError as error:
            self.release()
            raise ResultsError(
                f'{self.path}: cannot be locked ({error.strerror or error})'
            ) from error

    def release(self) -> None:
        """Lets others take the lock; does nothing where it is not held."""
        if self._descriptor is not None:
            import fcntl

            # A forked process shares the lock until it has closed its own descriptor. It does so at
            # its start, for the case that this one is killed; but that moment may be yet to come.
            # A file system that has no locks refuses this, too.
            with contextlib.suppress(OSError):
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            _held.discard(self)
            self._close()

    def _open(self) -> int:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        while True:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Whoever ends the work in a folder may remove it at this moment.
            with contextlib.suppress(FileNotFoundError):
                self._descriptor = os.open(self.path, flags, 0o644)
                _held.add(self)
                return self._descriptor

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Waits for a lock and holds it alone for the duration of a block."""
    lock = Lock(path)
    lock.take(wait=True)
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def held(path: Path, complaint: str) -> Iterator[None]:
    """Holds a lock alone for a block, and deletes its file in the end.

    Where the system offers no locks, nothing is held.

    Args:
        path: The lock's file.
        complaint: What is said where another process holds it.

    Raises:
        HeldError: another process holds the lock.
    """
    lock = Lock(path)
    try:
        taken = lock.take()
    except ResultsError:
        yield
        return
    if not taken:
        raise HeldError(complaint)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink()
        lock.release()


def _is_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[bool]:
    """Holds a folder alone for a block; yields False where the system offers no locks."""
    lock = Lock(folder / _LOCK)
    try:
        alone = lock.take(wait=True)
    except ResultsError:
        alone = False
    try:
        yield alone
    finally:
        if alone:
            with contextlib.suppress(OSError):
                lock.path.unlink()
        lock.release()
