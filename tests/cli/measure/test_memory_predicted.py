"""``ukd-bench measure memory --predicted``: what was predicted before."""

import json
from importlib.metadata import version

import pytest

from ukd_bench.cli.measure import memory
from ukd_bench.results.load_full_size import load_full_size

from .memory_rows import FIGURES, SETTING, row


def test_what_was_predicted_before_is_measured(call, made_up, mine, monkeypatch, tmp_path):
    teacher = dict(teacher='mine')
    made_up(
        row('teacher', peak=90, **teacher), row('bank', phase='fill', peak=50, **teacher),
        row('plain'), row('ukd', 2),
    )  # fmt: skip
    before, words = tmp_path / 'before.json', (mine, '--methods', 'plain,ukd', '--teachers', '0,2')
    monkeypatch.setattr(memory, 'environment', lambda *_: dict(device=dict(name='a laptop')))
    assert call(*words, '--predict', '--json', before)[0] == 0
    given = [
        row(method, k, peak=peak) | dict(
            predicted=False, workspace_bound_bytes=None, breakdown=None,
            process_peak_bytes=300 * 2**20, process_start_bytes=50 * 2**20,
        )
        for method, k, peak in (('plain', 0, 99), ('ukd', 2, 80))
    ]  # fmt: skip
    rooms = []
    monkeypatch.setattr(memory, '_measured', lambda *a: rooms.append(a[2]) or given)
    monkeypatch.setattr(memory, 'device_name', lambda _: 'a far GPU')
    monkeypatch.setattr(memory, 'environment', lambda *_: dict(device=dict(name='a far GPU')))
    monkeypatch.setattr('ukd_bench.measure.memory.room.free_bytes', lambda: 2**30)
    out_file = tmp_path / 'both/mine.json'
    words = (*words, '--predicted', before, '--jobs', 3)
    status, out, _ = call(*words, '--json', out_file)
    assert status == 0 and '+1.01%' in out and '+25.00%' in out
    assert out.endswith(f'Measured on a far GPU, torch {version("torch")}, a process a cell.\n')
    (room,) = rooms
    assert (room.jobs, room.free_bytes) == (3, 2**30)
    # What is reserved, and what libraries may take.
    assert {cell.method: need // 2**20 for cell, need in room.needs.items()} == {
        'teacher': 181, 'bank': 101, 'plain': 201, 'ukd': 201,
    }  # fmt: skip
    both = json.loads(out_file.read_text())
    assert both['environment'] == dict(device=dict(name='a far GPU'))
    assert both['predicted_by']['environment'] == dict(device=dict(name='a laptop'))
    assert both['predicted_by']['command'].endswith('--predict')
    assert both['command'].endswith('--predicted before.json --jobs 3')
    # 200 MiB are predicted to be reserved, and the process took 250 more than before.
    assert both['comparison']['summary']['process']['worst'] == pytest.approx(-0.2)
    (student,) = load_full_size(tmp_path / 'both').students
    assert [one.predicted for one in student.figures] == [True] * 4 + [False] * 2

    # One that could not be predicted is measured alone.
    content = json.loads(before.read_text())
    failed = [one for one in content['rows'] if one['method'] == 'ukd']
    failed[0] |= dict(status='failed', breakdown=None, **dict.fromkeys(FIGURES))
    before.write_text(json.dumps(content))
    assert call(*words)[0] == 1
    assert {cell.method for cell in rooms[-1].needs} == {'teacher', 'bank', 'plain'}

    monkeypatch.setitem(SETTING, 'batch_size', 4)
    line = f'error: {before}: setting.batch_size is 8, and 4 is measured\n'
    assert call(*words) == (2, '', line)
    monkeypatch.setitem(SETTING, 'batch_size', 8)
    words = (mine, '--methods', 'mutual', '--teachers', '2', '--predicted')
    line = f'error: {before}: predicts nothing of mutual 2\n'
    assert call(*words, before) == (2, '', line)
    (tmp_path / 'queue.json').write_text('{"kind": "queue"}')
    line = f'error: {tmp_path / "queue.json"}: holds no figures of memory\n'
    assert call(*words, tmp_path / 'queue.json') == (2, '', line)
