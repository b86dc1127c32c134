"""Where runs find what they need, and what a folder keeps; with files made by hand."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from mmengine.config import Config

from ukd_bench.files.atomic import write_json
from ukd_bench.knowledge.pool import read_pool
from ukd_bench.records.folder import RunPaths
from ukd_bench.sweep.finished import SweepState
from ukd_bench.sweep.place import Places, RunFolders, placed_config

from .left_runs import finish, state_of
from .planned import STUDENT, hook_of, planned, run_of

CELLS = dict(methods=('chain', 'self', 'ukd'), num_teachers=(1, 2))


NOWHERE = Places()


def prepare(state: SweepState, run, places: Places = NOWHERE) -> RunPaths:
    """Has a run made ready that is not finished."""
    paths = state.own_folder(run)
    paths.record.unlink(missing_ok=True)
    assert RunFolders(state, places).prepare(run)
    return paths


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != '.lease')


def placed(state: SweepState, run) -> Config:
    return placed_config(run, state.plan, state.folder, NOWHERE)


@pytest.fixture(scope='module')
def finished(tmp_path_factory) -> Path:
    """A folder in which all runs of a plan were finished."""
    state = state_of(tmp_path_factory.mktemp('places') / 'results', planned(**CELLS))
    for run in state.plan.runs.values():
        finish(state, run, run.spec.key)
    return state.paths.root


@pytest.fixture
def swept(finished, tmp_path) -> SweepState:
    """The plan, and a copy of that folder."""
    return state_of(Path(shutil.copytree(finished, tmp_path / 'results')), planned(**CELLS))


def statuses(state: SweepState) -> dict[tuple, bool]:
    return {
        (run.spec.method, run.spec.teacher or run.spec.num_teachers): state.is_finished(key)
        for key, run in state.plan.runs.items()
    }


def test_every_run_is_told_where_its_parents_lie(swept):
    plan = swept.plan
    for stage in (1, 2):
        run = run_of(plan, 'chain', stage)
        hook = hook_of(run, placed(swept, run))
        before = None if stage == 1 else swept.folder(run_of(plan, 'chain', 1)).checkpoint
        assert hook.get('previous') == (before and str(before.resolve()))
    student = run_of(plan, 'self', 1)
    (entry,) = hook_of(student, placed(swept, student))['pool']
    assert entry['name'] == f'self-{STUDENT}-s0'
    assert Path(entry['config']).is_file() and Path(entry['checkpoint']).is_file()
    bank = plan.runs[student.spec.parents[0]]
    assert entry['bank'] == str(swept.folder(bank).bank.resolve())
    # What fills a bank and what reads it mean the same teacher.
    assert placed(swept, bank).pool == [entry]
    assert 'pool' not in bank.config


def test_places_follow_a_run_that_is_reused(swept):
    """From another execution, hence another folder."""
    plan = swept.plan
    stage = run_of(plan, 'chain', 1)
    newer = replace(stage, spec=replace(stage.spec, execution='beef'))
    plan.runs[stage.spec.key] = newer
    state = state_of(swept.paths.root, plan, accept_stale=True)
    second = run_of(plan, 'chain', 2)
    hook = hook_of(second, placed(state, second))
    assert Path(hook['previous']) == swept.own_folder(stage).checkpoint.resolve()
    assert swept.own_folder(stage).root != state.own_folder(newer).root


def test_a_finished_teachers_config_says_where_its_videos_are_now(swept):
    _, teacher, bank = swept.plan.pool[0]
    side = teacher.config.train_dataloader.dataset.pipeline[0].get('short_side')
    prepare(swept, bank, Places(cache={(teacher.data.root, side): Path('/moved/cache')}))
    written = Config.fromfile(swept.folder(teacher).config)
    assert written.train_dataloader.dataset.pipeline[0]['cache'] == '/moved/cache'
    assert swept.is_finished(teacher.spec.key)


@pytest.mark.parametrize('harm', ['removed', 'edited'])
def test_the_teachers_configs_are_restored_for_who_reads_their_banks(swept, harm):
    teachers = [teacher for _, teacher, _ in swept.plan.pool[:2]]
    paths = [swept.folder(teacher).config for teacher in teachers]
    before = [path.read_text() for path in paths]
    for path in paths:
        path.unlink() if harm == 'removed' else path.write_text("model = dict(type='Other')")
    assert all(statuses(state_of(swept.paths.root, swept.plan)).values())
    prepare(swept, run_of(swept.plan, 'ukd', 2))
    assert [path.read_text() for path in paths] == before


def test_the_pool_file_has_the_pool_alone(swept):
    RunFolders(swept, NOWHERE).write_pool()
    teachers = json.loads(swept.paths.pool.read_text())['teachers']
    assert [teacher['name'] for teacher in teachers] == ['i3d-gamma1.8', 'slowonly-gamma2.5']
    for teacher in teachers:
        assert (swept.paths.root / teacher['checkpoint']).is_file()


def test_everything_finished_stays_so(swept):
    assert all(statuses(swept).values())


def test_a_stage_that_came_out_otherwise_undoes_the_next(swept):
    finish(swept, run_of(swept.plan, 'chain', 1), 'other weights')
    swept.refresh()
    found = statuses(swept)
    assert found.pop(('chain', 2)) is False
    assert all(found.values())


def test_a_stage_that_lost_its_weights_alone_is_made_again(swept):
    stage = run_of(swept.plan, 'chain', 1)
    swept.folder(stage).checkpoint.unlink()
    swept.refresh()
    assert [cell for cell, done in statuses(swept).items() if not done] == [('chain', 1)]
    finish(swept, stage, stage.spec.key)
    swept.refresh()
    assert all(statuses(swept).values())


@pytest.mark.parametrize('harm', ['flipped', 'absent', 'of another fill', 'not JSON'])
def test_a_bank_that_is_not_as_it_was_is_made_again(swept, harm):
    _, _, bank = swept.plan.pool[0]
    folder = swept.folder(bank).bank
    if harm == 'flipped':
        (folder / 'scores.npy').write_text('scored')
    elif harm == 'absent':
        (folder / 'scores.npy').unlink()
    elif harm == 'of another fill':
        manifest = json.loads((folder / 'manifest.json').read_text())
        write_json(folder / 'manifest.json', manifest | dict(scores_sha256='of fewer views'))
    else:
        (folder / 'manifest.json').write_text('not JSON')
    swept.refresh()
    assert [cell for cell, done in statuses(swept).items() if not done] == [
        ('bank', 'i3d-gamma1.8')
    ]


def test_a_run_that_was_cut_off_keeps_what_it_goes_on_from(swept):
    run = run_of(swept.plan, 'ukd', 1)
    paths: RunPaths = swept.own_folder(run)
    paths.bank.mkdir()
    for path in (paths.resume, paths.bank / 'part', paths.log):
        path.write_text('something')
    paths.record.unlink()
    prepare(swept, run)
    assert names_in(paths.root) == [
        'bank',
        'config.py',
        'log.txt',
        'pool.json',
        'resume.pth',
        'run.json',
    ]


def test_a_run_that_had_ended_starts_anew(swept):
    run = run_of(swept.plan, 'ukd', 1)
    paths = swept.own_folder(run)
    for path in (paths.resume, paths.log):
        path.write_text('of long ago')
    paths.checkpoint.unlink()
    swept.refresh()
    assert RunFolders(swept, NOWHERE).prepare(run)
    assert names_in(paths.root) == ['config.py', 'pool.json', 'run.json']


def test_a_run_has_its_teachers_in_its_own_folder(swept):
    """So that it can be handed over before the sweep's pool lists them."""
    teachers = [teacher for _, teacher, _ in swept.plan.pool[:2]]
    for run in (run_of(swept.plan, 'ukd', 2), run_of(swept.plan, 'ukd', 1)):
        paths = prepare(swept, run)
        swept.paths.pool.unlink(missing_ok=True)
        hook = hook_of(run, Config.fromfile(paths.config))
        found = read_pool(hook['pool'], hook['num_teachers'])
        count = run.spec.num_teachers
        assert [one.key for one in found] == [one.spec.key for one in teachers[:count]]
        for one, teacher in zip(found, teachers, strict=False):
            assert one.checkpoint_file() == one.config.parent / 'checkpoint.pth'
            assert one.config.samefile(swept.folder(teacher).config)
            assert one.bank.resolve().is_dir()


def test_the_log_of_a_run_that_starts_anew_does_not_stay(swept):
    run = run_of(swept.plan, 'ukd', 1)
    paths = swept.own_folder(run)
    paths.record.unlink()
    paths.log.write_text('of an attempt that came to nothing')
    prepare(swept, run)
    assert not paths.log.exists()
