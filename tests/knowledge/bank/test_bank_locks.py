import errno
from pathlib import Path

import pytest

from ukd_bench.errors import ResultsError
from ukd_bench.files.locks import Lock, alone

from . import forked


def test_alone_or_shared(tmp_path):
    first, second = Lock(tmp_path / 'a.lock'), Lock(tmp_path / 'a.lock')
    assert first.take() and not second.take() and not second.take(shared=True)
    assert first.take(shared=True) and second.take(shared=True)
    assert not second.take()
    assert first.take()
    first.release()
    first.release()
    assert second.take()


def test_a_forked_process_inherits_no_lock(tmp_path):
    """A loader's worker outlives its parent by seconds."""
    path = tmp_path / 'a.lock'

    def hold():
        lock = Lock(path)
        lock.take()
        # The grandchild lives on after its parent was killed.
        grandchild = forked.start(lambda: forked.wait_until(lambda: False, 3))
        (tmp_path / 'pid').write_text(str(grandchild))
        (tmp_path / 'held').touch()
        forked.wait_until(lambda: False, 3600)

    holder = forked.start(hold)
    forked.wait_until((tmp_path / 'held').is_file)
    lock = Lock(path)
    assert not lock.take()
    forked.kill(holder)
    assert lock.take()


def test_a_folder_that_is_removed_while_it_is_made_is_made_again(tmp_path, monkeypatch):
    folder, mkdir, calls = tmp_path / 'work', Path.mkdir, []

    def removed_before_it_looks_again(self, *args, **kwargs):
        calls.append(self)
        if len(calls) == 1:
            raise FileExistsError(errno.EEXIST, 'File exists', str(self))
        mkdir(self, *args, **kwargs)

    monkeypatch.setattr(Path, 'mkdir', removed_before_it_looks_again)
    with alone(folder / 'a.lock'):
        assert calls == [folder, folder]


def test_a_file_in_the_place_of_a_locks_folder_is_said(tmp_path):
    (tmp_path / 'work').write_text('')
    with pytest.raises(ResultsError, match='cannot be locked'), alone(tmp_path / 'work' / 'a.lock'):
        pass


def test_who_waits_for_a_removed_file_takes_the_new_one(tmp_path):
    path = tmp_path / 'work' / 'a.lock'
    lock = Lock(path)
    assert lock.take()

    def wait():
        (tmp_path / 'waits').touch()
        with alone(path):
            assert path.is_file()
            assert not Lock(path).take()

    waiting = forked.start(wait)
    forked.wait_until((tmp_path / 'waits').is_file)
    path.unlink()
    path.parent.rmdir()
    lock.release()
    assert forked.end(waiting) == 0
