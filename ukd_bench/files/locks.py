"""Locks among processes of one machine that the system releases when their holder dies."""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from ..errors import HeldError, ResultsError

_LOCK = '.lock'
_NO_LOCKS = (errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOLCK)
"""How a file system refuses that has no locks; the last is NFS's without a lock daemon."""
_NOT_TO_WRITE = (errno.EACCES, errno.EPERM, errno.EROFS)

_held: set['Lock'] = set()


def _close_inherited() -> None:
    # A loader's worker outlives a killed parent by seconds, and would keep its locks for so long.
    for lock in _held:
        with contextlib.suppress(OSError):
            lock._close()
    _held.clear()


if hasattr(os, 'register_at_fork'):
    os.register_at_fork(after_in_child=_close_inherited)


class NoLocksError(ResultsError):
    """Nobody can hold a lock there: there are none, or there is no file and none can be made."""


class Lock:
    """A lock that a process holds on a file; the file stays empty.

    Whoever holds a lock alone may delete its file: others that wait for it then notice that theirs
    is no longer the file of that name, and take the new one.

    Args:
        path: The lock's file; its folder is made where it is absent. Another user's file serves as
            well, a link does not.
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
            NoLocksError: the system or the file system offers no locks, or there is no file and the
                folder cannot be written.
            ResultsError: the file cannot be locked for another reason.
        """
        try:
            import fcntl
        except ImportError as error:
            raise NoLocksError(
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
        except NoLocksError:
            raise
        except OSError as error:
            self.release()
            kind = NoLocksError if error.errno in _NO_LOCKS else ResultsError
            raise kind(f'{self.path}: cannot be locked ({error.strerror or error})') from error

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
        while True:
            # Whoever ends the work in a folder may remove it at any moment.
            with contextlib.suppress(FileNotFoundError):
                _make_folder(self.path.parent)
                self._descriptor = _opened(self.path)
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
def alone_in(folder: Path) -> Iterator[bool]:
    """Waits for a folder and holds it alone for a block; see :func:`alone_at`."""
    with alone_at(folder / _LOCK) as taken:
        yield taken


@contextlib.contextmanager
def alone_at(path: Path) -> Iterator[bool]:
    """Waits for a lock and holds it alone for a block; nothing is left of its file.

    Yields:
        Whether it is held; False where nobody can hold it.

    Raises:
        ResultsError: the lock cannot be taken, though others may hold it.
    """
    with _while_held(path, wait=True) as taken:
        yield bool(taken)


@contextlib.contextmanager
def held(path: Path, complaint: str) -> Iterator[None]:
    """Holds a lock for a block, and deletes its file in the end; goes on where nobody can hold it.

    Args:
        path: The lock's file.
        complaint: What is said where another process holds it.

    Raises:
        HeldError: another process holds the lock.
        ResultsError: the lock cannot be taken, though others may hold it.
    """
    with _while_held(path) as taken:
        if taken is False:
            raise HeldError(complaint)
        yield


@contextlib.contextmanager
def _while_held(path: Path, wait: bool = False) -> Iterator[bool | None]:
    """Yields whether the lock is held for the block; None where nobody can hold it."""
    lock, taken = Lock(path), None
    with contextlib.suppress(NoLocksError):
        taken = lock.take(wait=wait)
    try:
        yield taken
    finally:
        with contextlib.suppress(OSError):
            if taken:
                path.unlink()
        lock.release()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        # `mkdir` says so, too, where a folder was there and is removed before it looks again.
        if not stat.S_ISDIR(os.lstat(folder).st_mode):
            raise


def _opened(path: Path) -> int:
    # A link that leads nowhere is absent however often it is opened.
    flags = os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        return os.open(path, flags | os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        if error.errno not in _NOT_TO_WRITE:
            raise
        try:
            # What another user made, or what lies where nothing can be written, can be locked, too.
            return os.open(path, flags | os.O_RDONLY)
        except FileNotFoundError:
            raise NoLocksError(f'{path}: cannot be locked ({error.strerror})') from error


def _is_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False
