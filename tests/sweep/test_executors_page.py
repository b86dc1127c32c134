"""The page on executors, followed to the letter; records are the same whoever carries runs out."""

import re
from dataclasses import fields

import pytest

from ukd_bench.files.configs import PACKAGE
from ukd_bench.sweep.executors import EXECUTORS, Executor, Job

PAGE = (PACKAGE.parent / 'docs' / 'executors.md').read_text()
WANTED = '--methods', 'ukd', '--teachers', '1'


def test_the_page_names_all_executors_and_all_that_one_is_told():
    table = PAGE.split('| `--executor` |')[1].split('\n\n')[0]
    named = re.findall(r'^\| `([\w.]+)`', table, re.MULTILINE)
    assert named == [*EXECUTORS, 'my_module.MyExecutor']
    told = re.findall(r'^\| `(\w+)` \|', PAGE.split('| `Job` |')[1], re.MULTILINE)
    assert told == [field.name for field in fields(Job)]
    members = [name for name in vars(Executor) if not name.startswith('_')]
    assert len(members) == 6
    for name in (*members, 'capacity'):
        assert re.search(rf'`{name}\b', PAGE), name


def outcomes(sweep) -> dict:
    """What cells came to: hashes and accuracies, and whatever else no clock had a part in."""
    return {
        (record['method'], record['teacher']): {
            name: record[name]
            for name in ('key', 'execution', 'status', 'hashes', 'metrics', 'counts', 'config')
        }
        for record in sweep.records()
    }


@pytest.mark.slow
@pytest.mark.parametrize('name', ['counting.Counting', 'inline'])
def test_another_executor_carries_a_sweep_to_the_same_records(name, empty_sweep, finished_sweep):
    (code,) = re.findall(r'^```python\n(.*?)^```$', PAGE, re.MULTILINE | re.DOTALL)
    (command,) = re.findall(r'^```bash\n(.*)\n```$', PAGE, re.MULTILINE)
    assert command == 'ukd-bench sweep my_sweep.py --executor counting.Counting'
    (empty_sweep.folder / 'counting.py').write_text(code)
    called = empty_sweep.call(*WANTED, '--executor', name)
    assert called.returncode == 0, called.stdout + called.stderr
    assert '3 runs: 0 reused, 3 carried out, 0 without a result' in called.stdout

    ended, others = outcomes(empty_sweep), outcomes(finished_sweep)
    assert set(ended) == {('teacher', 'i3d-gamma1.8'), ('bank', 'i3d-gamma1.8'), ('ukd', None)}
    ukd = finished_sweep.record('ukd', 1)
    assert ended.pop(('ukd', None)) == {name: ukd[name] for name in ended[('bank', 'i3d-gamma1.8')]}
    for cell, outcome in ended.items():
        assert outcome == others[cell]
    assert '| UKD | 1 |' in (empty_sweep.report / 'report.md').read_text()

    logs = [path.read_text() for path in empty_sweep.results.glob('*/log.txt')]
    if name == 'inline':
        # What runs say is on the terminal.
        assert logs == [] and 'Epoch(train)' in called.stdout + called.stderr
    else:
        assert '3 runs were carried out\n' in called.stdout
        assert len(logs) == 3 and all(logs)
        assert re.findall(r'^run (\d):', called.stdout, re.MULTILINE) == ['1', '2', '3']
