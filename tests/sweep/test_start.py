"""Where networks of a regime start: what is set in their configs, and what is refused."""

from dataclasses import replace

import pytest
import torch
from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.registry import DefaultScope

from ukd_bench.errors import ConfigError
from ukd_bench.files.configs import configs_root
from ukd_bench.records.folder import RunPaths
from ukd_bench.records.key import scientific
from ukd_bench.sweep.normalization import set_normalization
from ukd_bench.sweep.parts import (
    Fixed,
    PoolTeacher,
    Regime,
    Weights,
)
from ukd_bench.sweep.place import Places, placed_config
from ukd_bench.sweep.start import set_start

from .planned import BRIGHT, STUDENT, keys_of, planned, planned_in, run_of

RGB = 'i3d-r18-w8-rgb'


def test_where_a_pretraining_lies_is_told_when_a_run_starts_and_changes_no_key(tmp_path):
    plan = planned(num_teachers=(1, 2), regimes=(Regime(start=BRIGHT),), methods=('plain',))
    plain, pretraining = run_of(plan, 'plain'), run_of(plan, 'pretraining')

    def locate(run):
        return RunPaths(tmp_path / run.folder)

    config = placed_config(plain, plan, locate, Places())
    backbone = config.model.backbone
    assert backbone.run == pretraining.spec.key
    assert backbone.checkpoint == str(locate(pretraining).checkpoint)
    assert scientific(config.to_dict()) == scientific(plain.config.to_dict())


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
    # Left alone, it would read the file None.
    shifting = set_in(dict(backbone=dict(type='ResNetTSM', depth=50)), Regime(start='scratch'))
    assert shifting.model.backbone.pretrained2d is False


@pytest.mark.parametrize('method', ['plain', 'two_stream_dark_light', 'two_stream_rgb_flow'])
def test_all_backbones_start_from_the_checkpoint(method, tmp_path):
    """Of every stream, so that no network starts in part from scratch."""
    plan = planned(num_teachers=(1, 2), regimes=(Regime(start=BRIGHT),), methods=(method,))
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
