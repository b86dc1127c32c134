"""What a sweep may remove of its folder, and all that it must not touch."""

import shutil
from pathlib import Path

import pytest

from ukd_bench.cli import sweep_clean as command
from ukd_bench.errors import ConfigError
from ukd_bench.records.folder import RunPaths
from ukd_bench.records.lease import leased
from ukd_bench.sweep.asked import SweepOptions
from ukd_bench.sweep.clean import find_leftovers, in_words, remove_all
from ukd_bench.sweep.run import SweepRun

from .left_runs import DEVICE, finish, state_of
from .planned import planned, run_of

EXECUTION = 'cafe0000'
CELLS = dict(methods=('ukd', 'plain'), num_teachers=(1,))


def plan_of(**changes):
    return planned(**CELLS | dict(execution=EXECUTION) | changes)


@pytest.fixture(scope='module')
def finished(tmp_path_factory):
    state = state_of(tmp_path_factory.mktemp('clean') / 'results', plan_of())
    for run in state.plan.runs.values():
        finish(state, run, run.spec.key)
    return state.paths.root


@pytest.fixture
def swept(finished, tmp_path):
    return state_of(Path(shutil.copytree(finished, tmp_path / 'results')), plan_of())


def leftovers(state, plan=None, device=DEVICE['name']):
    return find_leftovers(state.paths, plan or state.plan, device)


def test_what_the_plan_has_stays(swept):
    assert leftovers(swept) == []


def test_what_another_config_made_goes_with_its_folder(swept):
    other = plan_of(methods=('plain',), full_epochs=20)
    found = leftovers(swept, other)
    assert {one.paths.root.name for one in found} == {
        run.folder for run in swept.plan.runs.values() if run.spec.key not in other.made
    }
    assert len(found) == 2 and all('is no run of this config' in line for line in in_words(found))
    assert list(remove_all(found)) == [] and not any(one.paths.root.exists() for one in found)


@pytest.mark.parametrize(
    ('device', 'kind', 'goes'),
    [
        (DEVICE['name'], 'cpu', True),
        ('Another CPU', 'cpu', False),
        (None, 'cpu', False),
        (DEVICE['name'], 'cuda', False),
    ],
)
def test_what_other_source_made_goes_where_the_device_is_this_one(device, kind, goes, swept):
    found = leftovers(swept, plan_of(execution='beef0000', device=kind), device)
    assert len(found) == (len(swept.plan.runs) if goes else 0)
    assert all('--accept-stale alone' in line for line in in_words(found))


def test_what_a_finished_run_would_have_gone_on_from_goes_alone(swept):
    paths = swept.folder(run_of(swept.plan, 'plain'))
    for path in (paths.resume, paths.root / '.resume.pth.abcd1234'):
        path.write_text('12345')
    (found,) = leftovers(swept)
    assert {path.name for path in found.files} == {'resume.pth', '.resume.pth.abcd1234'}
    assert found.size == 10 and not found.is_whole
    list(remove_all([found]))
    assert not paths.resume.exists() and paths.record.exists() and leftovers(swept) == []
    swept.refresh()
    assert all(map(swept.is_finished, swept.plan.runs))


def test_what_no_run_writes_stays_and_is_told(swept):
    other = plan_of(methods=('plain',), seeds=(5,))
    paths = swept.folder(run_of(swept.plan, 'plain'))
    (paths.root / 'notes.txt').write_text('mine')
    (paths.root / 'checkpoint.pth.bak').write_text('mine, too')
    (paths.root / 'elsewhere').symlink_to(swept.paths.root.parent)
    bank = swept.folder(next(r for r in swept.plan.runs.values() if r.spec.method == 'bank'))
    (bank.bank / 'mine.npy').write_text('mine')
    found = leftovers(swept, other)
    lines = '\n'.join(in_words(found))
    for name in ('notes.txt', 'checkpoint.pth.bak', 'elsewhere'):
        assert f'stays, since no run writes it: {paths.root / name}' in lines
    list(remove_all(found))
    assert {path.name for path in paths.root.iterdir()} - {'.lease'} == {
        'notes.txt', 'checkpoint.pth.bak', 'elsewhere',
    }  # fmt: skip
    assert swept.paths.root.parent.exists()


def test_what_is_no_run_of_ours_is_not_looked_at(swept):
    other = plan_of(methods=('plain',), seeds=(5,))
    root = swept.paths.root
    plain = swept.folder(run_of(swept.plan, 'plain'))
    # Renamed by hand, without a specification, a link, and a name of somebody else's.
    shutil.copytree(plain.root, root / f'{"0" * 12}-{EXECUTION}')
    (root / f'{"1" * 12}-{EXECUTION}').mkdir()
    (root / f'{"1" * 12}-{EXECUTION}' / 'record.json').write_text('{}')
    (root / f'{"2" * 12}-{EXECUTION}').symlink_to(plain.root)
    shutil.copytree(plain.root, root / 'backup')
    names = {one.paths.root.name for one in leftovers(swept, other) if one.is_whole}
    assert names <= {run.folder for run in swept.plan.runs.values()}


def test_what_a_process_holds_stays(swept):
    other = plan_of(methods=('plain',), seeds=(5,))
    found = leftovers(swept, other)
    paths = swept.folder(run_of(swept.plan, 'plain'))
    with leased(paths):
        (line,) = remove_all(found)
    assert 'carries this run out; it stays' in line and paths.record.exists()
    assert [one for one in found if one.paths.root.exists()] == [
        one for one in found if one.paths == paths
    ]


@pytest.mark.parametrize('asked', [dict(seeds=[7]), dict(split=2)], ids=['seed', 'split'])
def test_what_other_calls_of_the_same_config_asked_for_stays(asked, tmp_path):
    # It is in the plan and in the report, though it is none of the config's own axes.
    wide = SweepRun(SweepOptions(results=tmp_path, methods=['plain', 'ukd'], **asked))
    for run in wide.state().plan.runs.values():
        folder = RunPaths(wide.paths.root / run.folder)
        run.spec.write(folder.spec)
        folder.config.write_text('')
    assert SweepRun(SweepOptions(results=tmp_path)).leftovers() == []


def test_what_a_run_under_way_removes_meanwhile_is_no_matter(swept, monkeypatch):
    other = plan_of(methods=('plain',), seeds=(5,))
    lstat = Path.lstat

    def vanished(path):
        if path.name == 'log.txt':
            raise FileNotFoundError(2, 'No such file or directory')
        return lstat(path)

    swept.folder(run_of(swept.plan, 'plain')).log.write_text('')
    monkeypatch.setattr(Path, 'lstat', vanished)
    assert any(one.is_whole for one in leftovers(swept, other))


def test_what_is_made_anew_since_a_person_was_asked_keeps_what_it_goes_on_from(swept):
    paths = swept.folder(run_of(swept.plan, 'plain'))
    paths.resume.write_text('12345')
    found = leftovers(swept)
    paths.record.unlink()
    list(remove_all(found))
    assert paths.resume.exists()


class Asked:
    """Stands for a sweep that has something to remove."""

    def __init__(self, state):
        self.paths = state.paths
        self.leftovers = lambda: leftovers(state, plan_of(methods=('plain',), seeds=(5,)))


@pytest.mark.parametrize(('answer', 'status'), [('y', 0), ('', 1), ('n', 1), ('YES', 0)])
def test_a_person_is_asked(answer, status, swept, monkeypatch, capsys):
    monkeypatch.setattr('sys.stdin.isatty', lambda: True, raising=False)
    monkeypatch.setattr('builtins.input', lambda question: answer)
    paths = swept.folder(run_of(swept.plan, 'plain'))
    assert command.clean(Asked(swept), without_question=False) == status
    assert str(paths.root) in capsys.readouterr().out and paths.record.exists() == bool(status)
    if not status:
        assert command.clean(Asked(swept), without_question=False) == 0
        assert 'there is nothing to remove' in capsys.readouterr().out


def test_where_nobody_can_be_asked_it_refuses(swept, monkeypatch):
    monkeypatch.setattr('sys.stdin.isatty', lambda: False, raising=False)
    with pytest.raises(ConfigError, match='--clean asks before it removes anything; --yes answ'):
        command.clean(Asked(swept), without_question=False)
    assert swept.folder(run_of(swept.plan, 'plain')).record.exists()
    assert command.clean(Asked(swept), without_question=True) == 0
