import sys
import threading

from ukd_bench.files.locks import alone_in


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
