"""Method, loss, rules, enhancement and claim, as their pages have them, in one sweep."""

import json
import re

import pytest

from ..pages import DOCS, code_of
from .conftest import run_module

FILES = {
    'own_method.md': ('my_methods.py', 'my_sweep.py'),
    'losses.md': ('my_loss.py',),
    'assembly.md': ('my_rule.py',),
    'own_enhancement.md': ('my_enhancement.py', 'teachers/slowonly-log_darkroom-quick.py'),
    'claims.md': ('my_rules.py', 'my_claims.toml'),
}
# Stands for the page's `quick.py`: one teacher, and as many steps as it takes to time some.
SMALL = """
name = 'own'
dataset = dict(name='darkroom-tiny', darkroom=dict(preset='tiny'), split=1)
students = [dict(name='i3d-r18-w8', epochs=12)]
full_epochs = 12
num_views = 1
teacher_epochs = 1
teachers = [dict(name='slowonly-log', student='slowonly-r18-w8', seed=101)]
num_teachers = [1]
seeds = [0]
student_config = '{method}/{student}_darkroom-quick.py'
teacher_config = 'teachers/{teacher}_darkroom-quick.py'
distillation = dict(loss=dict(type='my_loss.DKD', beta=4.0), rule='my_rule.MostCertain')
claims = 'my_claims.toml'
"""


@pytest.mark.slow
def test_all_stand_in_one_report_under_their_own_names(tmp_path, dark_root):
    for page, names in FILES.items():
        for name in names:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(code_of(page, f'# {name}'))
    (tmp_path / 'quick.py').write_text(SMALL)
    # The page's claims are of naive and UKD; one more is of the method.
    claims = (tmp_path / 'my_claims.toml').read_text()
    (page_claim,) = re.findall(r'\[\[claim\]\]\nid = "M2".*', claims, re.DOTALL)
    own_claim = page_claim.replace('"M2"', '"M3"').replace('"ukd"', '"top_classes"')
    (tmp_path / 'my_claims.toml').write_text(f'{claims}\n{own_claim}')
    (distillation,) = re.findall(
        r'`(distillation = dict\(loss=.*?\))`', (DOCS / 'losses.md').read_text()
    )
    assert distillation in SMALL.replace(", rule='my_rule.MostCertain'", '')
    called = 'sweep', 'my_sweep.py', '--data-root', dark_root
    forking = '--executor', 'tests.warm.ForkingExecutor'
    done = run_module('ukd_bench', *called, *forking, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '0 without a result' in done.stdout

    results, report = tmp_path / 'results' / 'own', tmp_path / 'reports' / 'own'
    records = {
        record['method']: record
        for record in (json.loads(path.read_text()) for path in results.glob('*/record.json'))
    }
    assert {*records} == {'teacher', 'bank', 'plain', 'ukd', 'top_classes'}
    assert records['teacher']['teacher'] == 'slowonly-log'
    for method in ('ukd', 'top_classes'):
        knowledge = records[method]['knowledge']
        assert knowledge['loss'] == 'my_loss.DKD(beta=4.0)'
        assert knowledge['rule'] == 'my_rule.MostCertain'
    assert records['ukd']['hashes']['targets'] != records['top_classes']['hashes']['targets']

    for page in ('report.md', 'index.html'):
        text = (report / page).read_text().replace('\\_', '_')
        for name in ('my_loss.DKD(beta=4.0)', 'my_rule.MostCertain', 'slowonly-log'):
            assert name in text, (page, name)
        assert text.count('Top-class UKD') >= 5, page
    lines = (report / 'report.md').read_text().splitlines()
    verdicts = [line.split(' | ') for line in lines if re.match(r'\| M\d \| \*\*', line)]
    assert [verdict[0].strip('| ') for verdict in verdicts] == ['M1', 'M2', 'M3']
    assert re.match(r'A step of top-class UKD at K = 1 takes \d', verdicts[2][3])
    for figure in ('accuracy', 'memory', 'classes'):
        assert 'Top-class UKD' in (report / 'figures' / f'{figure}.svg').read_text(), figure

    # A loss's code is part of the key of what it trains, and of nothing else's.
    code = tmp_path / 'my_loss.py'
    code.write_text(code.read_text().replace('1e-12', '1e-11'))
    after = run_module('ukd_bench', *called, '--dry-run', cwd=tmp_path)
    states = {line.split()[1]: line.split()[-1] for line in after.stdout.splitlines()[1:]}
    assert states == dict.fromkeys(('teacher', 'bank', 'plain'), 'done') | dict.fromkeys(
        ('ukd', 'top_classes'), 'pending'
    )
