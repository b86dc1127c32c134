"""The page on executors, followed to the letter; records are the same whoever carries runs out."""

import re
from dataclasses import fields

import pytest

from ukd_bench.files.configs import PACKAGE
from ukd_bench.sweep.executors import EXECUTORS, Executor, Job

PAGE = (PACKAGE.parent / 'docs' / 'executors.md').read_text()
WANTED = {'counting.Counting': 'ukd', 'inline': 'teacher', 'local': 'teacher'}


def test_the_page_names_all_executors_and_all_that_one_is_told():
    table = PAGE.split('| `--executor` |')[1].split('\n\n')[0]
    named = re.findall(r'^\| `([\w.]+)`', table, re.MULTILINE)
    assert named == [*EXECUTORS, 'my_module.MyExecutor']
    told = re.findall(r'^\| `(\w+)` \|', PAGE.split('| `Job` |')[1], re.MULTILINE)
    assert told == [field.name for field in fields(Job)]
    members = [name for name in vars(Executor) if not name.startswith('_')]
    assert len(members) == 14
    for name in (*members, 'capacity'):
        assert re.search(rf'`{name}\b', PAGE), name


def outcome(record: dict) -> dict:
    """What a run came to: hashes, accuracies, memory, and whatever else no clock had a part in."""
    names = ('key', 'execution', 'status', 'hashes', 'metrics', 'counts', 'config')
    peaks = {phase: figures['allocated_peak_bytes'] for phase, figures in record['memory'].items()}
    return {name: record[name] for name in names} | dict(peaks=peaks)


def outcomes(sweep) -> dict:
    return {(record['method'], record['teacher']): outcome(record) for record in sweep.records()}


@pytest.mark.slow
@pytest.mark.parametrize('name', WANTED)
def test_another_executor_carries_a_sweep_to_the_same_records(name, empty_sweep, finished_sweep):
    (code,) = re.findall(r'^```python\n(.*?)^```$', PAGE, re.MULTILINE | re.DOTALL)
    (command,) = re.findall(r'^```bash\n(.*)\n```$', PAGE, re.MULTILINE)
    assert command == 'ukd-bench sweep my_sweep.py --executor counting.Counting'
    (empty_sweep.folder / 'counting.py').write_text(code)
    wanted = '--methods', WANTED[name], '--teachers', '1'
    called = empty_sweep.call(*wanted, '--executor', name, report=True)
    assert called.returncode == 0, called.stdout + called.stderr

    ended, others = outcomes(empty_sweep), outcomes(finished_sweep)
    ukd = finished_sweep.record('ukd', 1)
    # The cell of UKD is one of several by method and teacher.
    others['ukd', None] = outcome(ukd)
    cells = [('teacher', 'i3d-gamma1.8')]
    if WANTED[name] == 'ukd':
        cells += [('bank', 'i3d-gamma1.8'), ('ukd', None)]
    assert ended == {cell: others[cell] for cell in cells}
    number = len(cells)
    assert f'{number} runs: 0 reused, {number} carried out, 0 without a result' in called.stdout
    report = (empty_sweep.report / 'report.md').read_text()
    assert ('| UKD | 1 |' if number == 3 else 'i3d-gamma1.8') in report

    logs = [path.read_text() for path in empty_sweep.results.glob('*/log.txt')]
    if name == 'inline':
        # What runs say is on the terminal.
        assert logs == [] and 'Epoch(train)' in called.stdout + called.stderr
    elif name == 'local':
        (begun,) = (record['environment']['preloaded_bytes'] for record in empty_sweep.records())
        assert begun > 2**27 and len(logs) == 1 and 'Epoch(train)' in logs[0]
    else:
        assert '3 runs were carried out\n' in called.stdout
        assert len(logs) == 3 and all(logs)
        assert re.findall(r'^run (\d):', called.stdout, re.MULTILINE) == ['1', '2', '3']
