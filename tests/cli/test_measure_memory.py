"""``ukd-bench measure memory``: tables, files, budgets, and one line for each mistake."""

import csv
import json
import re
from importlib.metadata import version

import pytest

from tests.measure.memory.small import small_config
from ukd_bench.cli.main import main
from ukd_bench.cli.measure import memory
from ukd_bench.files.configs import mmaction2_config
from ukd_bench.measure.memory import baseline, budget, check
from ukd_bench.measure.memory.boundary import Need
from ukd_bench.measure.memory.measured import Outcome
from ukd_bench.measure.memory.rehearsal.subject import Subject
from ukd_bench.results.load_full_size import load_full_size

NETWORK = """
import torch
from mmaction.models.backbones.resnet3d_slowonly import ResNet3dSlowOnly
from mmaction.registry import MODELS


@MODELS.register_module()
class Choosy(ResNet3dSlowOnly):
    def forward(self, x):
        return super().forward(x) * torch.nonzero(x).shape[0]
"""


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp('memory')


@pytest.fixture(scope='module')
def mine(folder):
    return small_config(folder)


@pytest.fixture
def call(capsys):
    """Calls the command; the status, and what it printed on stdout and on stderr."""

    def run(*words):
        capsys.readouterr()
        try:
            status = main(['measure', 'memory', *map(str, words)])
        except SystemExit as end:
            status = end.code
        out, err = capsys.readouterr()
        return status, out, err

    return run


def row(method, k=0, phase='train', peak=100, error=None, **more):
    known = error is None
    parts = dict.fromkeys(
        ('weights', 'gradients', 'optimizer', 'activations', 'teachers', 'inputs'), 0
    )
    return dict(
        method=method, num_teachers=k, phase=phase, predicted=True, error=error,
        status='done' if known else 'failed', process_peak_bytes=None,
        allocated_peak_bytes=peak * 2**20 if known else None,
        reserved_peak_bytes=2 * peak * 2**20 if known else None,
        workspace_bound_bytes=2**20 if known else None,
        breakdown=parts | dict(temporaries=peak * 2**20 - 5, rounding=5) if known else None, **more,
    )  # fmt: skip


FIGURES = (
    *('allocated_peak_bytes', 'reserved_peak_bytes', 'process_peak_bytes'),
    'workspace_bound_bytes',
)
SETTING = dict(
    student='mine', title=None, batch_size=8, device='cuda', precision='float32',
    clip=[3, 8, 48, 48], parameters=520_000, teacher_kinds=['mine'], teacher_bytes=2_000_000,
)  # fmt: skip


@pytest.fixture
def made_up(monkeypatch):
    """Has the command find these rows, and no process started."""

    def give(*rows):
        monkeypatch.setattr(memory, '_predicted', lambda *_: list(rows))
        monkeypatch.setattr(memory, '_setting', lambda *_: SETTING)

    return give


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


@pytest.fixture
def searched(monkeypatch):
    """Has each search be made over a line: a clip takes 100 MiB, a teacher 300 and 50 a clip."""

    def budgets(subjects, methods, question, *_):
        found = []
        for subject, mine in zip(subjects, methods, strict=True):
            one = budget.Budget(before=[row('teacher', peak=1100, teacher='mine')])
            for method in mine:
                one.methods[method] = budget.answer(method, question, predict, subject.device)
            found.append(one)
        return found

    def predict(k, clips):
        peak = (500 + 300 * k + (100 + 50 * k) * clips) * 2**20
        return Need(peak, peak + 100 * 2**20)

    monkeypatch.setattr(budget, 'budgets', budgets)


def test_a_budget(call, mine, folder, searched):
    words = (mine, '--predict', '--methods', 'plain,naive,mutual', '--device', 'cpu')
    files = ('--csv', folder / 'budget.csv', '--json', folder / 'budgets/mine.json')
    status, out, err = call(*words, '--budget', '8GiB,1400MiB', '--for-teachers', 1, *files)
    assert (status, err) == (0, '') and max(map(len, out.splitlines())) <= 80
    lines = [line.split() for line in out.splitlines()]
    # 8192 = 1300 + 700 K leaves 9.8 teachers, and 8192 = 800 + 150 clips 49.3.
    assert ['naive', '9', '7.4', 'GiB', '49*', '8.0', 'GiB'] in lines
    assert ['plain', 'no', 'K', '76*', '7.9', 'GiB'] in lines
    # What fits, and does not with 100 MiB for libraries, is marked.
    assert ['plain', 'no', 'K', '9*', '1.4', 'GiB'] in lines
    assert ['naive', 'not', '1', '(2.0', 'GiB)', '4*', '1.4', 'GiB'] in lines
    assert '* fits only if libraries take no workspace' in out
    assert ['mutual', 'K', '=', '2', 'rtx2080ti', '(10.76', 'GiB),', 'takes', '2.6', 'GiB'] in lines
    assert 'mutual is answered at K = 2, its smallest' in out
    assert 'the training of a teacher takes 2.1 GiB' in out
    rows = list(csv.DictReader((folder / 'budget.csv').open()))
    assert [(one['method'], one['budget']) for one in rows] == [
        (method, size) for size in ('8GiB', '1400MiB') for method in ('plain', 'naive', 'mutual')
    ]
    naive = rows[1]
    assert (naive['largest_teachers'], naive['largest_batch']) == ('9', '49')
    assert int(naive['largest_teachers_bytes']) <= 8 * 2**30 < int(naive['one_more_teachers_bytes'])
    assert int(naive['largest_batch_bytes']) <= 8 * 2**30 < int(naive['one_more_batch_bytes'])
    assert naive['smallest_card'] == 'rtx2080ti' and rows[0]['largest_teachers'] == ''
    content = json.loads((folder / 'budgets/mine.json').read_text())
    assert (content['kind'], len(content['rows'])) == ('memory_budget', 6)
    # Reports read figures, and pass answers over.
    assert load_full_size(folder / 'budgets').students == ()


def test_both_sides_of_a_budgets_boundaries(call, mine, folder, searched, monkeypatch):
    asked = []

    def carried_out(subject, found, *_):
        asked.extend(found)
        went = ['done', 'oom', 'done', 'done', 'oom', 'oom']
        return [Outcome(status, error='no more' if status == 'oom' else None) for status in went]

    monkeypatch.setattr(check, 'check_sides', carried_out)
    words = (mine, '--check', '--methods', 'plain,naive', '--device', 'cpu', '--budget', '8GiB')
    path = folder / 'budgets/checked.json'
    status, out, err = call(*words, '--for-teachers', 1, '--json', path)
    assert [(side.cell.method, side.cell.num_teachers, side.batch_size) for side in asked] == [
        ('plain', 0, 76), ('plain', 0, 77), ('naive', 9, 8), ('naive', 10, 8), ('naive', 1, 49),
        ('naive', 1, 50),
    ]  # fmt: skip
    assert re.search(r'^plain +76 +7.9 GiB +8.0 GiB  was enough$', out, re.MULTILINE)
    assert re.search(r'^plain +77 +8.0 GiB +8.0 GiB  was too little$', out, re.MULTILINE)
    # 10 teachers take 108 MiB more than there is, which is decided, and 49 clips fit.
    assert status == 1 and err == (
        'failed: mine, naive K = 10, 8 clips: fits 8.0 GiB, against the prediction\n'
        'failed: mine, naive K = 1, 49 clips: no more\n'
    )
    checks = json.loads(path.read_text())['checks']
    assert [one['as_predicted'] for one in checks] == [True, True, True, False, False, True]


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


KNOWN = (
    'plain, label_smoothing, plain_long, wide, self, shuffled, shuffled_across, precomputed, ukd, '
    'naive, naive_graph, swap, random, chain, mutual, two_stream_dark_light, two_stream_rgb_flow'
)
SEE = '(see ukd-bench measure memory --help)'


@pytest.mark.parametrize(
    ('words', 'line'),
    [
        (
            ['--budget', '11', '--predict'],
            "argument --budget: '11' has no unit: 11GiB is 11 x 2**30 bytes, 11GB 11 x 10**9 "
            + SEE,
        ),
        (['--budget', '11GiB'], '--budget needs --predict or --check'),
        (['--for-teachers', '4', '--predict'], '--for-teachers needs --budget'),
        (
            ['--budget', 'T4', '--predict', '--teachers', '4'],
            '--teachers does not go with --budget, which searches K itself',
        ),
        (
            ['--budget', 't4', '--predict', '--batch', '1000'],
            '--batch 1000: a budget is searched up to 512',
        ),
        (
            ['--student', 'x3d', '--predict'],
            "student 'x3d' is none of r2plus1d-r34, slowonly-r50, tsm-r50, x3d-m, swin-t, all",
        ),
        (['--methods', 'kd', '--predict'], f"method 'kd' is none of {KNOWN}"),
        (
            ['--clip', '32x112', '--predict'],
            f"argument --clip: '32x112' is not of the form 32x112x112 {SEE}",
        ),
        (['absent.py', '--predict'], 'config absent.py does not exist'),
        (
            ['mine.py', '--student', 'x3d-m', '--predict'],
            'CONFIG and --student name a student each: give one of them',
        ),
        (
            ['mine.py', '--sweep', 'quick', '--predict'],
            'CONFIG and --sweep name a student each: give one of them',
        ),
        (
            ['--sweep', 'none', '--predict'],
            'sweep config none does not exist; shipped by name are '
            'arid_v1, arid_v15, darkroom, darkroom_wide, full_size, quick, quick_again',
        ),
        (
            ['--sweep', 'quick', '--student', 'x3d-m', '--predict'],
            "student 'x3d-m' is none of i3d-r18-w8, all",
        ),
        (
            ['--predicted', 'far.json', '--compare'],
            '--predicted measures and compares, and does not go with --compare',
        ),
        (
            ['--amp', '--predict', '--device', 'cpu'],
            "--amp: MMEngine's AmpOptimWrapper needs a GPU, and --device is cpu",
        ),
        (
            ['--libraries', 'hopper', '--predict', '--device', 'cpu'],
            '--libraries is of CUDA, and --device is cpu',
        ),
        (
            ['--libraries', 'hopper', '--predict', '--amp'],
            '--libraries is of float32, and --amp mixes precisions',
        ),
        (
            ['--libraries', 'hopper', '--predict', '--budget', 't4'],
            '--libraries is of allocated memory, and does not go with --budget',
        ),
        (
            ['--libraries', 'hopper'],
            '--libraries needs --predict, --compare or --check',
        ),
        (
            ['odd.py', '--predict', '--amp'],
            "config odd.py: optim_wrapper.type = 'ApexOptimWrapper': only an OptimWrapper can be "
            'made an AmpOptimWrapper',
        ),
        (
            ['mine.py', '--methods', 'wide', '--predict'],
            "mine.py: method 'wide' needs a config of its own; give a path with {method} in it, "
            'where it has one',
        ),
        (
            ['--student', 'all', '--json', 'memory.json', '--predict'],
            '--json memory.json: 5 students have a file each, as in memory-{student}.json',
        ),
    ],
)
def test_a_mistake_is_one_line(words, line, call, mine, monkeypatch):
    monkeypatch.chdir(mine.parent)
    small_config(mine.parent, 'odd.py', **{'optim_wrapper.type': 'ApexOptimWrapper'})
    assert call(*words) == (2, '', f'error: {line}\n')


def test_an_unknown_device_is_named(call):
    status, out, err = call('--device', 'tpu', '--predict')
    assert (status, out) == (2, '')
    assert re.fullmatch(r"error: argument --device: invalid choice: 'tpu' .*\n", err)


def test_a_device_that_is_not_here_is_named(call, monkeypatch):
    monkeypatch.setattr('ukd_bench.records.execution.cuda_devices', tuple)
    line = 'error: device cuda: torch finds no CUDA device on this machine\n'
    assert call('--device', 'cuda') == (2, '', line)


def test_a_config_without_training_is_named(call):
    path = mmaction2_config('recognition/x3d/x3d_s_13x6x1_facebook-kinetics400-rgb.py')
    line = f"error: config {path}: lacks the section 'train_dataloader'\n"
    assert call(path, '--predict') == (2, '', line)
