"""A run's process refuses a config or a specification that its plan did not write."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from mmengine.config import Config

from ukd_bench.errors import ConfigError
from ukd_bench.files.configs import read_config
from ukd_bench.files.hashes import digest
from ukd_bench.files.hosts import VARIABLE, told_of
from ukd_bench.records.folder import RunPaths
from ukd_bench.records.key import OPEN_FLOW, OPEN_VIDEO, scientific
from ukd_bench.runs.as_planned import require_planned_files
from ukd_bench.sweep.parts import Regime
from ukd_bench.sweep.place import Places, flow_key, flow_settings, placed_config, steps_in
from ukd_bench.sweep.plan import Plan

from ..sweep.planned import BRIGHT, STUDENT, planned, run_of

METHODS = ('plain', 'ukd', 'naive', 'chain', 'self', 'mutual', 'ensemble', 'two_stream_rgb_flow')
REMEDY = '; call the sweep again, which writes both anew'


def written(plan: Plan, run, root: Path) -> RunPaths:
    """The files that the run's process reads, with all places in them."""
    paths = RunPaths(root / run.folder)
    flows = (flow_settings(step) for step in steps_in(run.config, OPEN_FLOW))
    sides = (step.get('short_side') for step in steps_in(run.config, OPEN_VIDEO))
    places = Places(
        {(run.data.root, flow_key(settings)): root / 'flow' for settings in flows},
        {(run.data.root, side): root / 'frames' for side in sides},
    )
    config = placed_config(run, plan, lambda one: RunPaths(root / one.folder), places)
    paths.root.mkdir()
    paths.config.write_text(config.pretty_text)
    run.spec.write(paths.spec)
    return paths


@pytest.mark.parametrize('selection', ['last_epoch', 'best_on_held_out_groups'])
@pytest.mark.parametrize('regime', [Regime(), Regime(start=BRIGHT, label_noise=0.4)])
def test_what_a_plan_writes_is_what_was_planned(tmp_path, selection, regime):
    changes = dict(methods=METHODS, selection=selection, regimes=(regime,))
    plan = planned(str(tmp_path / 'pool.json'), **changes)
    for run in plan.runs.values():
        paths = written(plan, run, tmp_path)
        require_planned_files(paths, run.spec)
        found = scientific(Config.fromfile(paths.config).to_dict(), run.spec.hook, run.spec.weights)
        # As it reads back from a record.
        assert digest(json.loads(json.dumps(found))) == run.spec.config_sha256
        # Places are in the file and not in what counts, which records show to others.
        assert str(tmp_path) in paths.config.read_text() and str(tmp_path) not in str(found)
        reads_flow = run.spec.method == METHODS[-1] or run.spec.teacher == f'{STUDENT}-flow'
        assert ('flow_root' in paths.config.read_text()) == reads_flow
    starts = set() if regime.pretraining is None else {'pretraining'}
    made = {run.spec.method for run in plan.runs.values()}
    assert made == {*METHODS, 'teacher', 'bank'} | starts


def test_paths_of_another_host_are_places_alone(tmp_path, monkeypatch):
    """What counts stays as it was planned; a map that would change it is refused."""
    changes = dict(methods=METHODS, regimes=(Regime(start=BRIGHT),))
    plan = planned(str(tmp_path / 'pool.json'), **changes)
    monkeypatch.setenv(VARIABLE, told_of({'*': {str(tmp_path): '/elsewhere'}})[VARIABLE])
    for run in plan.runs.values():
        paths = written(plan, run, tmp_path)
        require_planned_files(paths, run.spec)
        text = read_config(paths.config).pretty_text
        assert '/elsewhere/' in text and str(tmp_path) not in text

    run = run_of(plan, 'plain')
    paths = RunPaths(tmp_path / run.folder)
    with open(paths.config, 'a') as file:
        file.write("\nmine = '/data/own'\n")
    counts = scientific(Config.fromfile(paths.config).to_dict(), run.spec.hook, run.spec.weights)
    spec = replace(run.spec, config_sha256=digest(counts))
    require_planned_files(paths, spec)
    monkeypatch.setenv(VARIABLE, told_of({'*': {'/data': '/elsewhere'}})[VARIABLE])
    with pytest.raises(ConfigError, match='is not the config that was planned'):
        require_planned_files(paths, spec)


@pytest.fixture(scope='module')
def plan():
    return planned(methods=('plain', 'ukd', 'ensemble'))


@pytest.fixture(params=['plain', 'ukd', 'bank', 'teacher', 'ensemble'])
def run(request, plan):
    return run_of(plan, request.param, 3 if request.param in ('ukd', 'ensemble') else 0)


@pytest.mark.parametrize(
    'edit',
    [
        'randomness = dict(seed=99)',
        'train_cfg.max_epochs = 1',
        "train_dataloader['dataset']['split'] = 2",
        'optim_wrapper.optimizer.lr = 0.5',
        'load_from = "weights.pth"',
    ],
)
def test_an_edited_config_is_refused(plan, run, edit, tmp_path):
    paths = written(plan, run, tmp_path)
    config = Config.fromfile(paths.config)
    key, value = edit.split(' = ')
    exec(f'config.{key} = {value}', dict(config=config))
    paths.config.write_text(config.pretty_text)
    with pytest.raises(ConfigError) as caught:
        require_planned_files(paths, run.spec)
    assert str(caught.value) == f'{paths.config}: is not the config that was planned{REMEDY}'


def test_a_config_with_its_places_elsewhere_is_the_planned_one(plan, run, tmp_path):
    paths = written(plan, run, tmp_path)
    with paths.config.open('a') as file:
        file.write("\nwork_dir = '/elsewhere'\nlog_level = 'DEBUG'\n")
    require_planned_files(paths, run.spec)


@pytest.mark.parametrize(
    ('text', 'complaint'),
    [
        ('model = (', 'cannot be read'),
        ('raise SystemExit', 'ends the program'),
        ("model = dict(scale=float('inf'))", 'config.py: model.scale = inf is no value'),
        ('', 'is not the config that was planned'),
    ],
)
def test_a_config_that_is_none_is_refused(plan, run, text, complaint, tmp_path):
    paths = written(plan, run, tmp_path)
    paths.config.write_text(text)
    with pytest.raises(ConfigError, match=complaint):
        require_planned_files(paths, run.spec)


@pytest.mark.parametrize(
    ('name', 'methods'),
    [
        ('seed', ('plain', 'ukd', 'bank', 'teacher', 'ensemble')),
        ('epochs', ('plain', 'ukd', 'bank', 'teacher', 'ensemble')),
        ('split', ('plain', 'ukd', 'bank', 'teacher', 'ensemble')),
        ('view_seed', ('plain', 'ukd', 'bank', 'teacher', 'ensemble')),
        ('num_teachers', ('ukd',)),
        ('num_views', ('bank',)),
    ],
)
def test_an_edited_specification_is_refused(plan, name, methods, tmp_path):
    for method in methods:
        run = run_of(plan, method, 3 if method in ('ukd', 'ensemble') else 0)
        paths = written(plan, run, tmp_path)
        planned_value = getattr(run.spec, name)
        edited = replace(run.spec, **{name: planned_value + 7})
        with pytest.raises(ConfigError) as caught:
            require_planned_files(paths, edited)
        assert str(caught.value) == (
            f'{paths.spec}: {name} is {planned_value + 7}, but {planned_value} in config.py{REMEDY}'
        )


def test_the_hash_of_the_config_is_no_less_part_of_it(plan, run, tmp_path):
    paths = written(plan, run, tmp_path)
    edited = replace(run.spec, config_sha256='0' * 64)
    with pytest.raises(ConfigError, match=re.escape('config.py: is not the config that was')):
        require_planned_files(paths, edited)
