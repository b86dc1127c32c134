"""Networks at paper scale take the weights that MMAction2 publishes for its own configs."""

from pathlib import Path

import mmaction
import pytest
import torch
import yaml
from mmaction.registry import MODELS
from mmaction.utils import register_all_modules
from mmengine.config import Config

from ukd_bench.files.configs import configs_root

RECOGNITION = Path(mmaction.__file__).parent / '.mim' / 'configs' / 'recognition'
STOCK = {
    'r2plus1d-r34': 'r2plus1d/r2plus1d_r34_8xb8-32x2x1-180e_kinetics400-rgb.py',
    'slowonly-r50': (
        'slowonly/slowonly_imagenet-pretrained-r50_8xb16-8x8x1-steplr-150e_kinetics400-rgb.py'
    ),
    'tsm-r50': 'tsm/tsm_imagenet-pretrained-r50_8xb16-1x1x8-50e_kinetics400-rgb.py',
    'x3d-m': 'x3d/x3d_m_16x5x1_facebook-kinetics400-rgb.py',
    'swin-t': 'swin/swin-tiny-p244-w877_in1k-pre_8xb8-amp-32x2x1-30e_kinetics400-rgb.py',
}


@pytest.fixture(autouse=True)
def seeded():
    register_all_modules(init_default_scope=True)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def published_url(config: str) -> str:
    """Where MMAction2's model index says the weights of a stock config lie."""
    index = yaml.safe_load((RECOGNITION / config).with_name('metafile.yml').read_text())
    (entry,) = (
        model
        for model in index['Models']
        if model.get('Config', '').endswith(f'recognition/{config}')
    )
    return entry['Weights']


def network(name: str) -> Config:
    return Config.fromfile(configs_root() / f'_base_/students/{name}.py').model


def test_every_network_that_starts_from_a_checkpoint_is_here():
    folder = configs_root() / '_base_' / 'students'
    started = {
        path.stem
        for path in folder.glob('*.py')
        if network(path.stem).backbone.type == 'ukd_bench.PretrainedBackbone'
    }
    assert started == set(STOCK)


@pytest.mark.parametrize('name', STOCK)
def test_the_address_is_that_of_the_model_index(name):
    assert network(name).backbone.checkpoint == published_url(STOCK[name])


@pytest.mark.slow
@pytest.mark.parametrize('name', STOCK)
def test_the_network_becomes_the_stock_one(name, tmp_path):
    stock = MODELS.build(Config.fromfile(RECOGNITION / STOCK[name]).model)
    with torch.no_grad():
        for tensor in stock.backbone.parameters():
            tensor.add_(0.01 * torch.randn(tensor.shape))
    state = stock.state_dict()
    torch.save(dict(state_dict=state), tmp_path / 'published.pth')
    config = network(name)
    config.backbone.checkpoint = str(tmp_path / 'published.pth')
    model = MODELS.build(config)
    model.init_weights()
    ours = model.backbone.state_dict()
    assert ours.keys() == stock.backbone.state_dict().keys()
    assert all(torch.equal(ours[key], state[f'backbone.{key}']) for key in ours)
    # Strides and shifts are in no state dict.
    clips = torch.randn(8, 3, 32, 32) if name == 'tsm-r50' else torch.randn(1, 3, 8, 32, 32)
    for backbone in (stock.backbone, model.backbone):
        backbone.eval()
    with torch.no_grad():
        features = model.backbone(clips)
        assert torch.equal(features, stock.backbone(clips))
    assert features.std() > 0
    assert model.cls_head.num_classes == 11
