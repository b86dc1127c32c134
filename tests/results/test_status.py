"""Where a sweep stands, as its folder tells: states, what waits, time left."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ukd_bench.errors import ResultsError
from ukd_bench.files.atomic import write_json
from ukd_bench.records.folder import RunPaths
from ukd_bench.records.lease import BEAT_S, DEAD_AFTER_BEATS, Lease, Watch
from ukd_bench.records.process import this_process
from ukd_bench.results.status import Follower, newest_sweep

from .made_up import POOL, STUDENT, MadeUpSweep

GONE = dict(this_process(), pid=2**22 + 1)
TEACHER, BANK = f'teacher-{POOL[0]}', f'bank-{POOL[0]}'
PLAIN = f'plain-{STUDENT}-0'


def ago(seconds: float) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat(timespec='seconds')


def one_seed() -> MadeUpSweep:
    return MadeUpSweep(seeds=(0,))


def leave(root: Path, key: str, state: dict[str, Any] | None, age_s: float = 0.0) -> None:
    """Takes a run's record, and leaves a state that was written a while ago."""
    folder = root / f'{key}-cafe'
    for path in folder.iterdir():
        path.unlink()
    if state is not None:
        write_json(folder / 'state.json', state)
        age(folder / 'state.json', age_s)


def age(path: Path, seconds: float) -> None:
    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))


def sweep_state(root: Path, **more: Any) -> None:
    write_json(
        root / 'state.json',
        dict(this_process(), jobs=2, started=ago(600), finished=None) | more,
    )


def by_key(status) -> dict:
    return {run.key: run for run in status.runs}


@pytest.fixture
def root(tmp_path) -> Path:
    return one_seed().write(tmp_path / 'results' / 'made-up')


def test_a_sweep_whose_runs_are_done_is_finished(root):
    sweep_state(root, finished=ago(100))
    status = Follower(root).look()
    assert (status.state, status.is_whole, status.pid) == ('finished', True, None)
    assert status.counts['done'] == len(status.runs) == sum(status.counts.values())
    assert status.elapsed_s == pytest.approx(500, abs=1)
    assert status.left.seconds == 0 and not status.errors and not status.waiting


def test_every_state_is_counted_and_a_process_that_is_gone_is_an_interruption(root):
    sweep_state(root)
    for key, state in {
        f'ukd1-{STUDENT}-0': dict(status='failed', error=dict(type='KeyError', message='a\nb')),
        f'ukd2-{STUDENT}-0': dict(status='running', **GONE, started=ago(5)),
        f'ukd4-{STUDENT}-0': dict(status='running', **this_process(), started=ago(5)),
        f'naive1-{STUDENT}-0': dict(status='interrupted'),
        f'naive2-{STUDENT}-0': dict(status='done', error=None),
        PLAIN: None,
    }.items():
        leave(root, key, state, age_s=-5)
    status = Follower(root).look()
    assert status.state == 'running' and not status.is_whole
    counts = {name: count for name, count in status.counts.items() if name != 'done' and count}
    assert counts == dict(pending=2, running=1, failed=1, interrupted=2)
    assert by_key(status)[f'ukd1-{STUDENT}-0'].problem == 'b'
    assert by_key(status)[f'ukd2-{STUDENT}-0'].problem == f'process {GONE["pid"]} is gone'
    assert [run.key for run in status.running] == [f'ukd4-{STUDENT}-0']


def test_a_process_of_another_host_counts_as_running(root):
    leave(root, PLAIN, dict(status='running', **GONE | dict(host='elsewhere'), started=ago(9)))
    status = Follower(root).look()
    (run,) = status.running
    assert (run.host, run.pid, status.state, status.pid) == (
        *('elsewhere', GONE['pid']),
        *('running', None),
    )
    assert run.elapsed_s == pytest.approx(9, abs=1.5)


def test_one_of_another_host_that_falls_silent_is_an_interruption(root):
    elsewhere = dict(this_process(), host='elsewhere')
    leave(root, PLAIN, dict(status='running', **elsewhere, started=ago(9)))
    lease = Lease(RunPaths(root / f'{PLAIN}-cafe'))
    lease._facts = elsewhere
    assert lease.take(Watch())
    follower, now = Follower(root), 0.0
    follower._watch = Watch(lambda: now)
    for _ in range(30):
        now += BEAT_S
        lease.beat()
        assert by_key(follower.look())[PLAIN].status == 'running'
    for _ in range(DEAD_AFTER_BEATS + 2):
        now += BEAT_S
        status = follower.look()
    run = by_key(status)[PLAIN]
    assert run.status == 'interrupted' and not status.is_whole
    assert run.problem == f'process {os.getpid()} on elsewhere gives no sign of life'
    # One look alone cannot tell.
    assert by_key(Follower(root).look())[PLAIN].status == 'running'


def test_what_an_earlier_call_left_is_pending_while_a_sweep_works(root):
    leave(root, PLAIN, dict(status='failed', error='lost'), age_s=900)
    assert Follower(root).look().counts['failed'] == 1
    sweep_state(root)
    status = Follower(root).look()
    assert status.counts['pending'] == 1 and status.is_whole
    sweep_state(root, **GONE)
    status = Follower(root).look()
    assert status.counts['failed'] == 1 and status.state == 'stopped'
    assert status.elapsed_s is None, 'nobody knows when it was killed'


def test_how_far_a_run_is(root):
    memory = dict(
        init=dict(allocated_peak_bytes=3, process_peak_bytes=9),
        train=dict(allocated_peak_bytes=7, process_peak_bytes=None),
    )
    told = dict(epoch=3, epochs=40, loss=0.5, train_s=30.0, memory=memory, told=ago(2))
    leave(root, PLAIN, dict(status='running', **this_process(), started=ago(40), **told))
    run = by_key(Follower(root).look())[PLAIN]
    assert (run.epoch, run.epochs, run.loss, run.peak_bytes) == (3, 40, 0.5, 7)
    assert run.pace == (400.0, pytest.approx(32, abs=1.5))


def test_how_far_a_bank_is(root):
    leave(root, BANK, dict(status='running', **this_process(), started=ago(40)))
    folder = root / f'{BANK}-cafe'
    assert by_key(Follower(root).look())[BANK].view == 0
    peaks = dict(fill=dict(allocated_peak_bytes=11))
    write_json(folder / 'fill.json', dict(num_views=10, fill_s=20.0, peaks=peaks))
    write_json(folder / 'run.json', dict(num_views=40))
    run = by_key(Follower(root).look())[BANK]
    assert (run.view, run.views, run.peak_bytes, run.pace) == (10, 40, 11, (80.0, 20.0))


def test_what_waits_on_what_failed(root):
    for key in (BANK, f'ukd1-{STUDENT}-0', f'naive1-{STUDENT}-0'):
        leave(root, key, None)
    leave(root, TEACHER, dict(status='failed', error='no'))
    sweep_state(root)
    age(root / 'state.json', 60)
    status = Follower(root).look()
    assert {run.key: run.waits_on for run in status.waiting} == {
        BANK: (TEACHER,), f'ukd1-{STUDENT}-0': (TEACHER,), f'naive1-{STUDENT}-0': (TEACHER,),
    }  # fmt: skip
    assert status.left.seconds == 0, 'nothing of it is carried out in this call'
    sweep_state(root, finished=ago(0))
    status = Follower(root).look()
    assert status.state == 'stopped' and status.left.by_kind + status.left.by_work == 4


def test_what_needs_a_run_without_memory_stays_undone(tmp_path):
    made = one_seed()
    made.records[TEACHER].update(status='oom', metrics=None, error=dict(type='E', message='full'))
    root = made.write(tmp_path)
    for key in (BANK, f'ukd1-{STUDENT}-0'):
        leave(root, key, None)
    status = Follower(root).look()
    assert status.state == 'finished' and not status.is_whole
    assert [run.key for run in status.errors] == [TEACHER]
    assert status.errors[0].problem == 'E: full'
    assert {run.key for run in status.waiting} == {BANK, f'ukd1-{STUDENT}-0'}


def test_the_time_left_by_runs_of_the_kind(tmp_path):
    made = MadeUpSweep()
    root = made.write(tmp_path)
    for seed in (1, 2):
        leave(root, f'plain-{STUDENT}-{seed}', None)
    sweep_state(root)
    left = Follower(root).look().left
    assert (left.seconds, left.by_kind, left.by_work) == (100, 2, 0)
    sweep_state(root, jobs=1)
    assert Follower(root).look().left.seconds == 200
    started = dict(this_process(), started=ago(30))
    leave(root, f'plain-{STUDENT}-1', dict(status='running', **started))
    assert Follower(root).look().left.seconds == pytest.approx(170, abs=1.5)


def test_the_time_left_by_a_runs_own_epochs_and_by_work(root):
    for key in by_key(Follower(root).look()):
        leave(root, key, None)
    sweep_state(root)
    left = Follower(root).look().left
    assert left.seconds is None and left.unknown == len(by_key(Follower(root).look()))
    told = dict(epoch=10, epochs=40, train_s=100.0, told=ago(0))
    leave(root, PLAIN, dict(status='running', **this_process(), started=ago(100), **told))
    left = Follower(root).look().left
    assert left.unknown == 0 and left.by_kind == 1 and left.by_work > 5
    # A teacher, its bank at 0.35 of a plain epoch's 10 s, and a student: no chain is longer
    # but that of a naive student of four teachers.
    assert left.seconds > 400 + 40 * 10 * (1 + 4 * 0.35) - 1


def test_a_record_is_read_once_and_again_when_it_changes(root, monkeypatch):
    from ukd_bench.results import run_status

    read = []
    monkeypatch.setattr(
        run_status,
        'read_record',
        lambda path, real=run_status.read_record: read.append(path) or real(path),
    )
    follower = Follower(root)
    runs = follower.look().runs
    assert len(read) == len(runs)
    follower.look()
    assert len(read) == len(runs)
    record = root / f'{PLAIN}-cafe' / 'record.json'
    record.write_text(record.read_text().replace('plain', 'ukd'))
    run = by_key(follower.look())[PLAIN]
    assert run.status == 'unreadable' and 'digest' in run.problem and len(read) == len(runs) + 1


@pytest.mark.parametrize(
    'text', ['', '[]', '{"status": "dancing"}', '{"status": "running", "epoch": "x"}']
)
def test_a_state_that_cannot_be_read(root, text):
    leave(root, PLAIN, None)
    (root / f'{PLAIN}-cafe' / 'state.json').write_text(text)
    (root / 'state.json').write_text(text)
    status = Follower(root).look()
    assert by_key(status)[PLAIN].status == 'unreadable' and status.counts['unreadable'] == 1
    assert status.jobs is None and not status.is_whole


def test_nothing_is_written(root):
    leave(root, PLAIN, dict(status='running', **GONE))
    before = {path: path.stat().st_mtime_ns for path in root.rglob('*')}
    Follower(root).look()
    assert {path: path.stat().st_mtime_ns for path in root.rglob('*')} == before


def test_the_newest_sweep(tmp_path, root):
    other = one_seed().write(tmp_path / 'results' / 'other')
    for folder, seconds in ((root, 10), (other, 50)):
        age(folder / 'plan.json', seconds)
    assert newest_sweep(tmp_path / 'results') == root
    age(root / 'plan.json', 100)
    assert newest_sweep(tmp_path / 'results') == other


def test_no_sweep_at_all(tmp_path):
    with pytest.raises(ResultsError, match='holds no sweep; name the folder of one'):
        newest_sweep(tmp_path / 'results')
    with pytest.raises(ResultsError, match='no such results folder'):
        Follower(tmp_path / 'none').look()


def test_a_plan_that_is_being_rewritten_is_read_again(root, monkeypatch):
    whole = (root / 'plan.json').read_text()
    (root / 'plan.json').write_text(whole[: len(whole) // 2])
    follower = Follower(root)
    monkeypatch.setattr('time.sleep', lambda s: (root / 'plan.json').write_text(whole))
    assert follower.look().state == 'finished'
    monkeypatch.setattr('time.sleep', lambda s: None)
    content = json.loads(whole)
    content['name'] = 'edited'
    (root / 'plan.json').write_text(json.dumps(content))
    with pytest.raises(ResultsError, match='edited or damaged'):
        follower.look()
