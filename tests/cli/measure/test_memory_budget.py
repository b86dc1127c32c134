"""``ukd-bench measure memory --budget``: what fits, and both sides of each boundary."""

import csv
import json
import re

import pytest

from ukd_bench.measure.memory import budget, check
from ukd_bench.measure.memory.boundary import Need
from ukd_bench.measure.memory.measured import Outcome
from ukd_bench.results.load_full_size import load_full_size

from .memory_rows import row


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
