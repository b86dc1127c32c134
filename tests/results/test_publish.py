"""Only what names no place on this machine is published, and nothing is lost for it."""

import json
import shutil
from pathlib import Path

import pytest

from ukd_bench.errors import ResultsError
from ukd_bench.records.plan_file import write_plan
from ukd_bench.results.__main__ import main
from ukd_bench.results.load import load_sweep
from ukd_bench.results.publish import publish

from .made_up import MadeUpSweep, change_sealed

RUN = 'plain-r2plus1d-r18-w8-0-cafe'


@pytest.fixture(scope='module')
def made(tmp_path_factory):
    """A finished sweep, with files that must stay behind."""
    folder = MadeUpSweep(seeds=(0,)).write(tmp_path_factory.mktemp('made') / 'sweep')
    (folder / RUN / 'config.py').write_text("data_root = '/somewhere/of/mine'")
    (folder / RUN / 'checkpoint.pth').write_bytes(b'weights')
    (folder / 'claims.toml').write_text('of its own')
    return folder


@pytest.fixture
def sweep(made, tmp_path):
    """A copy that a test may break."""
    return Path(shutil.copytree(made, tmp_path / 'sweep'))


def files_of(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob('*'))
        if path.is_file()
    }


def test_copies_records_and_leaves_weights(sweep, tmp_path):
    runs = len(load_sweep(sweep).runs)
    assert publish(sweep, tmp_path / 'new' / 'out') == runs > 10
    copied = files_of(tmp_path / 'new' / 'out')
    assert {Path(name).name for name in copied} == {
        *('plan.json', 'claims.toml', 'record.json', 'scores.npz', 'curve.csv')
    }
    assert [name for name in copied if name.startswith(RUN)] == [
        f'{RUN}/{name}' for name in ('curve.csv', 'record.json', 'scores.npz')
    ]
    # A second time replaces the first.
    assert publish(sweep, tmp_path / 'new' / 'out') == runs
    assert files_of(tmp_path / 'new' / 'out') == copied
    assert [path.name for path in (tmp_path / 'new').iterdir()] == ['out']


def test_refuses_places_on_this_machine(sweep, tmp_path, capsys):
    change_sealed(sweep / RUN / 'record.json', {'where': '/somewhere/of/mine'}, 'config')
    assert main(['publish', str(sweep), str(tmp_path / 'out')]) == 2
    assert "record.json: names a place on this machine, '/somewhere/of" in capsys.readouterr().err
    assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize('harm', ['edited', 'absent', 'without scores'])
def test_refuses_a_run_without_a_result_to_believe(sweep, tmp_path, harm, rewrite):
    if harm == 'edited':
        rewrite(sweep / RUN / 'record.json', 0.9, 'metrics', 'top1')
    else:
        (sweep / RUN / ('record.json' if harm == 'absent' else 'scores.npz')).unlink()
    told = {'edited': 'edited or damaged', 'absent': 'no record', 'without scores': 'scores.npz is'}
    with pytest.raises(ResultsError, match=rf'{RUN}/record.json: .*{told[harm]}'):
        publish(sweep, tmp_path / 'out')
    assert not (tmp_path / 'out').exists()


def test_refuses_to_replace_something_else(sweep, tmp_path):
    (tmp_path / 'out').mkdir()
    (tmp_path / 'out' / 'thesis.txt').write_text('precious')
    with pytest.raises(ResultsError, match='not a published sweep'):
        publish(sweep, tmp_path / 'out')
    (tmp_path / 'out' / 'plan.json').write_text('{"name": "made-up"}')
    with pytest.raises(ResultsError, match=r'it holds thesis\.txt; name a new folder'):
        publish(sweep, tmp_path / 'out')
    assert (tmp_path / 'out' / 'thesis.txt').read_text() == 'precious'


@pytest.mark.parametrize('strange', ['x/checkpoint.pth', 'x/bank/scores.npy', '.lock', 'x/link'])
def test_refuses_to_replace_a_sweep_that_is_no_copy(sweep, tmp_path, strange):
    publish(sweep, tmp_path / 'out')
    path = tmp_path / 'out' / strange
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.name == 'link':
        path.symlink_to(sweep)
    else:
        path.write_bytes(b'dear')
    before = files_of(tmp_path / 'out')
    with pytest.raises(ResultsError, match=rf'it holds {strange}; name a new folder'):
        publish(sweep, tmp_path / 'out')
    assert files_of(tmp_path / 'out') == before


def test_refuses_to_replace_a_copy_of_another_sweep(sweep, tmp_path):
    publish(sweep, tmp_path / 'out')
    change_sealed(sweep / 'plan.json', 'other', 'name')
    with pytest.raises(ResultsError, match="holds the sweep 'made-up', not 'other'"):
        publish(sweep, tmp_path / 'out')
    assert load_sweep(tmp_path / 'out').name == 'made-up'


def test_a_copy_of_an_earlier_release_is_replaced(sweep, tmp_path):
    publish(sweep, tmp_path / 'out')
    plan = json.loads((tmp_path / 'out' / 'plan.json').read_text())
    (tmp_path / 'out' / 'plan.json').write_text(json.dumps(plan | {'schema': 1}))
    publish(sweep, tmp_path / 'out')
    assert load_sweep(tmp_path / 'out').name == 'made-up'


@pytest.mark.parametrize('where', ['.', '..', RUN, 'new', '../link', '../sweep/x/..'])
def test_refuses_the_sweep_itself_and_all_above_and_in_it(sweep, tmp_path, where):
    (tmp_path / 'link').symlink_to(sweep)
    before = files_of(tmp_path)
    with pytest.raises(ResultsError, match='the copy must lie outside the sweep'):
        publish(sweep, sweep / where)
    assert files_of(tmp_path) == before


@pytest.mark.parametrize('folder', ['..', '.', '', '/etc', 'a/b', '../out', 'a\n', 'x' * 5000, 5])
def test_a_row_that_leads_out_of_the_sweep_is_refused(sweep, tmp_path, folder):
    plan = json.loads((sweep / 'plan.json').read_text())
    plan['runs'][3]['folder'] = folder
    write_plan(sweep / 'plan.json', plan)
    before = files_of(tmp_path)
    with pytest.raises(ResultsError, match=r'runs\[3\]\.folder is .*, not the name of a f') as told:
        publish(sweep, tmp_path / 'out')
    assert '\n' not in str(told.value) and len(str(told.value)) < 400
    assert files_of(tmp_path) == before


def test_a_failure_leaves_the_earlier_copy_as_it_was(sweep, tmp_path, monkeypatch):
    publish(sweep, tmp_path / 'out')
    before = files_of(tmp_path)

    def full(*_):
        raise OSError(28, 'No space left on device', 'somewhere')

    monkeypatch.setattr('shutil.copy', full)
    assert main(['publish', str(sweep), str(tmp_path / 'out')]) == 2
    assert files_of(tmp_path) == before


def test_a_copy_that_cannot_take_its_place_leaves_the_earlier_one(sweep, tmp_path, monkeypatch):
    publish(sweep, tmp_path / 'out')
    before = files_of(tmp_path)
    rename = Path.rename

    def refuse(path, target):
        if path.name == 'made':
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, 'rename', refuse)
    with pytest.raises(KeyboardInterrupt):
        publish(sweep, tmp_path / 'out')
    assert files_of(tmp_path) == before
