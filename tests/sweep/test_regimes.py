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
from ukd_bench.sweep.normalization import set_normalization
from ukd_bench.sweep.parts import (
    Choice,
    Dataset,
    Fixed,
    PoolTeacher,
    Regime,
    Student,
    Weights,
)
from ukd_bench.sweep.place import Places, RunFolders, placed_config
from ukd_bench.sweep.start import set_start

from .left_runs import state_of
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


def planned_in(method: str = 'plain', **regime):
    teachers = (PoolTeacher('i3d-gamma1.8', STUDENT, 101),)
    return planned(
        methods=(method,), num_teachers=(1,), teachers=teachers, regimes=(Regime(**regime),)
    )


@pytest.mark.parametrize(
    ('options', 'said'),
    [
        ({'optim_wraper.optimizer.lr': 1}, "no section 'optim_wraper'; did you mean 'optim_wrapp"),
        ({'param_scheduler.7.eta_max': 1}, 'Index 7 exceeds the length'),
        ({'model.backbone.depth.x': 1}, 'depth is a dict in the child config but'),
        ({'train_cfg.max_epochs': 3}, "key 'train_cfg.max_epochs' is set by every plan"),
        ({'train_cfg': None}, 'train_cfg.max_epochs = None is not a whole number'),
        ({'param_scheduler': [5]}, r'param_scheduler = \[5\] is not a list of dicts'),
        ({'model': 3}, 'model = 3 is not a dict'),
        ({'model.': 3}, "key 'model.' is no dotted key"),
        ({5: 3}, 'key 5 is no dotted key'),
    ],
)
def test_options_that_do_not_fit_a_config_are_refused_in_one_line(options, said):
    with pytest.raises(ConfigError, match=f'plain of {STUDENT}: .*{said}') as found:
        planned_in(cfg_options=options)
    assert '\n' not in str(found.value)


def test_what_an_option_deletes_is_deleted_in_every_run():
    head = dict(_delete_=True, type='OptimWrapper', optimizer=dict(type='SGD', lr=0.1))
    options = dict(optim_wrapper=head)
    plan = planned(methods=('plain',), seeds=(0, 1), regimes=(Regime(cfg_options=options),))
    found = [plan.runs[key].config.optim_wrapper.to_dict() for key in keys_of(plan, 'plain')]
    head.pop('_delete_')
    assert found == [head, head]


@pytest.mark.parametrize(
    ('weights', 'said'),
    [
        ('', "start.weights is empty for 'i3d-r18-w8'"),
        ('https://example.org/r18.pth', 'its name ends in no hash to check it by'),
        ('no/such.pth', "checkpoint = 'no/such.pth' is no file to read"),
        ('{backbone}.pth', 'may hold only {student}, {modality}'),
        (dict(other='x'), "start.weights has none for 'i3d-r18-w8', only for other"),
    ],
)
def test_weights_that_no_run_could_load_are_refused_when_they_are_planned(weights, said):
    with pytest.raises(ConfigError, match=said):
        planned_in(start=Weights(weights))


@pytest.mark.parametrize('method', ['two_stream_dark_light', 'two_stream_rgb_flow'])
def test_a_pretraining_of_two_streams_is_none_of_one(method):
    start = replace(BRIGHT, config=f'{method}/{{student}}_darkroom-quick.py')
    with pytest.raises(ConfigError, match=f"has type = 'ResNet3d', that of {method}/"):
        planned_in(start=start)


def test_streams_without_a_backbone_each_are_refused():
    options = {'model.data_preprocessor.streams': [dict(type='Identity')]}
    with pytest.raises(ConfigError, match='start: 2 backbones for 1 streams'):
        planned_in('two_stream_rgb_flow', start=BRIGHT, cfg_options=options)


def set_in(model: dict, regime: Regime, **sections) -> Config:
    """A recognizer's config with its initial weights set; pretrainings are called by modality."""
    config = Config(dict(model=model, **sections))
    set_start(config, regime, STUDENT, 'mine', lambda modality, network: modality)
    return config


def test_a_preprocessor_beside_the_model_is_the_model_s():
    """As MMEngine has it."""
    motion = dict(type='ukd_bench.LowLightPreprocessor', streams=[dict(type='FrameDifference')])
    model = dict(type='Recognizer3D', backbone=dict(type='ResNet3d'))
    regime = Regime(start=BRIGHT, normalization=Fixed((1, 2, 3), (4, 5, 6)))
    config = set_in(model, regime, data_preprocessor=motion)
    assert config.model.backbone.run == 'diff'
    set_normalization(config, regime, 'mine')
    assert config.data_preprocessor.normalization == dict(mean=[1, 2, 3], std=[4, 5, 6])


@pytest.mark.parametrize(
    ('model', 'said'),
    [
        (dict(rgb=dict(type='ResNet3d')), 'its model has no backbone'),
        (dict(backbone=dict(type='timm.swin', pretrained=True)), "'timm.swin' cannot be given"),
        (
            dict(
                backbone=dict(type='ResNet3d'), init_cfg=dict(type='Pretrained', checkpoint='x.pth')
            ),
            'model.init_cfg.checkpoint takes initial weights beside those of',
        ),
    ],
)
def test_a_recognizer_that_would_start_otherwise_is_refused(model, said):
    with pytest.raises(ConfigError, match=f'mine: .*{said}'):
        set_in(model, Regime(start=BRIGHT))


def test_a_config_that_a_sweep_wrote_is_no_config_of_another():
    """What its `checkpoint` holds would be in no key."""
    left = dict(type='ukd_bench.PretrainedBackbone', run='cafe', backbone=dict(type='ResNet3d'))
    with pytest.raises(ConfigError, match="mine: a backbone has run = 'cafe'"):
        set_in(dict(backbone=left), Regime())
    assert set_in(dict(backbone=left), Regime(start=BRIGHT)).model.backbone.run == 'rgb'


def test_a_number_is_one_whether_whole_or_not():
    keys = [keys_of(planned_in(normalization=Fixed((n, n, n), (n, n, n)))) for n in (2, 2.0)]
    assert keys[0] == keys[1]


def test_a_regime_without_students_leaves_the_pool_as_it_is(tmp_path):
    regimes = (Regime(name='first', students=('another',)), Regime(name='second', epochs=2))
    state = state_of(tmp_path, planned(methods=('plain',), regimes=regimes))
    state.paths.pool.write_text('of an earlier call')
    RunFolders(state, Places()).write_pool()
    assert state.paths.pool.read_text() == 'of an earlier call'
    assert state.paths.pool.with_name('pool-second.json').exists()


def test_what_is_not_the_suite_s_is_neither_normalised_nor_labelled_wrongly():
    stock = {'model.data_preprocessor': dict(_delete_=True, type='ActionDataPreprocessor')}
    with pytest.raises(ConfigError, match="its preprocessor is 'ActionDataPreprocessor', not ukd"):
        planned_in(normalization='clip', cfg_options=stock)
    own = {'train_dataloader.dataset.type': 'mine.Clips'}
    with pytest.raises(ConfigError, match="label_noise: its data set is 'mine"):
        planned_in(label_noise=0.4, cfg_options=own)


def test_a_run_has_one_full_schedule():
    regimes = (Regime(name='short', epochs=6), Regime(name='long'))
    said = r'plain \S+ seed=0 \(short\) and .* \(long\) are one run, .* 6 epochs in one .* 12 in'
    with pytest.raises(ConfigError, match=said):
        planned(methods=('plain',), students=(Student(STUDENT, 6),), regimes=regimes)


def test_a_seed_that_a_method_does_not_have_plans_nothing():
    choices = (Choice(name='naive', seeds=(0,)),)
    with pytest.raises(ConfigError, match=r'no run to plan: .* and seeds 7, as far'):
        planned(methods=('naive',), seeds=(7,), choices=choices)


def test_what_a_backbone_would_load_itself_is_taken_out():
    slow = dict(type='resnet3d', pretrained='slow.pth')
    model = dict(backbone=dict(type='ResNet3dSlowFast', pretrained='x.pth', slow_pathway=slow))
    backbone = set_in(model, Regime(start=BRIGHT)).model.backbone.backbone
    assert backbone.pretrained is None and backbone.slow_pathway.pretrained is None


def test_a_regime_from_scratch_asks_no_library_for_its_weights():
    model = dict(backbone=dict(type='timm.swin', pretrained=True), cls_head=dict(type='TSNHead'))
    assert set_in(model, Regime(start='scratch')).model.backbone.pretrained is False
    own = dict(rgb=dict(type='ResNet3d', pretrained='x.pth'))
    assert set_in(own, Regime(start='scratch')).model.rgb.pretrained is None


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
        (
            "regimes = [dict(name='a', normalization=dict(mean=[1, 2], std=[1, 2, 3]))]",
            r"regime 'a': normalization: mean = \(1, 2\) is no list of three numbers",
        ),
        (
            "regimes = [dict(name='a', normalization=dict(mean=[1, 2, 3], std=[1, 0, 3]))]",
            r"regime 'a': normalization: std = \(1, 0, 3\) is not above 0",
        ),
        ("methods.append(dict(name='naive', seeds=[0]))", "two methods have the name 'naive'"),
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
