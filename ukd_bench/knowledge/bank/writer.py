"""Fills a bank view by view, in any number of processes, each of which may die at any instant.

A folder that is being filled holds its arrays at full size, no manifest, and ``fill/``:

- ``job.json``: what the bank is filled with; a folder with another one is started over;
- ``scores.npy``: what takes the place of the folder's own, while it is being started over;
- ``view-00003.lock``: held by the process that scores this view, released when it dies;
- ``view-00003.json``: its note, written when its rows are on the disk, with their checksum;
- ``door.lock``: held for moments, to join, to finish and to leave;
- ``members.lock``: shared by all who fill, so that nobody starts the folder over meanwhile.

Whoever finds all views noted writes the manifest; the last to leave removes ``fill/``.
"""

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import BankError, ResultsError
from ...files.atomic import atomic_write, read_json, remove_leftovers, write_json
from ...files.hashes import file_sha256
from ...files.locks import Lock, alone
from .arrays import is_laid_out, lay_out, sync_folder, write_view
from .format import Bank, BankPaths, complete_bank
from .manifest import Job, Manifest
from .storage import bank_error, rows_sha256, view_error

_POLL_S = 0.1


class BankWriter:
    """One process's part in filling a bank, from joining to leaving.

    Use it as a context manager, and ask :meth:`claim` for views to score until
    :meth:`wait_for_work` says that there are none.

    Args:
        folder: The bank's folder.
        job: What the bank is filled with.

    Raises:
        BankError: on entering, if other processes fill the folder with something else.
        ResultsError: the folder cannot be written, or its file system offers no locks.
    """

    def __init__(self, folder: Path, job: Job) -> None:
        self.paths = BankPaths(folder)
        self.job = job
        self._storage = job.facts.storage
        self._layout = self._storage.layout(*job.facts.shape)
        self._members = _members(self.paths)
        self._claimed: dict[int, Lock] = {}
        self._ready: list[int] = []
        self._done: set[int] = set()

    def __enter__(self) -> 'BankWriter':
        try:
            with _door(self.paths):
                if self._is_complete() or self._is_going_on():
                    self._members.take(shared=True)
                else:
                    self._start_over()
        except BaseException:
            self._members.release()
            raise
        return self

    def __exit__(self, *_: Any) -> None:
        for lock in self._claimed.values():
            lock.release()
        self._members.release()
        tidy(self.paths)

    @property
    def num_done(self) -> int:
        """Number of views known to be on the disk."""
        return len(self._done)

    def claim(self) -> int | None:
        """A view to score, from now on this process's own; None where none is free."""
        if self._ready:
            return self._ready.pop()
        for view in range(self.job.facts.num_views):
            if view in self._claimed or self._is_done(view):
                continue
            lock = Lock(self.paths.note(view).with_suffix('.lock'))
            if not lock.take():
                continue
            # Another process may have finished it in between.
            if self._is_done(view):
                lock.release()
                continue
            self._claimed[view] = lock
            return view
        return None

    def write(self, view: int, scores_NC: np.ndarray) -> None:
        """Stores a claimed view's scores, then notes it.

        Raises:
            BankError: the scores do not have the job's shape, or cannot be kept in its storage.
        """
        shape = self.job.facts.shape[1:]
        if scores_NC.shape != shape:
            raise BankError(
                f'bank {self.paths.folder}: the scores of view {view} have the shape '
                f'{list(scores_NC.shape)}, not {list(shape)}'
            )
        try:
            rows = self._storage.encode(scores_NC)
        except BankError as error:
            name = self.job.facts.teacher['name']
            raise BankError(f'teacher {name}, view {view}: {error}') from error
        note: dict[str, Any] = {'sha256': rows_sha256(rows)}
        if not self._storage.is_exact:
            note['error'] = view_error(self._storage, scores_NC, rows)
        self._write(view, rows, note, self.paths.array)
        self._done.add(view)
        self._claimed.pop(view).release()

    def wait_for_work(self) -> bool:
        """Waits for a view that needs this process; False once the bank is complete.

        Views that others score become free again if they die. Ask only when all claimed views have
        been written.
        """
        assert not self._claimed, 'others may be waiting for these views'
        while True:
            view = self.claim()
            if view is not None:
                self._ready.append(view)
                return True
            if len(self._done) == self.job.facts.num_views and self._finish():
                return False
            time.sleep(_POLL_S)

    def _is_complete(self) -> bool:
        facts = self.job.facts
        if not complete_bank(self.paths.folder, facts.identity, facts.storage, facts.num_views):
            return False
        self._done = set(range(facts.num_views))
        return True

    def _is_going_on(self) -> bool:
        """Whether the folder is laid out for this job."""
        if self.paths.begun() != self.job.facts:
            return False
        self._move_in()
        return all(
            is_laid_out(self.paths.array(name), layout) for name, layout in self._layout.items()
        )

    def _start_over(self) -> None:
        """Lays the folder out anew; views of a bank of the same kind are kept.

        That bank stays until they have been copied, so that a death in between costs none.
        """
        if not self._members.take():
            raise BankError(
                f'bank {self.paths.folder}: another process fills it with something else; let it '
                'finish, or name another folder'
            )
        kept = self._bank_of_this_kind()
        views = {*range(kept.num_views)} - {*kept.damaged_views()} if kept else set()
        for path in (self.paths.job, *self.paths.notes()):
            path.unlink(missing_ok=True)
        for name, layout in self._layout.items():
            lay_out(self.paths.coming(name), layout)
        for view in views & {*range(self.job.facts.num_views)}:
            if kept is not None:
                note = kept.manifest.views[view]
                self._write(view, kept.rows(view), note, self.paths.coming)
        write_json(self.paths.job, self.job.facts.to_dict())
        self._move_in()
        self._members.take(shared=True)

    def _move_in(self) -> None:
        """Puts the arrays that are coming in place of what lay there; done once, by anybody."""
        coming = [name for name in self._layout if self.paths.coming(name).is_file()]
        if not coming:
            return
        # Without a manifest, whatever else is here is not a bank.
        self.paths.manifest.unlink(missing_ok=True)
        sync_folder(self.paths.folder)
        labels_N = np.asarray(self.job.labels, np.int64)
        atomic_write(self.paths.labels, lambda file: np.save(file, labels_N, allow_pickle=False))
        own = [self.paths.array(name) for name in self._layout]
        for path in {*self.paths.arrays()} - {*own}:
            path.unlink(missing_ok=True)
        for name in coming:
            os.replace(self.paths.coming(name), self.paths.array(name))
        sync_folder(self.paths.folder)

    def _bank_of_this_kind(self) -> Bank | None:
        """A bank that differs in nothing but its number of views, or is damaged."""
        try:
            bank = Bank(self.paths.folder)
        except (BankError, ResultsError):
            return None
        facts = self.job.facts
        same = not bank.differing(facts.identity) and bank.storage == facts.storage
        return bank if same and bank.facts.shape[1:] == facts.shape[1:] else None

    def _write(
        self,
        view: int,
        rows: dict[str, np.ndarray],
        note: dict[str, Any],
        array: Callable[[str], Path],
    ) -> None:
        for name, layout in self._layout.items():
            write_view(array(name), layout, view, rows[name])
        write_json(self.paths.note(view), note)

    def _is_done(self, view: int) -> bool:
        if view not in self._done and self._note(view) is not None:
            self._done.add(view)
        return view in self._done

    def _note(self, view: int) -> dict[str, Any] | None:
        """A view's note, if its rows are those that were noted."""
        if not self.paths.note(view).is_file():
            return None
        note = read_json(self.paths.note(view))
        rows = {name: np.load(self.paths.array(name), mmap_mode='r')[view] for name in self._layout}
        return note if rows_sha256(rows) == note['sha256'] else None

    def _finish(self) -> bool:
        """Writes the manifest, unless another did or a view has to be scored again."""
        with _door(self.paths):
            if self.paths.manifest.is_file():
                return True
            found = {view: self._note(view) for view in range(self.job.facts.num_views)}
            notes = {view: note for view, note in found.items() if note is not None}
            self._done = set(notes)
            if len(notes) < self.job.facts.num_views:
                return False
            write_json(self.paths.manifest, self._manifest(list(notes.values())).to_dict())
            sync_folder(self.paths.folder)
            return True

    def _manifest(self, notes: list[dict[str, Any]]) -> Manifest:
        files: dict[str, dict[str, Any]] = {
            path.name: {'bytes': path.stat().st_size, 'sha256': file_sha256(path)}
            for path in (*map(self.paths.array, self._layout), self.paths.labels)
        }
        exact = self._storage.is_exact
        error = None if exact else bank_error([note['error'] for note in notes])
        return Manifest(self.job.facts, notes, files, error, files['scores.npy']['sha256'])


def tidy(paths: BankPaths) -> None:
    """Removes what processes left that filled a complete bank, unless one is still there."""
    if not paths.manifest.is_file() or not paths.work.is_dir():
        return
    with _door(paths):
        members = _members(paths)
        if paths.manifest.is_file() and members.take():
            _remove_work(paths)
            members.release()


def _door(paths: BankPaths) -> contextlib.AbstractContextManager[None]:
    return alone(paths.work / 'door.lock')


def _members(paths: BankPaths) -> Lock:
    return Lock(paths.work / 'members.lock')


def _remove_work(paths: BankPaths) -> None:
    # The door goes last: who waits for it finds its file gone and opens a new one.
    for path in sorted(paths.work.iterdir(), key=lambda path: path.name == 'door.lock'):
        path.unlink()
    # A process that died while it wrote one of these files left a part beside it.
    for path in (paths.manifest, paths.labels):
        remove_leftovers(path)
    with contextlib.suppress(OSError):
        paths.work.rmdir()
