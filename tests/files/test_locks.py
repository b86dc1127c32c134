import sys
import threading

import pytest

from ukd_bench.errors import ResultsError
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


def test_without_locks_it_goes_on_and_says_so(tmp_path, monkeypatch):
    import fcntl

    def refuse(*_):
        raise OSError(95, 'Operation not supported')

    monkeypatch.setattr(fcntl, 'flock', refuse)
    with alone_in(tmp_path) as alone:
        assert alone is False


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
