"""The page on methods of one's own, followed word by word in a folder outside the package."""

import json
import re
import shutil
from pathlib import Path

from ukd_bench.methods.own import _CHECKS, _REQUIRED

from .conftest import SWEEP, run_module

PAGE = (Path(__file__).parents[2] / 'docs' / 'own_method.md').read_text()
BLOCKS = re.findall(r'^```(\w*)\n(.*?)^```$', PAGE, re.MULTILINE | re.DOTALL)


def test_every_key_has_a_row():
    told = re.findall(r'^\| (`.*?`) \|([^|]*)\|', PAGE, re.MULTILINE)
    names = [name for keys, _ in told for name in re.findall(r'`(\w+)`', keys)]
    assert sorted(names) == sorted(_CHECKS)
    assert [keys.strip('`') for keys, default in told if not default.strip()] == [
        *(name for name in names if name in _REQUIRED)
    ]


def test_the_page_from_hook_to_report(finished_sweep, tmp_path):
    """The teacher and its bank are there, so that one student is all that is trained."""
    sweep = finished_sweep.copy_to(tmp_path)
    # The page's base is a copy of the quick sweep; this one is small, and finished in this folder.
    (tmp_path / 'quick.py').write_text(SWEEP)
    for language, text in BLOCKS:
        if language == 'python':
            (tmp_path / text.split()[1]).write_text(text)
    dry, call = (
        ('ukd_bench', *line.split()[1:])
        for kind, text in BLOCKS
        if not kind
        for line in text.splitlines()
    )
    here = ('--data-root', 'videos', '--teachers', '1')
    planned = run_module(*dry, *here, cwd=tmp_path)
    (row,) = (line for line in planned.stdout.splitlines() if 'top_classes' in line)
    assert row.endswith('pending'), planned.stderr
    done = run_module(*call, *here, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '5 runs: 4 reused, 1 carried out, 0 without a result' in done.stdout

    record, ukd = sweep.record('top_classes', 1), sweep.record('ukd', 1)
    assert record['teachers'] == ukd['teachers']
    assert record['hashes']['initial_state'] == ukd['hashes']['initial_state']
    assert record['hashes']['targets'] != ukd['hashes']['targets']
    plan = json.loads((sweep.results / 'plan.json').read_text())
    assert [method['title'] for method in plan['methods']] == ['top-class UKD']
    for page in ('report.md', 'index.html'):
        text = (sweep.report / page).read_text()
        assert text.count('Top-class UKD') >= 5, page
        assert 'UKD from the two highest classes of each teacher.' in text, page
        assert 'top_classes' not in text, page
    for figure in ('accuracy', 'memory', 'tradeoff', 'classes'):
        assert 'Top-class UKD' in (sweep.report / 'figures' / f'{figure}.svg').read_text(), figure

    # What changes the code changes the runs that name it, and no others.
    source = tmp_path / 'my_methods.py'
    source.write_text(source.read_text() + '\n# Another version.\n')
    only = run_module(*dry, *here, '--methods', 'top_classes', cwd=tmp_path)
    states = [(line.split()[1], line.split()[-1]) for line in only.stdout.splitlines()[1:]]
    assert states == [('teacher', 'done'), ('bank', 'done'), ('top_classes', 'pending')]
    shutil.move(source, tmp_path / 'elsewhere.py')
    lost = run_module(*dry, *here, cwd=tmp_path)
    assert lost.returncode == 2 and lost.stderr.count('\n') == 1
    assert "there is no module 'my_methods' in the working folder" in lost.stderr
