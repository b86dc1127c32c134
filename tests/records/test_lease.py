"""Who may write in a run's folder, also where the hosts that share it cannot see each other."""

import json
import os
import subprocess
import sys
import threading
import time

import pytest

from ukd_bench.errors import ConfigError, HeldError, ResultsError
from ukd_bench.records import lease as module, process
from ukd_bench.records.folder import RunPaths
from ukd_bench.records.lease import (
    BEAT_S,
    DEAD_AFTER_BEATS,
    Lease,
    Watch,
    find_lease,
    leased,
)
from ukd_bench.records.process import this_process


@pytest.fixture
def paths(tmp_path):
    return RunPaths(tmp_path)


class Clock:
    """A clock that a test moves."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def of_elsewhere(paths: RunPaths) -> Lease:
    """A lease of a process on another host."""
    lease = Lease(paths)
    lease._facts = this_process() | dict(host='elsewhere')
    assert lease.take(Watch())
    return lease


def looks(watch: Watch, clock: Clock, paths: RunPaths, seconds: float, every: float = 5.0) -> bool:
    """Whether a folder is free for one who has looked again and again."""
    for _ in range(round(seconds / every)):
        clock.now += every
        watch.is_free(paths, find_lease(paths))
    return watch.is_free(paths, find_lease(paths))


def test_one_holds_a_folder_until_it_is_released(paths):
    first, second = Lease(paths), Lease(paths)
    assert find_lease(paths) is None and first.take(Watch())
    assert first.is_held() and not second.take(Watch()) and not second.is_held()
    first.release()
    assert second.take(Watch()) and second.is_held() and not first.is_held()
    # What is gone is never given anew.
    assert [path.name for path in paths.leases.iterdir()] == ['2']
    second.release()
    assert Lease(paths).take(Watch()) and find_lease(paths).number == 3


def test_of_many_that_ask_at_once_one_gets_it(paths):
    gate, taken = threading.Barrier(16), []

    def ask():
        lease = Lease(paths)
        gate.wait()
        if lease.take(Watch()):
            taken.append(lease)

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 1 and taken[0].is_held()
    assert [path.name for path in paths.leases.iterdir()] == ['1']


@pytest.mark.parametrize('links', [True, False])
def test_the_lease_of_a_dead_process_goes_to_one_of_those_that_see_it(links, paths, monkeypatch):
    if not links:

        def refuse(*_):
            raise PermissionError(1, 'Operation not permitted')

        monkeypatch.setattr(os, 'link', refuse)
    dead, first, second = Lease(paths), Lease(paths), Lease(paths)
    dead._facts = this_process() | dict(pid=2**22 + 1)
    assert dead.take(Watch())
    # Both have found the dead one's, before either makes the next.
    found = find_lease(paths)
    monkeypatch.setattr(module, 'find_lease', lambda paths: found)
    assert first.take(Watch()) and not second.take(Watch())
    monkeypatch.undo()
    assert first.is_held() and not second.is_held()


def test_who_was_slow_gets_no_number_that_was_given_and_removed(paths, monkeypatch):
    first, slow, ready, last = (Lease(paths) for _ in range(4))
    assert first.take(Watch())
    first.release()
    found = find_lease(paths)

    def look_and_stand_still(_):
        monkeypatch.undo()
        # Another makes the folder ready meanwhile, and a third carries the run out.
        assert ready.take(Watch())
        ready.release()
        assert last.take(Watch())
        return found

    monkeypatch.setattr(module, 'find_lease', look_and_stand_still)
    assert not slow.take(Watch()) and last.is_held()
    assert [path.name for path in paths.leases.iterdir()] == ['3']


def test_a_link_whose_answer_was_lost_is_ones_own(paths, monkeypatch):
    link = os.link

    def lose(source, target):
        link(source, target)
        raise FileExistsError(17, 'File exists')

    monkeypatch.setattr(os, 'link', lose)
    lease = Lease(paths)
    assert lease.take(Watch()) and lease.is_held()


def test_another_host_is_alive_while_it_counts_on(paths):
    clock = Clock()
    lease, watch = of_elsewhere(paths), Watch(clock)
    assert not watch.is_free(paths, find_lease(paths))
    for _ in range(40):
        lease.beat()
        assert not looks(watch, clock, paths, DEAD_AFTER_BEATS * BEAT_S - 10)
    assert looks(watch, clock, paths, DEAD_AFTER_BEATS * BEAT_S + 10)
    successor = Lease(paths)
    assert successor.take(watch) and not lease.is_held()
    # It wakes up: its beat takes nothing back.
    lease.beat()
    lease.release()
    assert successor.is_held() and not find_lease(paths).is_released


def test_no_clock_but_the_observers_own_counts(paths, monkeypatch):
    clock = Clock()
    of_elsewhere(paths)
    for name in ('time', 'time_ns'):
        monkeypatch.setattr(time, name, lambda: 2**40)
    os.utime(paths.leases / '1', (0, 0))
    assert not looks(Watch(clock), clock, paths, 60.0)


def test_who_stood_still_itself_does_not_take_the_other_for_dead(paths):
    clock = Clock()
    of_elsewhere(paths)
    watch = Watch(clock)
    watch.is_free(paths, find_lease(paths))
    clock.now += 10_000
    assert not watch.is_free(paths, find_lease(paths))


def test_the_holders_own_interval_counts(paths, monkeypatch):
    monkeypatch.setenv('UKD_BENCH_BEAT_S', '60')
    of_elsewhere(paths)
    monkeypatch.delenv('UKD_BENCH_BEAT_S')
    clock = Clock()
    watch = Watch(clock)
    assert not looks(watch, clock, paths, DEAD_AFTER_BEATS * 60 - 60)
    assert looks(watch, clock, paths, 120)


@pytest.mark.parametrize('told', ['soon', '0', '-1', 'nan', 'inf'])
def test_what_is_no_interval_is_refused(told, paths, monkeypatch):
    monkeypatch.setenv('UKD_BENCH_BEAT_S', told)
    with pytest.raises(ConfigError, match=f"UKD_BENCH_BEAT_S = '{told}' is no number of seconds"):
        Lease(paths)


def test_what_cannot_be_read_for_now_holds_until_it_stands_still(paths):
    clock = Clock()
    paths.leases.mkdir()
    (paths.leases / '4').write_bytes(b'{"host": "a')
    watch = Watch(clock)
    assert not watch.is_free(paths, find_lease(paths))
    assert looks(watch, clock, paths, DEAD_AFTER_BEATS * BEAT_S + 10)
    lease = Lease(paths)
    assert lease.take(watch) and find_lease(paths).number == 5


def test_a_process_waits_until_it_is_certain(paths, monkeypatch):
    monkeypatch.setenv('UKD_BENCH_BEAT_S', '0.1')
    lease = of_elsewhere(paths)
    with leased(paths, patient=True) as mine:
        assert mine.is_held() and not lease.is_held()
    alive, ended = of_elsewhere(paths), threading.Event()

    def beat():
        while not ended.wait(0.1):
            alive.beat()

    thread = threading.Thread(target=beat)
    thread.start()
    with (
        pytest.raises(HeldError, match='on elsewhere carries this run out'),
        leased(paths, patient=True),
    ):
        raise AssertionError('two hold it')
    ended.set()
    thread.join()
    assert alive.is_held()


def test_one_that_is_seen_from_here_is_not_waited_for(paths):
    with leased(paths, patient=True):
        began = time.monotonic()
        with pytest.raises(HeldError, match=f'process {os.getpid()} on'):
            leased(paths, patient=True).__enter__()
        assert time.monotonic() - began < 5


def test_a_run_waits_for_who_makes_its_folder_ready(paths):
    # Or both of two sweeps would be without it: one whose run gave way, and one that has not begun.
    ready = Lease(paths, brief=True)
    assert ready.take(Watch())
    with pytest.raises(HeldError):
        leased(paths).__enter__()
    threading.Timer(0.3, ready.release).start()
    with leased(paths, patient=True) as mine:
        assert mine.is_held() and not find_lease(paths).is_brief


def test_a_scheduler_s_job_is_told(paths, monkeypatch):
    monkeypatch.setenv('SLURM_JOB_ID', '4711')
    with leased(paths):
        assert find_lease(paths).holder.endswith(', job 4711')


def test_the_same_name_is_not_the_same_machine(paths, monkeypatch):
    lease = Lease(paths)
    other = dict(pid=2**22 + 1, born='another start 17', machine='another machine')
    lease._facts = this_process() | other
    assert lease.take(Watch()) and not Lease(paths).take(Watch())
    # One in a container that numbers its processes itself is not seen either.
    monkeypatch.setattr(process, '_numbers', lambda: 'pid:[1]')
    lease._facts = this_process() | dict(pid=2**22 + 1, numbers='pid:[2]')
    lease.beat()
    assert not Lease(paths).take(Watch())


def test_a_folder_that_cannot_be_written_is_told(paths):
    paths.leases.write_text('a file where a folder should be')
    with pytest.raises(ResultsError, match=r'\.lease: cannot be read \(Not a directory\)'):
        Lease(paths).take(Watch())


HOLDER = """
import sys, time
from pathlib import Path
from ukd_bench.records.folder import RunPaths
from ukd_bench.records.lease import leased
from ukd_bench.runs.heartbeat import heartbeat

with leased(RunPaths(Path(sys.argv[1]))) as lease, heartbeat(lease):
    print('held', flush=True)
    time.sleep(30)
"""


@pytest.mark.slow
def test_a_process_that_has_lost_its_lease_ends_where_it_cannot_say_so(paths):
    environ = os.environ | dict(UKD_BENCH_BEAT_S='0.05')
    command = [sys.executable, '-c', HOLDER, str(paths.root)]
    with (
        open('/dev/full', 'wb') as full,
        subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=full) as holder,
    ):
        assert holder.stdout.readline() == b'held\n'
        (paths.leases / '2').write_text(json.dumps(dict(host='elsewhere')))
        assert holder.wait(20) == 5


@pytest.mark.slow
def test_a_process_that_has_lost_its_lease_ends(paths, monkeypatch):
    environ = os.environ | dict(UKD_BENCH_BEAT_S='0.05')
    command = [sys.executable, '-c', HOLDER, str(paths.root)]
    pipes = dict(stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with subprocess.Popen(command, env=environ, **pipes) as holder:
        assert holder.stdout.readline() == 'held\n'
        before = find_lease(paths)
        deadline = time.monotonic() + 20
        while find_lease(paths) == before and time.monotonic() < deadline:
            time.sleep(0.05)
        assert find_lease(paths).content['beat'] > before.content['beat']
        # Another host takes it for dead.
        (paths.leases / '2').write_text(json.dumps(dict(host='elsewhere')))
        assert holder.wait(20) == 5
        assert 'another process has taken this run over' in holder.stderr.read()
