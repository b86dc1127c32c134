import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest

from ukd_bench.knowledge.bank.format import BankPaths
from ukd_bench.knowledge.bank.show import accuracy, agreement
from ukd_bench.knowledge.bank.writer import BankWriter

from ..made_up_banks import IDENTITY, LABELS, job, scores, write_bank


def one_hot(best_VN, classes=4):
    """(V, N, C) scores whose highest are those of given classes."""
    return np.eye(classes, dtype=np.float32)[np.asarray(best_VN)]


# The labels are 0 1 2 3 0: view 0 is right 5 times, view 1 twice.
FIRST = [[0, 1, 2, 3, 0], [0, 0, 0, 0, 0]]
SECOND = [[0, 1, 2, 3, 1], [1, 1, 1, 1, 0], [2, 2, 2, 2, 2]]


@pytest.fixture
def banks(tmp_path):
    return (
        write_bank(tmp_path / 'first', one_hot(FIRST), job(views=2)),
        write_bank(tmp_path / 'second', one_hot(SECOND), job('top2', views=3)),
    )


def test_accuracy_is_the_mean_over_views(banks):
    assert accuracy(banks[0]) == pytest.approx((5 + 2) / 10)
    assert accuracy(banks[1]) == pytest.approx((4 + 2 + 1) / 15)


def test_agreement_is_over_views_that_both_hold(banks):
    assert agreement(*banks) == agreement(*banks[::-1]) == pytest.approx((4 + 1) / 10)
    assert agreement(banks[0], banks[0]) == 1


@pytest.mark.parametrize('part', ['dataset', 'views', 'classes'])
def test_banks_of_something_else_have_no_agreement(banks, tmp_path, part):
    other = job(views=2, identity=dataclasses.replace(IDENTITY, **{part: 'x' * 64}))
    assert agreement(banks[0], write_bank(tmp_path / 'other', one_hot(FIRST), other)) is None
    # Another rendering, model or checkpoint is what makes it another teacher.
    same = dataclasses.replace(IDENTITY, rendering='x', model='x', checkpoint='x')
    third = write_bank(tmp_path / 'third', one_hot(FIRST), job(views=2, identity=same))
    assert agreement(banks[0], third) == 1


def lines(printed):
    return [line.rstrip() for line in printed.splitlines()]


def test_what_is_printed(command, banks, monkeypatch):
    monkeypatch.setenv('COLUMNS', '80')
    status, printed, complaint = command('show', *(bank.folder for bank in banks))
    assert (status, complaint) == (0, '')
    # Of scores 1, 0, 0, 0 two are left out: 2 / (3 + e^(1/T)) of the probability.
    assert lines(printed) == [
        '  teacher views clips classes storage  MiB top-1, % state',
        '1 a           2     5       4 float32 0.00     70.0 complete',
        '2 a           3     5       4    top2 0.00     46.7 complete',
        '',
        'probability that a storage leaves out or moves: mean (most)',
        '        T = 1       T = 4',
        '2 0.35 (0.35) 0.47 (0.47)',
        '',
        'same best class, % of (view, clip)',
        '     1',
        '2 50.0',
    ]


def test_a_fill_in_progress_and_what_is_wrong(command, banks, tmp_path):
    with BankWriter(tmp_path / 'half', job()) as writer:
        writer.write(writer.claim(), scores()[0])
    paths = BankPaths(banks[1].folder)
    paths.array('scores').write_bytes(b'')
    status, printed, _ = command('show', tmp_path / 'half', banks[0].folder, banks[1].folder)
    assert status == 0
    text = ' '.join(printed.split())
    assert '1 a – – – – – – 1 of 3 views' in text
    assert '70.0 complete' in text
    assert 'scores.npy is' in text and 'cut off' in text
    assert 'same best class' not in text


def test_a_manifest_that_is_not_json_hides_no_other_bank(command, banks):
    banks[1].paths.manifest.write_text('{')
    status, printed, _ = command('show', banks[1].folder, banks[0].folder)
    assert status == 0
    # However long the path is that the table breaks.
    text = ''.join(printed.split())
    assert 'manifest.json:notvalidJSON' in text and '70.0complete' in text


def test_a_pool_names_its_teachers(command, tmp_path, banks):
    teachers = [
        dict(name=name, config='c.py', checkpoint='c.pth', bank=folder)
        for name, folder in (('dark', 'first'), ('bright', 'second'), ('new', 'absent'))
    ]
    (tmp_path / 'pool.json').write_text(json.dumps(dict(teachers=teachers)))
    printed = lines(command('show', tmp_path / 'pool.json')[1])
    assert [line.split()[1] for line in printed[1:4]] == ['dark', 'bright', 'new']
    assert printed[3].endswith('absent')


def test_many_teachers_are_summed_up(command, tmp_path):
    best = np.tile(LABELS, (1, 1))
    folders = []
    for number in range(14):
        values = best.copy()
        values[0, : number % 3] = 3
        folders.append(write_bank(tmp_path / str(number), one_hot(values), job(views=1)).folder)
    printed = command('show', *folders)[1]
    text = ' '.join(printed.split())
    assert 'same best class, % of (view, clip) 91 pairs: mean' in text
    assert 'least 60.0 (1 and 3), most 100.0 (1 and 4)' in text
    assert max(map(len, printed.splitlines())) <= 80


def test_what_is_no_bank_is_status_2(command, tmp_path):
    status, printed, complaint = command('show', tmp_path)
    assert (status, printed) == (2, '')
    assert complaint == f'error: {tmp_path} is neither a pool nor the folder of a bank\n'
    (tmp_path / 'pool.json').write_text('{}')
    assert command('show', tmp_path / 'pool.json')[0] == 2


def test_what_is_no_bank_hides_no_other(command, banks, tmp_path):
    status, printed, complaint = command('show', banks[0].folder, tmp_path, banks[1].folder)
    assert status == 2
    assert complaint == f'error: {tmp_path} is neither a pool nor the folder of a bank\n'
    assert lines(printed) == lines(command('show', banks[0].folder, banks[1].folder)[1])


def test_it_needs_no_torch(banks):
    script = (
        'import sys; from ukd_bench.knowledge.__main__ import main\n'
        f'status = main(["show", {str(banks[0].folder)!r}])\n'
        'print("heavy:", *(name for name in ("torch", "mmaction", "mmcv") if name in sys.modules))'
    )
    answer = subprocess.run([sys.executable, '-c', script], capture_output=True, text=True)
    assert answer.stdout.splitlines()[-1].strip() == 'heavy:', answer.stdout + answer.stderr
