"""Checkpoints that nothing needs any more are deleted where that is asked for, and no others."""

import contextlib
import json
import shutil
from types import SimpleNamespace

import pytest

from ukd_bench.cli.main import main
from ukd_bench.errors import ResultsError
from ukd_bench.records.deleted import checkpoint_bytes, note_deleted
from ukd_bench.records.folder import RunPaths, SweepPaths
from ukd_bench.records.lease import leased
from ukd_bench.records.record import read_record
from ukd_bench.records.sealed import write_sealed
from ukd_bench.results.frames import load
from ukd_bench.sweep import checkpoints as module
from ukd_bench.sweep.asked import SweepOptions
from ukd_bench.sweep.checkpoints import Checkpoints
from ukd_bench.sweep.place import Places
from ukd_bench.sweep.run import SweepRun
from ukd_bench.sweep.schedule import carry_out

from . import whole_sweep
from .left_runs import state_of
from .made_up_executor import Listener, MadeUp, failed, out_of_memory
from .planned import planned, run_of

METHODS = ('plain', 'ukd', 'chain', 'self')


def plan(**changes):
    return planned(**dict(methods=METHODS, num_teachers=(1, 2)) | changes)


class Reading(MadeUp):
    """Refuses to start what needs a checkpoint that is not there."""

    def start(self, job):
        super().start(job)
        for one in self.state.plan.ancestors(self.state.plan.runs[job.key]):
            there = self.state.folder(one).checkpoint.exists()
            assert there or one.spec.method == 'bank', one.label


def sweep(root, keep, plan, **endings):
    """A call of the sweep; returns keys in the order of their starts, and what was said."""
    state, said = state_of(root, plan), []
    executor = Reading(state, **endings)
    checkpoints = Checkpoints(state, keep, said.append)
    carry_out(state, Places(), executor, Listener(), checkpoints=checkpoints)
    return state, executor.order, said


def told(run) -> tuple[str, int]:
    return run.spec.method, run.spec.num_teachers


def having_one(state) -> set[str]:
    """Methods of the runs that have a checkpoint."""
    runs = state.plan.runs.values()
    return {run.spec.method for run in runs if state.own_folder(run).checkpoint.exists()}


@pytest.mark.parametrize(
    ('keep', 'left'),
    [
        ('all', {'plain', 'ukd', 'chain', 'self', 'teacher'}),
        ('teachers', {'teacher'}),
        ('none', set()),
    ],
)
def test_what_stays_and_what_counts_as_finished(tmp_path, keep, left):
    state, order, _ = sweep(tmp_path, keep, plan())
    assert sorted(order) == sorted(state.plan.runs) and having_one(state) == left
    records = {path: path.read_bytes() for path in tmp_path.glob('*/record.json')}
    again, order, _ = sweep(tmp_path, keep, plan())
    assert order == [] and all(map(again.is_finished, again.plan.runs))
    assert again.verify() == []
    assert {path: path.read_bytes() for path in tmp_path.glob('*/record.json')} == records
    noted = {path.parent for path in tmp_path.glob('*/checkpoint_deleted.json')}
    runs = [run for run in state.plan.runs.values() if run.spec.method != 'bank']
    assert noted == {state.own_folder(r).root for r in runs if r.spec.method not in left}


def test_those_of_finished_runs_go_in_a_later_call(tmp_path):
    before, _, said = sweep(tmp_path, 'all', plan())
    assert said == []
    sizes = [path.stat().st_size for path in tmp_path.glob('*/checkpoint.pth')]
    state = state_of(tmp_path, plan())
    checkpoints = Checkpoints(state, 'none', said.append)
    carry_out(state, Places(), MadeUp(state), Listener(), checkpoints=checkpoints)
    assert sorted(checkpoints.deleted_bytes) == sorted(sizes) and having_one(state) == set()
    assert checkpoints.told == (
        f'{len(sizes)} checkpoints deleted, 0.0 MiB: nothing in the plan needs them'
    )
    run = run_of(before.plan, 'plain')
    assert checkpoint_bytes(state.own_folder(run)) == len(run.spec.key)


def test_a_wider_plan_makes_again_what_it_needs(tmp_path):
    sweep(tmp_path, 'none', plan(methods=('ukd', 'plain')))
    wider = plan(methods=('ukd', 'plain'), num_teachers=(1, 2, 3))
    state, order, _ = sweep(tmp_path, 'none', wider)
    made = [told(state.plan.runs[key]) for key in order]
    # All three teachers, the third's bank, and the new student: the others stay as they are.
    assert sorted(made) == [('bank', 0), *[('teacher', 0)] * 3, ('ukd', 3)]
    assert having_one(state) == set()
    assert all(map(state_of(tmp_path, state.plan).is_finished, state.plan.runs))


def test_a_stage_of_a_chain_is_made_again_for_the_next_one(tmp_path):
    sweep(tmp_path, 'teachers', plan(methods=('chain',), num_teachers=(1,)))
    state, order, _ = sweep(tmp_path, 'teachers', plan(methods=('chain',), num_teachers=(1, 2)))
    made = [told(state.plan.runs[key]) for key in order]
    assert ('chain', 1) in made and ('chain', 2) in made
    assert having_one(state) == {'teacher'}


def test_what_a_failed_run_needs_stays(tmp_path):
    state, _, _ = sweep(tmp_path, 'none', plan(methods=('ukd', 'plain')), ukd=failed)
    assert having_one(state) == {'teacher'}
    state, order, _ = sweep(tmp_path, 'none', plan(methods=('ukd', 'plain')))
    assert {state.plan.runs[key].spec.method for key in order} == {'ukd'}
    assert having_one(state) == set()


def test_a_result_that_is_not_wanted_any_more_has_what_it_needs_made_again(tmp_path):
    sweep(tmp_path, 'none', plan(methods=('ukd', 'plain')), ukd=out_of_memory)
    state = state_of(tmp_path, plan(methods=('ukd', 'plain')))
    state.forget(('oom',))
    executor = Reading(state)
    outcome = carry_out(state, Places(), executor, Listener())
    assert outcome.lost == []
    made = sorted(told(state.plan.runs[key]) for key in executor.order)
    assert made == [('teacher', 0)] * 2 + [('ukd', 1), ('ukd', 2)]


@pytest.fixture
def deleted(tmp_path):
    """A plain run whose checkpoint was deleted on purpose: its state and folder."""
    state, _, _ = sweep(tmp_path / 'results', 'none', plan(methods=('plain',), seeds=(0, 1)))
    first, second = state.plan.runs.values()
    return state, state.own_folder(first), state.own_folder(second)


def is_finished(state, paths) -> bool:
    again = state_of(state.paths.root, state.plan)
    return again.is_finished(paths.root.name.partition('-')[0])


def test_one_that_vanished_otherwise_is_lost(deleted, rewrite):
    state, paths, other = deleted
    assert is_finished(state, paths)
    note = paths.deleted.read_text()
    paths.deleted.unlink()
    assert not is_finished(state, paths)
    shutil.copy(other.deleted, paths.deleted)
    assert not is_finished(state, paths)
    paths.deleted.write_text(note)
    assert is_finished(state, paths)
    rewrite(paths.deleted, 'x' * 64, 'checkpoint_sha256')
    assert not is_finished(state, paths)


def test_a_note_does_not_vouch_for_a_file(deleted):
    state, paths, _ = deleted
    key = json.loads(paths.record.read_text())['key']
    paths.checkpoint.write_text(key)
    assert is_finished(state, paths)
    paths.checkpoint.write_text('another')
    assert not is_finished(state, paths)


def test_a_record_of_other_weights_has_lost_its_checkpoint(deleted):
    state, paths, other = deleted
    record = json.loads(paths.record.read_text())
    record['hashes']['checkpoint'] = json.loads(other.record.read_text())['hashes']['checkpoint']
    write_sealed(paths.record, record)
    assert not is_finished(state, paths)


@pytest.mark.parametrize('change', ['edited', 'link', 'held', 'not to be written', 'failed'])
def test_what_is_not_certain_stays(tmp_path, change, monkeypatch):
    state, _, _ = sweep(tmp_path / 'results', 'all', plan(methods=('plain',)))
    (run,) = state.plan.runs.values()
    paths, said = state.own_folder(run), []
    state = state_of(tmp_path / 'results', state.plan)
    checkpoints = Checkpoints(state, 'none', said.append)
    if change == 'edited':
        # After the sweep had looked.
        paths.checkpoint.write_text('another')
    if change == 'link':
        paths.checkpoint.rename(tmp_path / 'elsewhere')
        paths.checkpoint.symlink_to(tmp_path / 'elsewhere')
    if change == 'not to be written':

        def full(paths, record):
            raise ResultsError(f'{paths.deleted}: cannot be written (Read-only file system)')

        monkeypatch.setattr(module, 'note_deleted', full)
    with leased(paths) if change == 'held' else contextlib.nullcontext():
        checkpoints.look({run.spec.key: 'failed' if change == 'failed' else 'done'})
    assert paths.checkpoint.exists() and not paths.deleted.exists()
    assert checkpoints.deleted_bytes == [] and checkpoints.told is None
    reason = f'{paths.deleted}: cannot be written (Read-only file system)'
    assert said == [f'warning: its checkpoint stays: {reason}'] * (change == 'not to be written')


def test_damage_is_told_of_the_damaged_run_alone(tmp_path):
    _, _, _ = sweep(tmp_path, 'none', plan(methods=('ukd', 'plain')))
    state = state_of(tmp_path, plan(methods=('ukd', 'plain')))
    victim = state.own_folder(run_of(state.plan, 'ukd', 2))
    victim.scores.write_bytes(b'')
    assert state.verify() == [victim]


def test_readers_do_not_mind(tmp_path, capsys):
    root = tmp_path / 'planned'
    state = whole_sweep.write(root)

    def read(name):
        capsys.readouterr()
        report = whole_sweep.report(root, tmp_path / name)
        pool = str(state.paths.pool)
        assert main(['knowledge', 'show', pool]) == 0
        shown = capsys.readouterr().out
        assert main(['results', 'publish', str(root), str(tmp_path / f'{name} copy')]) == 0
        copies = sorted(path.name for path in (tmp_path / f'{name} copy').rglob('*'))
        problems = [(run.key, run.status, run.problem) for run in report.sweep.runs]
        return problems, shown, copies, load(root).to_csv()

    before = read('before')
    for run in state.plan.runs.values():
        paths = state.own_folder(run)
        if paths.checkpoint.exists():
            note_deleted(paths, read_record(paths.record))
            paths.checkpoint.unlink()
    assert read('after') == before
    assert not any('deleted' in name for name in before[2])
    assert all(whole_sweep.read_again(root).is_finished(key) for key in state.plan.runs)


@pytest.mark.parametrize(
    ('first', 'second', 'both'),
    [
        ('all', 'all', True),
        ('all', 'none', False),
        ('teachers', 'all', False),
        ('none', 'none', False),
    ],
)
def test_a_sweep_that_deletes_has_the_folder_to_itself(tmp_path, first, second, both):
    def at_work(keep):
        asked = SimpleNamespace(
            paths=SweepPaths(tmp_path), options=SweepOptions(keep_checkpoints=keep)
        )
        return SweepRun.at_work(asked)

    refused = pytest.raises(ResultsError, match=r'works in it.*; wait until that is done$')
    with at_work(first), contextlib.nullcontext() if both else refused, at_work(second):
        pass
    with at_work(second):
        pass


@pytest.mark.slow
def test_a_sweep_that_keeps_none_is_whole_and_grows(finished_sweep, tmp_path):
    sweep = finished_sweep.copy_to(tmp_path)
    before = {record['key']: record for record in sweep.records()}
    none = ('--keep-checkpoints', 'none')
    tidied = sweep.call(*none, '--verify')
    assert tidied.returncode == 0, tidied.stdout + tidied.stderr
    assert '13 reused, 0 carried out, 0 without a result, 0 damaged' in tidied.stdout
    assert 'checkpoints deleted, ' in tidied.stdout
    assert [*sweep.results.glob('*/checkpoint.pth')] == []
    again = sweep.call('--dry-run')
    assert all(line.endswith(' done') for line in again.stdout.splitlines()[1:])
    # Another seed needs the first teacher; its bank and the other students stay.
    grown = sweep.call('--methods', 'ukd', '--teachers', '1', '--seeds', '0,7', *none)
    assert grown.returncode == 0, grown.stdout + grown.stderr
    assert '4 runs: 2 reused, 2 carried out, 0 without a result' in grown.stdout
    after = {record['key']: record for record in sweep.records()}
    assert [*sweep.results.glob('*/checkpoint.pth')] == [] and len(after) == 14
    assert all(after[key]['hashes'] == record['hashes'] for key, record in before.items())
    for path in sweep.results.glob('*/checkpoint_deleted.json'):
        named = read_record(RunPaths(path.parent).record)['hashes']['checkpoint']
        assert json.loads(path.read_text())['checkpoint_sha256'] == named
