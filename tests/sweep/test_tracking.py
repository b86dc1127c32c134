"""Trackers of a sweep: told to configs when they are placed, in no key, and missing none."""

import json

import pytest
from mmengine.config import Config

from ukd_bench.errors import ConfigError
from ukd_bench.files.hashes import digest
from ukd_bench.records.key import scientific
from ukd_bench.records.trackers import TRACKERS, tracked_by
from ukd_bench.sweep import tracking
from ukd_bench.sweep.place import Places, RunFolders
from ukd_bench.sweep.tracking import require_trackers, set_tracking

from .left_runs import state_of
from .planned import planned, run_of


@pytest.fixture
def state(tmp_path):
    return state_of(tmp_path / 'mine', planned(methods=('ukd', 'ensemble'), num_teachers=(1, 2)))


def test_only_what_trains_is_told_and_its_config_stays_the_planned_one(state):
    folders = RunFolders(state, Places(trackers=('tensorboard', 'wandb')))
    told = {}
    for run in state.plan.runs.values():
        folders.prepare(run)
        config = Config.fromfile(state.own_folder(run).config)
        told[run.spec.method] = tracked_by(config)
        whole = config.to_dict()
        assert digest(scientific(whole, run.spec.hook, run.spec.weights)) == run.spec.config_sha256
        assert tracked_by(run.config) == [], 'what keys are made from is left alone'
    assert told['teacher'] == told['ukd'] == ['tensorboard', 'wandb']
    assert told['bank'] == told['ensemble'] == []


def test_a_run_is_told_by_its_own_name_in_the_sweeps_folder(state):
    run = run_of(state.plan, 'ukd', 1)
    config = Config(run.config.to_dict())
    own = dict(type='LocalVisBackend')
    for kept in (own, [own]):
        config.visualizer.vis_backends = kept
        set_tracking(config, run, ['mlflow'], state.paths.root)
        first, second = config.visualizer.vis_backends
        assert first == own
        assert second == dict(
            type='ukd_bench.ByEpoch', name='ukd_bench mlflow', tracker='mlflow',
            save_dir=str(state.paths.root.resolve() / 'tracking' / 'mlflow'), sweep='mine',
            cell='ukd K=1 i3d-r18-w8 seed=0',
            facts=dict(
                key=run.spec.key, method='ukd', network='i3d-r18-w8', num_teachers=1, seed=0,
                regime='default',
            ),
        )  # fmt: skip


@pytest.mark.parametrize('given', [None, dict(type='ActionVisualizer')])
def test_a_config_without_backends_gets_them(state, given):
    run = run_of(state.plan, 'ukd', 1)
    config = Config(run.config.to_dict())
    config.visualizer = given
    set_tracking(config, run, ['tensorboard'], state.paths.root)
    assert tracked_by(config) == ['tensorboard']
    kind = (given or dict(type='Visualizer'))['type']
    assert config.visualizer.type == kind


@pytest.mark.parametrize('name', TRACKERS)
def test_a_package_that_is_not_there_is_told_with_its_command(name, monkeypatch):
    monkeypatch.setattr(tracking, 'find_spec', lambda package: None)
    require_trackers([])
    message = f'^--track {name}: the package {name} is not installed; pip install {name}$'
    with pytest.raises(ConfigError, match=message):
        require_trackers([name])


@pytest.mark.slow
def test_a_tracked_sweep_has_the_records_of_one_that_is_not(finished_sweep, empty_sweep):
    pytest.importorskip('tensorboard')
    ask = ('--methods', 'ukd', '--teachers', '1')
    swept = empty_sweep.call(*ask, '--track', 'tensorboard')
    assert swept.returncode == 0, swept.stdout + swept.stderr
    before = {record['key']: record for record in finished_sweep.records()}
    records = empty_sweep.records()
    assert len(records) == 3
    for record in records:
        assert record['hashes'] == before[record['key']]['hashes']
        assert record['config'] == before[record['key']]['config']
    folders = sorted((empty_sweep.results / 'tracking' / 'tensorboard').iterdir())
    keys = [record['key'] for record in records if record['method'] != 'bank']
    assert sorted(folder.name.rpartition(' ')[2] for folder in folders) == sorted(keys)
    assert all(len([*folder.glob('events.*')]) == 1 for folder in folders)
    student = next(record for record in records if record['method'] == 'ukd')
    assert f'ukd K=1 {student["student"]} seed={student["seed"]} {student["key"]}' in {
        folder.name for folder in folders
    }
    # Without trackers nothing is made again.
    again = empty_sweep.call(*ask)
    assert '3 reused, 0 carried out' in again.stdout
    assert 'tracking' not in json.dumps(records)
