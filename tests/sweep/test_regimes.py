"""Regimes of a sweep: what each of their keys changes, and in which runs; nothing is trained."""

from dataclasses import fields, replace

import pytest
import torch
from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.registry import DefaultScope

from ukd_bench.errors import ConfigError
from ukd_bench.files.configs import configs_root
from ukd_bench.methods.distillation import Distillation
from ukd_bench.records.folder import RunPaths
from ukd_bench.records.key import scientific
from ukd_bench.sweep.config import read_axes
from ukd_bench.sweep.parts import (
    Choice,
    Dataset,
    Fixed,
    PoolTeacher,
    Regime,
    Weights,
)
from ukd_bench.sweep.place import Places, placed_config
from ukd_bench.sweep.start import set_start

from .planned import BRIGHT, STUDENT, keys_of, parents_of, planned, run_of

METHODS = ('plain', 'ukd', 'naive', 'two_stream_dark_light', 'teacher', 'ensemble', 'self')
EVERY = {*METHODS, 'bank'}
STUDENTS = {'plain', 'ukd', 'naive', 'two_stream_dark_light', 'self'}
DISTILLING = {'ukd', 'naive', 'self'}
RGB = 'i3d-r18-w8-rgb'


def plan_of(*regimes: Regime, **changes):
    return planned(**dict(methods=METHODS, num_teachers=(1, 2), regimes=regimes) | changes)


def keys_by_method(regime: Regime) -> dict[str, set[str]]:
    plan = plan_of(regime)
    return {method: keys_of(plan, method) for method in EVERY}


CHANGES = {
    'name': (dict(name='another'), set()),
    'purpose': (dict(purpose='control'), set()),
    'epochs': (dict(epochs=5), STUDENTS | {'bank'}),
    'teacher_epochs': (dict(teacher_epochs=5), EVERY - {'plain', 'two_stream_dark_light'}),
    'label_noise': (dict(label_noise=0.4), STUDENTS),
    'normalization': (dict(normalization=Fixed((1, 2, 3), (4, 5, 6))), EVERY),
    'cfg_options': (dict(cfg_options={'optim_wrapper.optimizer.lr': 0.5}), STUDENTS),
    'distillation': (dict(distillation=Distillation(weight=0.25)), DISTILLING),
    'start': (dict(start=BRIGHT), EVERY),
}
NARROWING = {'methods', 'students', 'num_teachers', 'seeds'}


@pytest.fixture(scope='module')
def before():
    return keys_by_method(Regime())


@pytest.mark.parametrize('key', CHANGES)
def test_each_key_is_in_the_keys_of_the_runs_that_it_changes(before, key):
    changes, expected = CHANGES[key]
    after = keys_by_method(Regime(**changes))
    assert {method for method in EVERY if before[method] != after[method]} == expected


def test_no_key_is_forgotten():
    assert {one.name for one in fields(Regime)} == {*CHANGES} | NARROWING


@pytest.mark.parametrize(
    'other',
    [
        replace(BRIGHT, seed=8),
        replace(BRIGHT, epochs=4),
        replace(BRIGHT, dataset=Dataset('bright', darkroom=dict(preset='tiny', seed=5))),
    ],
)
def test_another_pretraining_is_another_start(other):
    first, second = (keys_by_method(Regime(start=start)) for start in (BRIGHT, other))
    assert all(first[method].isdisjoint(second[method]) for method in EVERY)


def test_teachers_and_students_share_a_pretraining_of_each_backbone_and_modality():
    plan = plan_of(Regime(start=BRIGHT), methods=('plain', 'ukd', 'two_stream_rgb_flow'))
    made = {run.spec.teacher for run in plan.runs.values() if run.spec.method == 'pretraining'}
    assert made == {RGB, 'i3d-r18-w8-flow', 'slowonly-r18-w8-rgb'}
    assert parents_of(plan, run_of(plan, 'plain')) == [('pretraining', RGB)]
    assert parents_of(plan, run_of(plan, 'two_stream_rgb_flow')) == [
        ('pretraining', RGB),
        ('pretraining', 'i3d-r18-w8-flow'),
    ]
    # What it learns from stands before what it starts from.
    assert parents_of(plan, run_of(plan, 'ukd', 2)) == [
        ('bank', 'i3d-gamma1.8'),
        ('bank', 'slowonly-gamma2.5'),
        ('pretraining', RGB),
    ]
    pretraining = run_of(plan, 'pretraining')
    assert pretraining.data.name == 'bright' and run_of(plan, 'plain').data.name != 'bright'
    assert (pretraining.spec.epochs, pretraining.spec.seed) == (3, 7)


def test_a_stage_goes_on_from_the_stage_before_and_not_from_the_pretraining():
    plan = plan_of(Regime(start=BRIGHT), methods=('chain',))
    first, second = run_of(plan, 'chain', 1), run_of(plan, 'chain', 2)
    assert (first.starts_from, second.starts_from) == (None, first.spec.key)


def test_where_a_pretraining_lies_is_told_when_a_run_starts_and_changes_no_key(tmp_path):
    plan = plan_of(Regime(start=BRIGHT), methods=('plain',))
    plain, pretraining = run_of(plan, 'plain'), run_of(plan, 'pretraining')

    def locate(run):
        return RunPaths(tmp_path / run.folder)

    config = placed_config(plain, plan, locate, Places())
    backbone = config.model.backbone
    assert backbone.run == pretraining.spec.key
    assert backbone.checkpoint == str(locate(pretraining).checkpoint)
    assert scientific(config.to_dict()) == scientific(plain.config.to_dict())


def test_runs_that_regimes_share_are_planned_once():
    noisy = Regime(
        name='noisy',
        label_noise=0.4,
        purpose='control',
        methods=('plain', 'ukd'),
        num_teachers=(2,),
    )
    plan = plan_of(Regime(name='clean'), noisy, methods=('plain', 'ukd', 'naive'))
    regimes = {
        (run.spec.method, run.spec.num_teachers): plan.regimes_of(run)
        for run in plan.runs.values()
        if run.spec.method in ('teacher', 'bank', 'naive')
    }
    assert regimes == {
        ('teacher', 0): ['clean', 'noisy'],
        ('bank', 0): ['clean', 'noisy'],
        ('naive', 1): ['clean'],
        ('naive', 2): ['clean'],
    }
    of_noisy = [run for run in plan.runs.values() if plan.regimes_of(run) == ['noisy']]
    assert sorted((run.spec.method, run.spec.num_teachers) for run in of_noisy) == [
        ('plain', 0),
        ('ukd', 2),
    ]
    datasets = [run.config.train_dataloader.dataset for run in of_noisy]
    assert [(one.label_noise, one.label_seed) for one in datasets] == [(0.4, 0), (0.4, 0)]


def test_methods_have_seeds_counts_students_and_regimes_of_their_own():
    plan = planned(
        methods=('plain', 'ukd', 'naive', 'ensemble', 'teacher'),
        seeds=(0, 1),
        choices=(
            Choice(name='naive', seeds=(1,), num_teachers=(3,)),
            Choice(name='teacher', num_teachers=(1,)),
            Choice(name='ensemble', regimes=('second',)),
        ),
        regimes=(Regime(name='first'), Regime(name='second', epochs=2, methods=('ensemble',))),
    )
    (naive,) = keys_of(plan, 'naive')
    assert (plan.runs[naive].spec.seed, plan.runs[naive].spec.num_teachers) == (1, 3)
    assert len(keys_of(plan, 'plain')) == 2 and len(keys_of(plan, 'ukd')) == 4
    (ensemble,) = keys_of(plan, 'ensemble')
    assert plan.regimes_of(plan.runs[ensemble]) == ['second']


def test_a_regime_from_scratch_takes_out_what_a_config_starts_from():
    path = configs_root() / 'plain/slowonly-r50_arid.py'
    config = Config.fromfile(path)
    assert config.model.backbone.type == 'ukd_bench.PretrainedBackbone'
    set_start(config, Regime(start='scratch'), 'slowonly-r50', 'config', None)
    assert config.model.backbone.type == 'ResNet3dSlowOnly'


@pytest.mark.parametrize(
    'weights', ['weights/{student}-{modality}.pth', {STUDENT: f'weights/{RGB}.pth'}]
)
def test_given_weights_count_by_their_content(tmp_path, monkeypatch, weights):
    monkeypatch.chdir(tmp_path)

    def key(folder: str, content: bytes) -> str:
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / f'{RGB}.pth').write_bytes(content)
        if isinstance(weights, str):
            placed = weights.replace('weights', folder)
        else:
            placed = {name: path.replace('weights', folder) for name, path in weights.items()}
        plan = planned(
            methods=('plain',),
            num_teachers=(1,),
            teachers=(PoolTeacher('i3d-gamma1.8', STUDENT, 101),),
            regimes=(Regime(start=Weights(placed)),),
        )
        (found,) = keys_of(plan, 'plain')
        return found

    first = key('weights', b'one')
    assert key('elsewhere', b'one') == first
    assert key('weights', b'two') != first


def test_a_network_that_the_weights_do_not_fit_is_refused_when_it_is_planned():
    said = r'wide of i3d-r18-w8: its backbone has base_channels = 12, that of pretraining/\S+, .* 8'
    with pytest.raises(ConfigError, match=said):
        planned(methods=('wide',), num_teachers=(1,), regimes=(Regime(start=BRIGHT),))


@pytest.mark.parametrize('method', ['plain', 'two_stream_dark_light', 'two_stream_rgb_flow'])
def test_all_backbones_start_from_the_checkpoint(method, tmp_path):
    """Of every stream, so that no network starts in part from scratch."""
    plan = plan_of(Regime(start=BRIGHT), methods=(method,))
    run = run_of(plan, method)

    def locate(one):
        return RunPaths(tmp_path / one.folder)

    with DefaultScope.overwrite_default_scope('mmaction'):
        for key in run.pretrained_by:
            path = locate(plan.runs[key]).checkpoint
            path.parent.mkdir(parents=True)
            pretrained = MODELS.build(plan.runs[key].config.model)
            weights = {name: torch.full_like(v, 0.5) for name, v in pretrained.state_dict().items()}
            torch.save(dict(state_dict=weights), path)
        model = MODELS.build(placed_config(run, plan, locate, Places()).model)
        model.init_weights()
    found = {name: v for name, v in model.backbone.state_dict().items() if v.is_floating_point()}
    assert found and all((value == 0.5).all() for value in found.values())


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        (
            "regimes = [dict(name='a', start='nowhere')]",
            "start 'nowhere' is none of config, scratch",
        ),
        (
            "regimes = [dict(name='a', normalization='x')]",
            "normalization 'x' is none of config, clip",
        ),
        ("regimes = [dict(name='a'), dict(name='a')]", "two regimes have the name 'a'"),
        ("regimes = [dict(name='a', methods=['ukd'])]", "method 'ukd' is none of plain, naive"),
        ("regimes = [dict(name='a', seeds=[9])]", 'seed 9 is none of 0'),
        ("regimes = [dict(name='a', label_noise=1)]", 'label_noise = 1 is no share'),
        (
            "regimes = [dict(name='a', start=dict(epochs=1))]",
            "regimes\\[0\\]: start: key 'dataset' is",
        ),
        (
            "regimes = [dict(name='a', start=dict(weight='x'))]",
            "key 'weight' does not exist; did you",
        ),
        ("methods[1]['num_teachers'] = [5]", "method 'naive': num_teachers 5 is none of 1"),
        ("methods[1]['regimes'] = ['b']", "method 'naive': regime 'b' is none of default"),
        ("methods[1]['hook'] = 'x'", "methods\\[1\\]: key 'hook' does not exist"),
    ],
)
def test_mistakes_are_one_line_that_names_the_value(tmp_path, text, said):
    path = tmp_path / 'mine.py'
    path.write_text(
        "name = 'mine'\n_none = 0\n"
        "dataset = dict(name='d', darkroom=dict(preset='tiny'))\n"
        f"students = [dict(name='{STUDENT}', epochs=1)]\nfull_epochs = teacher_epochs = 1\n"
        f"teachers = [dict(name='i3d-gamma1.8', student='{STUDENT}', seed=1)]\n"
        "methods = ['plain', dict(name='naive', seeds=[0])]\nnum_teachers = [1]\nseeds = [0]\n"
        "student_config = '{method}/{student}.py'\nteacher_config = 'teachers/{teacher}.py'\n"
    )
    assert read_axes(path).choice('naive') == Choice(name='naive', seeds=(0,))
    path.write_text(path.read_text() + text + '\n')
    with pytest.raises(ConfigError, match=said) as found:
        read_axes(path)
    assert '\n' not in str(found.value)
