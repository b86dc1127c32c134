"""``ukd-bench measure memory``: tables, files, and what fails."""

import csv
import json
import re

import pytest

from tests.measure.memory.small import small_config
from ukd_bench.cli.measure import memory
from ukd_bench.measure.memory import baseline, check
from ukd_bench.measure.memory.measured import Outcome
from ukd_bench.measure.memory.rehearsal.subject import Subject
from ukd_bench.results.load_full_size import load_full_size

from .memory_rows import SETTING, row

NETWORK = """
import torch
from mmaction.models.backbones.resnet3d_slowonly import ResNet3dSlowOnly
from mmaction.registry import MODELS


@MODELS.register_module()
class Choosy(ResNet3dSlowOnly):
    def forward(self, x):
        return super().forward(x) * torch.nonzero(x).shape[0]
"""


@pytest.mark.slow
def test_a_users_config_from_end_to_end(call, mine, folder):
    files = [folder / f'out/{name}' for name in ('mine.json', 'mine.csv', 'mine.svg')]
    words = ('--predict', '--methods', 'naive,plain,ukd', '--teachers', '0,1,3', '--batch', 2)
    names = zip(('--json', '--csv', '--figure'), files, strict=True)
    options = [word for pair in names for word in pair]
    status, out, err = call(mine, *words, '--jobs', 1, *options)
    assert (status, err) == (0, '')
    assert out.startswith('mine: 0.5 million parameters, batches of 2 clips of 3x8x48x48, float32')
    assert 'Predicted without the device: cuda imitated on fake tensors, torch 2.' in out
    assert max(map(len, out.splitlines())) <= 80
    content = json.loads(files[0].read_text())
    assert content['command'] == (
        'ukd-bench measure memory mine.py --methods naive,plain,ukd --teachers 0,1,3 --batch 2 '
        '--predict --jobs 1'
    )
    for one in content['rows']:
        assert sum(one['breakdown'].values()) == one['allocated_peak_bytes']
    (student,) = load_full_size(files[0].parent).students
    assert (student.name, student.setting.teacher_kinds) == ('mine', ('mine',))
    assert {one.method for one in student.figures} == {'plain', 'ukd', 'naive', 'teacher', 'bank'}
    peaks = {
        (one.method, one.num_teachers): one.allocated_peak_bytes
        for one in student.figures
        if one.phase == 'train'
    }
    assert peaks['ukd', 1] == peaks['ukd', 3] <= 1.001 * peaks['plain', 0]
    per_teacher = (peaks['naive', 3] - peaks['naive', 1]) / 2
    assert per_teacher == pytest.approx(student.setting.teacher_bytes, rel=0.05)
    rows = list(csv.DictReader(files[1].open()))
    assert len(rows) == len(content['rows']) and {one['student'] for one in rows} == {'mine'}
    assert [int(one['allocated_peak_bytes']) for one in rows] == [
        one['allocated_peak_bytes'] for one in content['rows']
    ]
    assert '<svg' in files[2].read_text()


@pytest.mark.slow
def test_what_fails_takes_no_others_with_it(call, mine, folder, monkeypatch):
    """A teacher's control flow depends on values: the student alone can be told."""
    (folder / 'choosy.py').write_text(NETWORK)
    monkeypatch.chdir(folder)
    changes = {'model.backbone.type': 'Choosy', 'custom_imports': dict(imports=['choosy'])}
    choosy = small_config(folder, 'choosy_net.py', **changes)
    words = ('--predict', '--methods', 'plain,naive', '--teachers', '0,1', '--batch', 2)
    status, out, err = call(mine, *words, '--pool', choosy, '--jobs', 1)
    assert status == 1 and re.search(r'^plain +[\d.]+$', out, re.MULTILINE)
    assert re.search(r'^naive +failed$', out, re.MULTILINE)
    assert re.fullmatch(r'(failed: .*\n)+', err) and 'aten.nonzero.default' in err
    # Alone, it is the mistake.
    status, out, err = call(choosy, *words, '--jobs', 1)
    assert (status, out) == (2, '') and re.fullmatch(
        r'error: choosy_net, .*config \S*choosy_net.py: .*aten.nonzero.default.*\n', err
    )


def test_tables_by_hand(call, made_up, mine):
    teacher = dict(teacher='mine')
    made_up(
        row('teacher', peak=300, **teacher), row('bank', phase='fill', peak=50, **teacher),
        row('plain'), row('plain', phase='eval', peak=40), row('ukd', 2), row('naive', 2, peak=120),
        row('mutual', 2, peak=210),
    )  # fmt: skip
    status, out, _ = call(mine, '--predict')
    assert status == 0
    blocks = [[line.split() for line in block.splitlines()] for block in out.split('\n\n')]
    titles = [' '.join(block[0]) for block in blocks]
    assert titles[1:5] == [
        'Training peak, allocated, predicted, MiB', 'Training peak, reserved, predicted, MiB',
        'Peak of the whole pipeline, allocated, predicted, MiB',
        'At most this much more, for scratch memory of libraries, MiB',
    ]  # fmt: skip
    assert blocks[1][1:] == [
        ['no', 'K'], ['plain', '100.0'], ['K', '=', '2'], ['ukd', '100.0'], ['naive', '120.0'],
        ['mutual', '210.0'],
    ]  # fmt: skip
    # A teacher is trained for those that have one.
    assert blocks[3][2:] == [
        ['plain', '100.0'], ['K', '=', '2'], ['ukd', '300.0'], ['naive', '300.0'],
        ['mutual', '210.0'],
    ]  # fmt: skip
    assert ['naive', '2', *'000000', '120'] in blocks[5]


def test_figures_that_are_missing_are_an_exit_status(call, made_up, mine, folder):
    why = 'config mine.py: cannot be rehearsed'
    made_up(row('plain'), row('naive', 1, error=why), row('naive', 2, error=why))
    status, out, err = call(mine, '--predict', '--json', folder / 'failed/mine.json')
    assert (status, err.splitlines()[-1]) == (1, f'failed: mine, naive K = 1 and 1 more: {why}')
    assert re.search(r'^naive +failed +failed$', out, re.MULTILINE)
    (student,) = load_full_size(folder / 'failed').students
    assert [one.status for one in student.figures] == ['done', 'failed', 'failed']
    made_up(row('plain', error=why))
    assert call(mine, '--methods', 'plain', '--predict') == (2, '', f'error: mine, plain: {why}\n')


def test_methods_for_which_a_config_is_missing_are_left_out(call, made_up, mine):
    made_up(row('plain'))
    assert call(mine, '--predict')[2] == 'left out, for want of a config: two_stream_dark_light\n'
    shipped = '{method}/slowonly-r18-w8_darkroom-quick.py'
    assert call(shipped, '--predict')[2] == ''


def test_measuring_predicting_and_both(call, made_up, mine, monkeypatch, tmp_path):
    made_up(row('plain'))
    given = row('plain', peak=99) | dict(
        predicted=False, workspace_bound_bytes=None, breakdown=None, process_start_bytes=None
    )
    monkeypatch.setattr(memory, '_measured', lambda *_: [given])
    tracked = dict(method='plain', num_teachers=0, phase='train', error=None)
    tracked['mem_tracker_peak_bytes'] = given['allocated_peak_bytes'] * 3 // 2
    monkeypatch.setattr(baseline, 'tracker_rows', lambda *_: [tracked])
    words = (mine, '--methods', 'plain', '--device', 'cpu')
    status, out, _ = call(*words)
    assert status == 0 and 'measured, MiB' in out and 'predicted' not in out
    status, out, _ = call(*words, '--compare', '--json', tmp_path / 'both.json')
    assert status == 0 and 'measured, MiB' in out and 'predicted, MiB' in out
    assert '+1.01%' in out and '+50.00%' in out
    comparison = json.loads((tmp_path / 'both.json').read_text())['comparison']
    assert comparison['summary']['mem_tracker']['worst'] == 0.5
    assert [row['mem_tracker'] for row in comparison['rows']] == [0.5]


def test_a_check_that_was_not_enough_is_an_exit_status(call, made_up, mine, monkeypatch):
    given = []

    def checked(subject, cell, estimate, folder):
        given.append((cell.method, estimate))
        return Outcome('done') if cell.method == 'plain' else Outcome('oom', error='no more')

    made_up(row('plain'), row('plain', phase='eval', peak=130), row('mutual', 2, peak=150))
    monkeypatch.setattr(check, 'checked', checked)
    words = (mine, '--methods', 'plain,mutual', '--teachers', 2, '--device', 'cpu', '--check')
    status, out, err = call(*words)
    assert given == [('plain', 260 * 2**20), ('mutual', 300 * 2**20)]
    assert re.search(r'^plain +260.0 MiB was enough$', out, re.MULTILINE)
    assert re.search(r'^mutual 2 +300.0 MiB was too little$', out, re.MULTILINE)
    assert (status, err) == (1, 'failed: mine, mutual K = 2: no more\n')


def test_shipped_students_come_with_their_teachers_and_titles(call, monkeypatch, folder):
    found = []

    def predicted(arguments, subject, *_):
        found.append(subject)
        return [row('plain')]

    monkeypatch.setattr(memory, '_predicted', predicted)
    names = []

    def setting(arguments, subject, _):
        names.append(memory.title_of(subject.student))
        return SETTING | dict(student=subject.student, title=names[-1])

    monkeypatch.setattr(memory, '_setting', setting)
    path = str(folder / '{student}/memory.json')
    assert call('--predict', '--student', 'all', '--json', path)[0] == 0
    students = ['r2plus1d-r34', 'slowonly-r50', 'tsm-r50', 'x3d-m', 'swin-t']
    assert [one.student for one in found] == students
    assert [len(one.pool) for one in found] == [1] * 5 and isinstance(found[0], Subject)
    assert found[0].pool[0].endswith('teachers/r2plus1d-r34-gamma1.8_arid.py')
    assert names == ['R(2+1)D-34', 'SlowOnly-50', 'TSM-50', 'X3D-M', 'Video Swin-T']
    content = json.loads((folder / 'x3d-m/memory.json').read_text())
    assert content['command'] == 'ukd-bench measure memory --student all --predict'
