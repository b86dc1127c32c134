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
