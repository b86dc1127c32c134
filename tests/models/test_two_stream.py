import pytest
import torch
from mmaction.registry import MODELS
from mmaction.utils import register_all_modules
from mmengine.config import Config

from ukd_bench.files.configs import configs_root
from ukd_bench.models import TwoStreamBackbone


@pytest.fixture
def backbone_config():
    register_all_modules(init_default_scope=True)
    return Config.fromfile(configs_root() / '_base_/students/slowonly-r18-w8.py').model.backbone


def test_features_of_both_streams_come_from_one_set_of_weights(backbone_config):
    both = TwoStreamBackbone(backbone_config)
    both.init_weights()
    both.eval()
    dark, bright = torch.randn(2, 2, 3, 4, 32, 32).unbind()
    with torch.no_grad():
        out = both(torch.cat([dark, bright], dim=1))
        wanted = torch.cat([both.backbone(dark), both.backbone(bright)], dim=1)
    assert torch.equal(out, wanted)
    assert out.shape[1] == 128
    single = MODELS.build(backbone_config)
    count = [sum(p.numel() for p in network.parameters()) for network in (both, single)]
    assert count[0] == count[1]


def test_each_stream_may_have_normalisation_layers_of_its_own(backbone_config):
    both = TwoStreamBackbone(backbone_config, own_norms=True)
    both.init_weights()
    dark, bright = torch.randn(2, 4, 3, 4, 32, 32).unbind()
    bright = 50 * bright + 100
    norms = [norm for *_, norm in both._norms()]
    for _ in range(200):
        both(torch.cat([dark, bright], dim=1))
    first = norms[0].running_mean, both.bright_norms[0].running_mean
    # Neither stream's statistics have seen the other.
    assert first[1].abs().max() > 10 * first[0].abs().max()
    both.eval()
    with torch.no_grad():
        out = both(torch.cat([dark, dark], dim=1))
        assert torch.equal(out[:, :64], both.backbone(dark))
        assert not torch.allclose(out[:, :64], out[:, 64:])
    # Outside of a forward the backbone has its own layers.
    assert [norm for *_, norm in both._norms()] == norms
    both.train()
    both(torch.cat([dark, bright], dim=1)).sum().backward()
    assert all(parameter.grad is not None for parameter in both.parameters())
    single = MODELS.build(backbone_config)
    more = sum(p.numel() for norm in norms for p in norm.parameters())
    count = [sum(p.numel() for p in network.parameters()) for network in (both, single)]
    assert count[0] == count[1] + more


def test_both_streams_start_from_the_same_normalisation(backbone_config):
    both = TwoStreamBackbone(
        dict(backbone_config, norm_cfg=dict(type='BN3d', requires_grad=True)), own_norms=True
    )
    with torch.no_grad():
        for *_, norm in both._norms():
            norm.running_mean.fill_(3)
    both.init_weights()
    assert all((norm.running_mean == 3).all() for norm in both.bright_norms)


@pytest.mark.parametrize('name', ['slowonly-r18-w8', 'i3d-r18-w8'])
def test_the_shipped_two_stream_networks_learn_and_predict(name, train_dataset, build_dataset):
    register_all_modules(init_default_scope=True)
    config = Config.fromfile(
        configs_root() / f'two_stream_dark_light/{name}_darkroom-quick.py'
    ).model
    model = MODELS.build(config)
    train_dataset['pipeline'][1] = dict(type='ukd_bench.EvaluationViews')
    dataset = build_dataset(train_dataset)
    packed = [dataset[0], dataset[1]]
    batch = {key: [sample[key] for sample in packed] for key in packed[0]}
    losses = model(**model.data_preprocessor(batch, training=True), mode='loss')
    losses['loss_cls'].backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
    model.eval()
    scores = model.test_step(batch)[0].pred_scores.item
    assert scores.shape == (11,) and abs(scores.sum().item() - 1) < 1e-5
