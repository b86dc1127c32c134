import copy

import pytest
import torch
from mmaction.registry import MODELS
from mmaction.utils import register_all_modules
from mmengine.config import Config

from ukd_bench.errors import ConfigError
from ukd_bench.files.configs import configs_root
from ukd_bench.models.pretrained import pretrained_backbone


@pytest.fixture
def config():
    register_all_modules(init_default_scope=True)
    return Config.fromfile(configs_root() / '_base_/students/slowonly-r18-w8.py').model


@pytest.fixture
def published(config, tmp_path):
    """A recognizer as it is published: with its head, and training's state beside the weights."""
    model = MODELS.build(config)
    with torch.no_grad():
        for tensor in model.state_dict().values():
            tensor.copy_(torch.rand(tensor.shape) + 1)
    path = tmp_path / 'published.pth'
    torch.save(dict(meta=dict(epoch=3), state_dict=model.state_dict()), path)
    return model, path


def test_the_backbone_begins_with_published_weights_and_the_head_with_its_own(config, published):
    original, path = published
    keys = list(original.state_dict())
    config.backbone = dict(
        type='ukd_bench.PretrainedBackbone', backbone=config.backbone, checkpoint=str(path)
    )
    model = MODELS.build(config)
    assert list(model.state_dict()) == keys
    model.init_weights()
    for key, value in model.state_dict().items():
        assert torch.equal(value, original.state_dict()[key]) == key.startswith('backbone.'), key


def test_the_checkpoint_may_lie_below_the_home_folder(config, published, monkeypatch):
    original, path = published
    monkeypatch.setenv('HOME', str(path.parent))
    backbone = pretrained_backbone(config.backbone, f'~/{path.name}')
    backbone.init_weights()
    assert torch.equal(
        backbone.state_dict()['conv1.conv.weight'],
        original.state_dict()['backbone.conv1.conv.weight'],
    )


def test_both_streams_begin_with_them(config, published):
    original, path = published
    two_streams = MODELS.build(
        dict(
            type='ukd_bench.TwoStreamBackbone',
            backbone=dict(
                type='ukd_bench.PretrainedBackbone', backbone=config.backbone, checkpoint=str(path)
            ),
        )
    )
    two_streams.init_weights()
    state = two_streams.backbone.state_dict()
    assert all(
        torch.equal(state[key], value) for key, value in original.backbone.state_dict().items()
    )


def test_a_copy_initialises_itself(config, published):
    original, path = published
    network = pretrained_backbone(config.backbone, str(path))
    twin = copy.deepcopy(network)
    before = copy.deepcopy(network.state_dict())
    twin.init_weights()
    assert torch.equal(twin.conv1.conv.weight, original.backbone.conv1.conv.weight)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


def test_nothing_is_read_before_training_begins(config):
    network = pretrained_backbone(config.backbone, 'absent.pth')
    with pytest.raises(ConfigError, match=r'^checkpoint absent\.pth does not exist$'):
        network.init_weights()


def test_another_network_is_refused(config, published):
    _, path = published
    config.backbone.base_channels = 4
    with pytest.raises(ConfigError, match=r'published\.pth does not fit .*size mismatch for conv1'):
        pretrained_backbone(config.backbone, str(path)).init_weights()
    with pytest.raises(ConfigError, match=r'published\.pth does not fit .*Missing key'):
        pretrained_backbone(config.backbone, str(path), prefix='encoder.').init_weights()


def test_a_url_is_downloaded_when_training_begins(monkeypatch, config, published):
    original, path = published
    asked = []

    def local(url):
        asked.append(url)
        return path

    monkeypatch.setattr('ukd_bench.models.pretrained.downloaded', local)
    network = pretrained_backbone(config.backbone, 'https://x.org/a.pth')
    assert not asked
    network.init_weights()
    assert asked == ['https://x.org/a.pth']
    weights = original.backbone.state_dict()
    assert all(torch.equal(value, weights[key]) for key, value in network.state_dict().items())
