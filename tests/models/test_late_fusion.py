"""Two streams that train apart and are averaged at the end."""

import copy

import pytest
import torch
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample
from mmaction.utils import register_all_modules
from mmengine.config import Config

from ukd_bench.errors import ConfigError
from ukd_bench.files.configs import configs_root
from ukd_bench.models import LateFusionHead, SplitStreams

NAMES = ('i3d-r18-w8', 'slowonly-r18-w8')
HEAD = dict(type='I3DHead', num_classes=3, in_channels=2, dropout_ratio=0.0, average_clips='prob')


def shipped(method, name='slowonly-r18-w8'):
    register_all_modules(init_default_scope=True)
    return Config.fromfile(configs_root() / f'{method}/{name}_darkroom-quick.py')


def built(config, seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = MODELS.build(copy.deepcopy(config))
        model.init_weights()
    return model


def batch_of(clips, channels=5, views=1, seed=0):
    generator = torch.Generator().manual_seed(seed)
    shape = (clips, views, channels, 4, 32, 32)
    inputs = torch.randint(0, 256, shape, generator=generator).to(torch.uint8)
    return dict(
        inputs=list(inputs),
        data_samples=[ActionDataSample().set_gt_labels(n) for n in range(clips)],
    )


def head(**options):
    register_all_modules(init_default_scope=True)
    return LateFusionHead(**dict(heads=dict(rgb=HEAD, flow=HEAD)) | options)


def features(clips=2, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.randn(clips, 2, 1, 2, 2, generator=generator) for _ in range(2))


def own_probabilities(fusion, feats):
    return [one(feat).softmax(-1) for one, feat in zip(fusion.heads.values(), feats, strict=True)]


@pytest.mark.parametrize(
    ('weights', 'shares'),
    [(None, (0.5, 0.5)), (dict(rgb=1, flow=3), (0.25, 0.75)), (dict(flow=0, rgb=2), (1, 0))],
)
def test_the_softmax_of_the_scores_is_the_weighted_mean_of_probabilities(weights, shares):
    fusion, feats = head(weights=weights), features()
    rgb, flow = own_probabilities(fusion, feats)
    fused = shares[0] * rgb + shares[1] * flow
    torch.testing.assert_close(fusion(feats).exp(), fused)
    torch.testing.assert_close(fusion(feats).softmax(-1), fused)


def test_scores_of_far_apart_classes_stay_finite():
    fusion = head()
    for one in fusion.heads.values():
        torch.nn.init.constant_(one.fc_cls.bias, 0)
        one.fc_cls.bias.data[0] = 500
    assert torch.isfinite(fusion(features())).all()


def test_the_loss_is_the_sum_of_the_streams_own():
    fusion, feats = head(), features()
    samples = batch_of(2)['data_samples']
    losses = fusion.loss(feats, samples)
    for name, feat in zip(('rgb', 'flow'), feats, strict=True):
        own = fusion.heads[name].loss(feat, samples)
        assert all(torch.equal(losses[f'{name}_{key}'], value) for key, value in own.items())
    assert len(losses) == 2 * len(own)


def test_label_smoothing_reaches_both_streams():
    plain, smooth = (
        head(),
        head(heads=dict.fromkeys(('rgb', 'flow'), HEAD | dict(label_smooth_eps=0.1))),
    )
    smooth.load_state_dict(plain.state_dict())
    feats, samples = features(), batch_of(2)['data_samples']
    before, after = plain.loss(feats, samples), smooth.loss(feats, samples)
    for name in ('rgb', 'flow'):
        log_p = plain.heads[name](feats[name == 'flow']).log_softmax(-1)
        wanted = 0.9 * before[f'{name}_loss_cls'] - 0.1 * log_p.mean()
        torch.testing.assert_close(after[f'{name}_loss_cls'], wanted)


def test_views_of_a_clip_are_averaged():
    fusion, feats = head(), features(clips=6)
    samples = fusion.predict(feats, batch_of(2)['data_samples'])
    fused_NMC = (sum(own_probabilities(fusion, feats)) / 2).reshape(2, 3, 3)
    for sample, wanted in zip(samples, fused_NMC.mean(1), strict=True):
        torch.testing.assert_close(sample.pred_scores.item, wanted)
        assert sample.pred_labels.item.item() == wanted.argmax()


@pytest.mark.parametrize('name', NAMES)
def test_the_picture_learns_as_it_would_alone(name):
    """Bit for bit, dropout and batch normalisation included."""
    two, one = (
        built(shipped('two_stream_rgb_flow', name).model),
        built(shipped('plain', name).model),
    )
    one.backbone.load_state_dict(two.backbone.backbones.rgb.state_dict())
    one.cls_head.load_state_dict(two.cls_head.heads.rgb.state_dict())
    for model, batch in ((two, batch_of(3)), (one, batch_of(3))):
        torch.manual_seed(1)
        if model is one:
            batch['inputs'] = [clip[:, :3] for clip in batch['inputs']]
        losses = model(**model.data_preprocessor(batch, training=True), mode='loss')
        model.parse_losses(losses)[0].backward()
    for ours, theirs in (
        (two.backbone.backbones.rgb, one.backbone), (two.cls_head.heads.rgb, one.cls_head)
    ):  # fmt: skip
        for (where, a), (_, b) in zip(
            ours.named_parameters(), theirs.named_parameters(), strict=True
        ):
            assert torch.equal(a.grad, b.grad), where
    assert all(parameter.grad is not None for parameter in two.parameters())


def test_initial_weights_of_the_picture_are_those_of_plain_training():
    two, one = (MODELS.build(shipped(method).model) for method in ('two_stream_rgb_flow', 'plain'))
    with torch.random.fork_rng():
        for model in (two, one):
            # As ReplayHook does, between building and initialising.
            torch.manual_seed(7)
            model.init_weights()
    own, wanted = two.backbone.backbones.rgb.state_dict(), one.backbone.state_dict()
    assert own.keys() == wanted.keys()
    assert all(torch.equal(own[name], wanted[name]) for name in own)
    assert two.backbone.backbones.flow.state_dict()['conv1.conv.weight'].shape[1] == 2


@pytest.mark.parametrize('name', NAMES)
def test_several_views_at_test_time(name):
    model = built(shipped('two_stream_rgb_flow', name).model).eval()
    batch = batch_of(2, views=3)
    with torch.no_grad():
        scores = [sample.pred_scores.item for sample in model.test_step(copy.deepcopy(batch))]
        single = [
            model.test_step(
                dict(
                    inputs=[clip[m : m + 1] for clip in batch['inputs']],
                    data_samples=batch_of(2)['data_samples'],
                )
            )
            for m in range(3)
        ]
    for n in range(2):
        wanted = torch.stack([samples[n].pred_scores.item for samples in single]).mean(0)
        torch.testing.assert_close(scores[n], wanted, rtol=1e-4, atol=1e-6)
        assert abs(scores[n].sum().item() - 1) < 1e-5


def test_pipelines_are_those_of_plain_training_and_one_step():
    for name in NAMES:
        two, one = (shipped(method, name) for method in ('two_stream_rgb_flow', 'plain'))
        for loader in ('train_dataloader', 'test_dataloader'):
            steps = two[loader].dataset.to_dict()['pipeline']
            assert [step['type'] for step in steps[:2]] == [
                'ukd_bench.OpenVideo',
                'ukd_bench.OpenFlow',
            ]
            assert [steps[0], *steps[2:]] == one[loader].dataset.to_dict()['pipeline']
            assert {**two[loader].dataset.to_dict(), 'pipeline': None} == {
                **one[loader].dataset.to_dict(),
                'pipeline': None,
            }


def test_what_does_not_fit_is_one_line():
    for options, message in (
        (dict(weights=dict(rgb=1)), r"weights = \{'rgb': 1\} are not one .* each of rgb, flow"),
        (dict(weights=dict(rgb=1, flow=-1)), 'weights = '),
        (dict(weights=dict(rgb=0, flow=0)), 'weights = '),
        (dict(heads={}), 'heads is empty'),
        (
            dict(heads=dict(rgb=HEAD, flow=HEAD | dict(num_classes=4))),
            r'num_classes differs among the heads: \[3, 4\]',
        ),
    ):
        with pytest.raises(ConfigError, match=message):
            head(**options)
    with pytest.raises(ConfigError, match=r'needs the features of rgb, flow, one each; is the'):
        head()(features()[0])
    with pytest.raises(ConfigError, match=r"backbones of \['rgb'\], channels of \['flow'\]"):
        SplitStreams(dict(rgb={}), dict(flow=2))
    model = shipped('two_stream_rgb_flow').model
    model.data_preprocessor.streams = model.data_preprocessor.streams[:1]
    with pytest.raises(ConfigError, match=r"hands out 3 channels, the streams take \{'rgb': 3"):
        built(model).test_step(batch_of(1))


def test_a_distilling_hook_refuses_the_fused_head():
    """It would add its loss where nothing calls it."""
    assert not hasattr(built(shipped('two_stream_rgb_flow').model).cls_head, 'loss_by_feat')
