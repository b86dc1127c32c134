import re

import pytest
import torch
import torchvision
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample
from mmaction.utils import register_all_modules

from ukd_bench.errors import ConfigError
from ukd_bench.files.configs import PACKAGE
from ukd_bench.models import TorchvisionVideo, torchvision_video
from ukd_bench.models.torchvision_video import CLASSIFIERS

SMALL = (3, 4, 32, 32)
FEW_TOKENS = dict(patch_embed_stride=(8, 28, 28), stochastic_depth_prob=0.0)
"""MViT takes clips of one size; larger patches leave it little to do."""
CASES = {
    'r2plus1d_18': (512, SMALL, {}),
    'r3d_18': (512, SMALL, {}),
    'mc3_18': (512, SMALL, {}),
    's3d': (1024, (3, 14, 224, 224), {}),
    'mvit_v1_b': (768, (3, 16, 224, 224), FEW_TOKENS),
    'mvit_v2_s': (768, (3, 16, 224, 224), FEW_TOKENS),
    'swin3d_t': (768, SMALL, {}),
    'swin3d_s': (768, SMALL, {}),
    'swin3d_b': (1024, SMALL, {}),
}


@pytest.fixture(autouse=True)
def seeded():
    torch.set_num_threads(1)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def test_every_video_network_of_torchvision_is_known():
    videos = set(torchvision.models.list_models(module=torchvision.models.video))
    assert videos == set(CLASSIFIERS) == set(CASES)


def test_the_page_lists_each_with_its_features():
    page = (PACKAGE.parent / 'docs' / 'models.md').read_text()
    listed = re.findall(r'^\| `(\w+)` \| (\d+) \|', page, re.MULTILINE)
    assert listed == [(name, str(dim)) for name, (dim, _, _) in CASES.items()]


@pytest.mark.slow
@pytest.mark.parametrize('name', CASES)
def test_features_through_the_own_classifier_are_the_own_scores(name, tmp_path):
    dim, shape, options = CASES[name]
    original = torchvision.models.get_model(name, weights=None, **options).eval()
    torch.save(original.state_dict(), tmp_path / 'weights.pth')
    backbone = TorchvisionVideo(name, pretrained=str(tmp_path / 'weights.pth'), **options)
    assert backbone.feature_dim == dim
    backbone.init_weights()
    backbone.eval()
    clips = torch.randn(1, *shape)
    features = backbone(clips)
    assert features.shape == (1, dim, 1, 1, 1)
    # Its own dropout does nothing in `eval`; that of S3D wants a volume, others a vector.
    classifier = getattr(original, CLASSIFIERS[name])
    scores = classifier(features if name == 's3d' else features.flatten(1)).flatten(1)
    with torch.no_grad():
        wanted = original(clips)
    assert wanted.std() > 1e-3
    torch.testing.assert_close(scores, wanted, rtol=1e-4, atol=1e-4 * wanted.std().item())
    scores[0, 0].backward()
    idle = [key for key, value in backbone.named_parameters() if value.grad is None]
    assert not idle


def recognizer(**backbone):
    register_all_modules(init_default_scope=True)
    return MODELS.build(
        dict(
            type='Recognizer3D',
            backbone=dict(type='ukd_bench.TorchvisionVideo', **backbone),
            cls_head=dict(type='I3DHead', num_classes=11, in_channels=512, average_clips='prob'),
            data_preprocessor=dict(type='ukd_bench.LowLightPreprocessor'),
        )
    )


def test_it_trains_and_predicts_under_a_head_of_mmaction2():
    model = recognizer(name='mc3_18')
    model.init_weights()
    clip = torch.randint(0, 60, (2, 3, 4, 32, 32), dtype=torch.uint8)
    samples = [ActionDataSample().set_gt_labels(label) for label in (3, 7)]
    batch = model.data_preprocessor(dict(inputs=[clip[:1], clip[1:]], data_samples=samples))
    model(**batch, mode='loss')['loss_cls'].backward()
    assert all(value.grad is not None for value in model.parameters())
    model.eval()
    # Two views of one clip.
    predicted = model.test_step(dict(inputs=[clip], data_samples=samples[:1]))
    scores = predicted[0].pred_scores.item
    assert scores.shape == (11,) and abs(scores.sum().item() - 1) < 1e-5


def test_published_weights_are_found_by_name_when_training_begins(monkeypatch, tmp_path):
    original = torchvision.models.get_model('mc3_18', weights=None)
    torch.save(original.state_dict(), tmp_path / 'weights.pth')
    asked = []

    def local(url):
        asked.append(url)
        return tmp_path / 'weights.pth'

    monkeypatch.setattr(torchvision_video, 'downloaded', local)
    model = recognizer(name='mc3_18', pretrained='KINETICS400_V1')
    assert not asked
    model.init_weights()
    assert asked == [torchvision.models.video.MC3_18_Weights.KINETICS400_V1.url]
    state = model.backbone.network.state_dict()
    assert state and all(torch.equal(original.state_dict()[key], state[key]) for key in state)


@pytest.mark.slow
def test_a_classifier_of_other_classes_is_no_hindrance_but_all_else_is(tmp_path, monkeypatch):
    monkeypatch.setenv('HOME', str(tmp_path))
    state = torchvision.models.get_model('r3d_18', weights=None, num_classes=5).state_dict()
    file = tmp_path / 'weights.pth'

    def start(changed):
        torch.save(changed, file)
        TorchvisionVideo('r3d_18', pretrained='~/weights.pth').init_weights()

    start(state)
    without = {key: value for key, value in state.items() if key != 'layer4.1.conv2.1.weight'}
    with pytest.raises(ConfigError, match=r'does not fit .*Missing key.*layer4\.1\.conv2\.1'):
        start(without)
    with pytest.raises(ConfigError, match=r'does not fit .*Unexpected key.*layer5'):
        start(state | {'layer5.weight': torch.zeros(1)})
    with pytest.raises(ConfigError, match=r'does not fit .*size mismatch for stem\.0\.weight'):
        start(state | {'stem.0.weight': torch.zeros(1)})
    file.write_text('weights')
    with pytest.raises(ConfigError, match=r'weights\.pth cannot be read'):
        TorchvisionVideo('r3d_18', pretrained=str(file)).init_weights()


def test_mistakes():
    with pytest.raises(ConfigError, match="'r3d_50' is none of r2plus1d_18, r3d_18"):
        TorchvisionVideo('r3d_50')
    with pytest.raises(ConfigError, match=r'mc3_18: .*unexpected keyword argument .depth.'):
        TorchvisionVideo('mc3_18', depth=50)
    with pytest.raises(ConfigError, match="pretrained 'K400' is no file, nor weights of mc3_18"):
        TorchvisionVideo('mc3_18', pretrained='K400').init_weights()
    with pytest.raises(ConfigError, match=r'at least 14 x 224 x 224 .*, not 8 x 112 x 112'):
        TorchvisionVideo('s3d')(torch.zeros(1, 3, 8, 112, 112))
    with pytest.raises(ConfigError, match=r'takes clips of 16 x 224 x 224 .*, not 32 x 224 x 224'):
        TorchvisionVideo('mvit_v1_b', **FEW_TOKENS)(torch.zeros(1, 3, 32, 224, 224))
