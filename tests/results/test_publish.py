"""Only what names no place on this machine is published."""

import json

import pytest

from ukd_bench.errors import ResultsError
from ukd_bench.results.__main__ import main
from ukd_bench.results.publish import publish


@pytest.fixture
def sweep(tmp_path):
    """A finished sweep of one run, with files that must stay behind."""
    folder = tmp_path / 'sweep' / 'abc-1'
    folder.mkdir(parents=True)
    record = {
        'schema': 1, 'key': 'abc', 'execution': '1', 'status': 'oom', 'method': 'plain',
        'student': 's', 'teacher': None, 'num_teachers': 0, 'seed': 0, 'split': 1, 'schedule': {},
        'metrics': None, 'memory': {}, 'time': {}, 'hashes': {}, 'counts': {}, 'teachers': [],
        'parents': [], 'environment': {}, 'dataset': {},
    }  # fmt: skip
    (folder / 'record.json').write_text(json.dumps(record))
    (folder / 'config.py').write_text("data_root = '/somewhere/of/mine'")
    (folder / 'checkpoint.pth').write_bytes(b'weights')
    plan = {'runs': [{'key': 'abc', 'folder': 'abc-1'}]}
    (tmp_path / 'sweep' / 'plan.json').write_text(json.dumps(plan))
    return tmp_path / 'sweep'


def test_copies_records_and_leaves_weights(sweep, tmp_path):
    assert publish(sweep, tmp_path / 'out') == 1
    copied = {str(p.relative_to(tmp_path / 'out')) for p in (tmp_path / 'out').rglob('*.*')}
    assert copied == {'plan.json', 'abc-1/record.json'}
    # A second time replaces the first.
    assert publish(sweep, tmp_path / 'out') == 1


def test_refuses_places_on_this_machine(sweep, tmp_path, capsys):
    path = sweep / 'abc-1' / 'record.json'
    record = json.loads(path.read_text()) | {'config': {'where': '/somewhere/of/mine'}}
    path.write_text(json.dumps(record))
    assert main(['publish', str(sweep), str(tmp_path / 'out')]) == 2
    assert 'record.json: names a place on this machine, /somewhere/of' in capsys.readouterr().err
    assert not (tmp_path / 'out').exists()


def test_refuses_to_replace_something_else(sweep, tmp_path):
    (tmp_path / 'out').mkdir()
    (tmp_path / 'out' / 'thesis.txt').write_text('precious')
    with pytest.raises(ResultsError, match='not a published sweep'):
        publish(sweep, tmp_path / 'out')
    assert (tmp_path / 'out' / 'thesis.txt').exists()


def test_refuses_to_replace_a_sweep_that_is_no_copy(sweep, tmp_path):
    """Not even its own source, whose weights would be lost."""
    with pytest.raises(ResultsError, match=r'it holds abc-1/checkpoint\.pth; name a new folder'):
        publish(sweep, sweep)
    assert (sweep / 'abc-1' / 'checkpoint.pth').read_bytes() == b'weights'
