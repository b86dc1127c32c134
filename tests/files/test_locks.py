import errno
import os
import sys
import threading

import pytest

from ukd_bench.errors import HeldError, ResultsError
from ukd_bench.files.locks import Lock, alone_in, held


def test_the_second_waits_for_the_first(tmp_path):
    order, inside = [], threading.Event()

    def second():
        inside.wait()
        with alone_in(tmp_path) as alone:
            order.append(('second', alone))

    waiting = threading.Thread(target=second)
    waiting.start()
    with alone_in(tmp_path) as alone:
        inside.set()
        waiting.join(0.2)
        order.append(('first', alone))
    waiting.join(30)
    assert order == [('first', True), ('second', True)]


def refusing(monkeypatch, number):
    """Has the file system refuse every lock, for a reason."""
    import fcntl

    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, 'flock', refuse)


@pytest.mark.parametrize('number', [errno.EOPNOTSUPP, errno.ENOSYS, errno.ENOLCK])
def test_without_locks_it_goes_on_and_says_so(tmp_path, monkeypatch, number):
    refusing(monkeypatch, number)
    with alone_in(tmp_path) as alone, held(tmp_path / '.lock', 'it is taken'):
        assert alone is False


@pytest.mark.parametrize('number', [errno.EIO, errno.EACCES, errno.ESTALE, errno.EMFILE])
def test_what_others_may_hold_is_not_gone_on_with(tmp_path, monkeypatch, number):
    refusing(monkeypatch, number)
    complaint = rf'/\.lock: cannot be locked \({os.strerror(number)}\)'
    for hold in (alone_in(tmp_path), held(tmp_path / '.lock', 'it is taken')):
        with pytest.raises(ResultsError, match=complaint), hold:
            raise AssertionError('it went on')


@pytest.fixture
def reading_alone(monkeypatch):
    """Lets this process write no file, as in another user's folder; tests may run as root."""
    opened = os.open

    def refuse(path, flags, *mode):
        if flags & (os.O_RDWR | os.O_CREAT):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return opened(path, flags, *mode)

    monkeypatch.setattr(os, 'open', refuse)


def test_another_users_file_is_a_lock_as_well(tmp_path, monkeypatch, request):
    path = tmp_path / '.lock'
    theirs = Lock(path)
    assert theirs.take()
    request.getfixturevalue('reading_alone')
    hold = held(path, 'it is taken')
    with pytest.raises(HeldError, match=r'^it is taken$'), hold:
        raise AssertionError('two hold it')
    theirs.release()
    with held(path, 'it is taken'):
        assert not Lock(path).take(shared=True)


def test_another_users_file_that_cannot_be_opened_is_told(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, 'open', refuse)
    hold = held(tmp_path / '.lock', 'it is taken')
    with pytest.raises(ResultsError, match=r'cannot be locked \(Permission denied\)'), hold:
        raise AssertionError('it went on')


def test_where_no_file_is_and_none_can_be_made_nobody_holds_it(tmp_path, reading_alone):
    with held(tmp_path / '.lock', 'it is taken'), alone_in(tmp_path) as alone:
        assert alone is False and not list(tmp_path.iterdir())


@pytest.mark.parametrize('target', ['absent/absent', 'there'])
def test_a_link_is_no_lock(tmp_path, target):
    """One that leads nowhere was tried again without end."""
    (tmp_path / 'there').touch()
    (tmp_path / '.lock').symlink_to(tmp_path / target)
    with pytest.raises(ResultsError, match=r'/\.lock: cannot be locked \(.*symbolic links\)'):
        Lock(tmp_path / '.lock').take()


def test_without_the_systems_module_it_goes_on_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'fcntl', None)
    with alone_in(tmp_path) as alone:
        assert alone is False


def test_no_file_is_left(tmp_path):
    with alone_in(tmp_path):
        assert [path.name for path in tmp_path.iterdir()] == ['.lock']
    assert not list(tmp_path.iterdir())


def test_what_is_held_is_refused_to_others_and_leaves_nothing(tmp_path):
    path = tmp_path / '.lock'
    # Of a process that was killed.
    path.touch()
    with held(path, 'it is taken'):
        assert not Lock(path).take()
        with pytest.raises(ResultsError, match=r'^it is taken$'), held(path, 'it is taken'):
            raise AssertionError('two hold it')
        assert path.exists()
    assert not list(tmp_path.iterdir())


def test_where_there_are_no_locks_nothing_is_held(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'fcntl', None)
    with held(tmp_path / '.lock', 'it is taken'), held(tmp_path / '.lock', 'it is taken'):
        assert not list(tmp_path.iterdir())
