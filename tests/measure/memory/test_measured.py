import os
import signal
import threading

import pytest

from ukd_bench.errors import UkdBenchError
from ukd_bench.measure.memory import measured as module
from ukd_bench.measure.memory.check import checked
from ukd_bench.measure.memory.measured import Outcome, measured_rows
from ukd_bench.measure.memory.real.capped import ALLOWANCE
from ukd_bench.measure.memory.rehearsal.subject import Cell
from ukd_bench.measure.memory.room import BESIDE_BYTES, Room
from ukd_bench.measure.memory.table import predict_cell

from .subjects import small, weighty

PEAKS = dict(allocated_peak_bytes=5, reserved_peak_bytes=None, process_peak_bytes=9)
NONE = dict.fromkeys(PEAKS)


def killed():
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
def test_a_process_that_is_killed_ran_out_of_memory():
    outcome = module._in_fresh_process(killed)
    assert (outcome.status, outcome.peaks) == ('oom', {})
    assert outcome.error == 'its process ended with exit code -9'


def test_a_cell_that_fails_has_rows_without_figures_and_the_others_go_on(monkeypatch, tmp_path):
    outcomes = {
        'plain': Outcome('oom', {'train': PEAKS}, 4, 'too much'),
        'ukd': Outcome('failed', {}, None, 'it died'),
        'two_stream_dark_light': Outcome('done', {'train': PEAKS}, 4),
    }
    monkeypatch.setattr(module, 'prepare', lambda *_: None)
    monkeypatch.setattr(module, 'carried_out', lambda subject, cell, folder: outcomes[cell.method])
    cells = [Cell('plain'), Cell('ukd', 1), Cell('two_stream_dark_light')]
    told = []
    rows = measured_rows(small(), cells, tmp_path, lambda *done: told.append(done))
    assert told == [(1, 3), (2, 3), (3, 3)]
    found = [(row['method'], row['phase'], row['status'], row['error']) for row in rows]
    assert found == [
        ('plain', 'train', 'done', None),
        ('plain', 'eval', 'oom', 'too much'),
        ('ukd', 'train', 'failed', 'it died'),
        ('ukd', 'eval', 'failed', 'it died'),
        # Its config has no test.
        ('two_stream_dark_light', 'train', 'done', None),
    ]
    assert [{name: row[name] for name in PEAKS} for row in rows] == [PEAKS, NONE, NONE, NONE, PEAKS]
    assert all(row['predicted'] is False and row['breakdown'] is None for row in rows)


def test_what_ran_out_of_memory_beside_others_is_carried_out_again_alone(monkeypatch, tmp_path):
    lock, begun, beside, most = threading.Lock(), [], [], [0]
    others = threading.Barrier(3)

    def carried_out(subject, cell, folder):
        with lock:
            begun.append(cell)
            beside.append(cell)
            most[0] = max(most[0], len(beside))
            first = begun.count(cell) == 1
        if first:
            others.wait(20)
        with lock:
            alone = len(beside) == 1
            beside.remove(cell)
        # One that is too large is so alone as well.
        if cell.num_teachers == 4 or (cell.num_teachers == 2 and first):
            assert first or alone
            return Outcome('oom', {}, 4, 'too much')
        return Outcome('done', {'train': PEAKS}, 4)

    monkeypatch.setattr(module, 'prepare', lambda *_: None)
    monkeypatch.setattr(module, 'carried_out', carried_out)
    cells = [Cell('naive', k) for k in (1, 2, 4)]
    room = Room(3, 10 * BESIDE_BYTES, {cell: BESIDE_BYTES for cell in cells})
    rows = measured_rows(small(), cells, tmp_path, room=room)
    assert most == [3] and {*begun[:3]} == {*cells} and begun[3:] == cells[1:]
    assert [(row['num_teachers'], row['status']) for row in rows if row['phase'] == 'train'] == [
        (1, 'done'), (2, 'done'), (4, 'oom'),
    ]  # fmt: skip


def test_teachers_that_cannot_be_made_are_told(tmp_path, monkeypatch):
    failed = Outcome('failed', error='no such layer')
    monkeypatch.setattr(module, '_in_fresh_process', lambda *_: failed)
    with pytest.raises(UkdBenchError, match='the teachers cannot be made ready: no such layer'):
        measured_rows(small(), [Cell('ukd', 1)], tmp_path)


@pytest.mark.slow
def test_a_fresh_process_takes_what_was_predicted(tmp_path, one_thread):
    cells = [Cell('bank'), Cell('ukd', 2)]
    for cell in cells:
        predicted = predict_cell(small(), cell, tmp_path / 'predicted')
    measured = measured_rows(small(), cells[1:], tmp_path / 'measured')
    assert [row['phase'] for row in measured] == ['train', 'eval']
    for one, other in zip(predicted, measured, strict=True):
        assert other['error'] is None
        assert one['allocated_peak_bytes'] == pytest.approx(other['allocated_peak_bytes'], rel=0.01)
        assert other['process_peak_bytes'] > other['process_start_bytes'] > 0


@pytest.mark.slow
def test_an_estimate_is_enough_and_nine_tenths_of_it_are_not(tmp_path, one_thread):
    subject, cell = weighty(tmp_path, classes=660_000, clip=(4, 32, 32)), Cell('plain')
    rows = predict_cell(subject, cell, tmp_path / 'predicted')
    estimate = max(row['allocated_peak_bytes'] for row in rows)
    # What is allowed for the rest of the process must not cover the tenth.
    assert estimate > 10 * ALLOWANCE
    enough = checked(subject, cell, estimate, tmp_path / 'enough')
    assert (enough.status, enough.error) == ('done', None)
    too_little = checked(subject, cell, estimate * 9 // 10, tmp_path / 'too_little')
    assert too_little.status == 'oom' and 'memory' in too_little.error
