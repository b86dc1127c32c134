"""Views replay: a sample's augmentation is a function of its address alone."""

import hashlib
import random

import numpy as np
import pytest
import torch
from mmaction.structures import ActionDataSample
from mmengine.dataset import pseudo_collate
from torch.utils.data import DataLoader

from ukd_bench.data.views.draw import (
    DrawView,
    EvaluationViews,
    ViewCrop,
    ViewFrames,
    ViewParameters,
)
from ukd_bench.data.views.replay import ReplayedPipeline, build_pipeline, seeded
from ukd_bench.errors import ConfigError, DataError

STOCK = [
    dict(type='DecordInit'),
    dict(type='SampleFrames', clip_len=4, frame_interval=1, num_clips=1),
    dict(type='DecordDecode'),
    dict(type='Resize', scale=(-1, 40)),
    dict(type='RandomResizedCrop'),
    dict(type='Resize', scale=(32, 32), keep_ratio=False),
    dict(type='Flip', flip_ratio=0.5),
    # Its hue fails under NumPy 2.
    dict(type='ColorJitter', hue=0),
    dict(type='FormatShape', input_format='NCTHW'),
    dict(type='PackActionInputs', meta_keys=()),
]


@pytest.fixture
def replayed(train_dataset, build_dataset):
    """Builds the training set with a replayed pipeline."""

    def build(seed=5, pipeline=None):
        dataset = build_dataset(train_dataset | ({'pipeline': pipeline} if pipeline else {}))
        dataset.pipeline = ReplayedPipeline(dataset.pipeline, seed)
        return dataset

    return build


def sha256(tensor):
    return hashlib.sha256(tensor.contiguous().numpy().tobytes()).hexdigest()


def hashes(dataset, views=(0,), **loader_options):
    """{(view, sample): hash of the clip} of an epoch a view, through one loader."""
    loader = DataLoader(dataset, collate_fn=pseudo_collate, **loader_options)
    found = {}
    for view in views:
        dataset.pipeline.set_view(view)
        for batch in loader:
            for clip, sample in zip(batch['inputs'], batch['data_samples'], strict=True):
                found[sample.view_index, sample.sample_idx] = sha256(clip)
    return found


@pytest.mark.slow
@pytest.mark.parametrize('pipeline', [None, STOCK], ids=['ours', 'stock'])
@pytest.mark.parametrize(
    'options',
    [
        dict(batch_size=3, shuffle=True),
        dict(batch_size=1),
        dict(batch_size=4, num_workers=2, shuffle=True),
        dict(batch_size=2, num_workers=2, persistent_workers=True),
    ],
    ids=['shuffled', 'single', 'workers', 'persistent'],
)
def test_the_loader_changes_nothing(replayed, options, pipeline):
    views = (0, 1, 3)
    reference = hashes(replayed(pipeline=pipeline), views, batch_size=11)
    assert len(reference) == len(views) * 11
    random.seed(1)
    np.random.seed(1)
    assert hashes(replayed(pipeline=pipeline), views, **options) == reference


@pytest.mark.parametrize('pipeline', [None, STOCK], ids=['ours', 'stock'])
def test_views_samples_and_seeds_differ(replayed, pipeline):
    first = hashes(replayed(seed=5, pipeline=pipeline), (0, 1), batch_size=11)
    assert len(set(first.values())) == len(first)
    other = hashes(replayed(seed=6, pipeline=pipeline), (0, 1), batch_size=11)
    assert not set(other.values()) & set(first.values())


def test_an_epoch_may_return_to_an_earlier_view(replayed):
    dataset = replayed()
    first = hashes(dataset, (0,), batch_size=4)
    hashes(dataset, (1,), batch_size=4)
    assert hashes(dataset, (0,), batch_size=4) == first


def streams():
    return random.random(), np.random.random(), torch.rand(1).item()


@pytest.mark.parametrize('fails', [False, True])
def test_global_streams_are_restored(fails):
    for stream in (random.seed, np.random.seed, torch.manual_seed):
        stream(4)
    wanted = streams()
    for stream in (random.seed, np.random.seed, torch.manual_seed):
        stream(4)
    try:
        with seeded((1, 2, 3)):
            inside = streams()
            assert not fails
    except AssertionError:
        assert fails
    assert streams() == wanted
    assert inside != wanted
    with seeded((1, 2, 3)):
        assert streams() == inside
    with seeded((1, 2, 4)):
        assert not set(streams()) & set(inside)


def draws(count=400, **options):
    transform = DrawView(**options)
    return [transform({'view_id': (0, 0, sample)})['views'][0] for sample in range(count)]


def test_parameters_stay_in_range_and_reach_its_ends():
    views = draws(min_span=0.6, min_side=0.5, flip_ratio=0.25)
    spans, widths, heights = (
        np.array([getattr(view, name) for view in views]) for name in ('span', 'width', 'height')
    )
    for values, least in ((spans, 0.6), (widths, 0.5), (heights, 0.5)):
        assert least <= values.min() < least + 0.02
        assert 0.98 < values.max() <= 1
        assert abs(values.mean() - (1 + least) / 2) < 0.02
    for first, extent in (('start', 'span'), ('left', 'width'), ('top', 'height')):
        slack = np.array([1 - getattr(view, extent) for view in views])
        place = np.array([getattr(view, first) for view in views])
        assert (place >= 0).all() and (place <= slack).all()
        assert abs((place / slack).mean() - 0.5) < 0.05
    assert abs(np.corrcoef(widths, heights)[0, 1]) < 0.15
    assert 0.18 < np.mean([view.flip for view in views]) < 0.32


def test_a_view_that_keeps_everything_is_the_center_view_but_for_its_flip():
    for ratio in (0, 1):
        assert set(draws(5, min_span=1, min_side=1, flip_ratio=ratio)) == {
            ViewParameters(flip=bool(ratio))
        }
    clip = dict(sample_idx=0, total_frames=9)
    assert EvaluationViews()(clip)['views'] == (ViewParameters(),)


@pytest.mark.parametrize(
    ('options', 'text'),
    [
        (dict(min_span=0), r'min_span = 0 is not in \(0, 1\]'),
        (dict(min_side=1.1), r'min_side = 1.1 is not in \(0, 1\]'),
        (dict(flip_ratio=-0.1), r'flip_ratio = -0.1 is not in \[0, 1\]'),
    ],
)
def test_ranges_of_options(options, text):
    with pytest.raises(ConfigError, match=text):
        DrawView(**options)


def test_a_view_without_an_address_says_what_is_missing():
    with pytest.raises(ConfigError, match=r'DrawView needs ukd_bench\.ReplayHook'):
        DrawView()({})


@pytest.mark.parametrize(
    ('view', 'total', 'indices'),
    [
        (ViewParameters(), 8, [1, 3, 5, 7]),
        (ViewParameters(), 4, [0, 1, 2, 3]),
        (ViewParameters(), 2, [0, 0, 1, 1]),
        (ViewParameters(start=0.5, span=0.5), 8, [4, 5, 6, 7]),
        (ViewParameters(start=0.0, span=0.5), 8, [0, 1, 2, 3]),
        (ViewParameters(start=1.0, span=0.0), 8, [7, 7, 7, 7]),
    ],
)
def test_frames_are_the_middles_of_equal_parts(view, total, indices):
    results = ViewFrames(clip_len=4)(dict(views=[view], total_frames=total))
    assert results['frame_inds'].tolist() == indices
    assert (results['clip_len'], results['num_clips']) == (4, 1)


def test_rendering_refuses_no_frames_and_no_size():
    with pytest.raises(DataError, match=r'a\.avi: cannot be decoded \(it holds no frame\)'):
        ViewFrames(4)(dict(views=[ViewParameters()], total_frames=0, filename='a.avi'))
    with pytest.raises(ConfigError, match='clip_len = 0'):
        ViewFrames(0)
    with pytest.raises(ConfigError, match='size = 0'):
        ViewCrop(0)


def crop(frame, size, **view):
    return ViewCrop(size)(dict(imgs=[frame], views=[ViewParameters(**view)]))['imgs'][0]


def test_crop_box_and_flip_by_hand():
    frame = np.arange(4 * 8, dtype=np.uint8).reshape(4, 8, 1).repeat(3, axis=2)
    quarter = dict(left=0.25, top=0.5, width=0.25, height=0.5)
    assert crop(frame, 2, **quarter)[..., 0].tolist() == [[18, 19], [26, 27]]
    assert crop(frame, 2, flip=True, **quarter)[..., 0].tolist() == [[19, 18], [27, 26]]
    # Shrinking averages: each pixel is the mean of a block of 2 rows and 4 columns, by nature.
    averages = frame[..., 0].reshape(2, 2, 2, 4).mean((1, 3))
    assert np.abs(crop(frame, 2)[..., 0] - averages).max() <= 0.5


def test_crops_never_vanish():
    frame = np.full((6, 6, 3), 9, np.uint8)
    for left in (0.0, 0.5, 0.99):
        out = crop(frame, 4, left=left, top=left, width=0.001, height=0.001)
        assert out.shape == (4, 4, 3) and (out == 9).all()


def test_pipelines_that_give_no_single_sample_are_refused():
    for packed in ([{}], {'inputs': 1}, None):
        with pytest.raises(ConfigError, match=r'repeated augmentation\?\) cannot be replayed'):
            ReplayedPipeline(lambda results, packed=packed: packed, 0)({'sample_idx': 0})


def test_views_of_a_clip_are_rendered_one_after_another():
    frames = [np.full((4, 8, 3), i, np.uint8) for i in range(6)]
    for frame in frames:
        frame[:, 4:] += 100
    views = [ViewParameters(width=0.5), ViewParameters(left=0.5, width=0.5)]
    results = ViewFrames(3)(dict(views=views, total_frames=6))
    assert results['frame_inds'].tolist() == [1, 3, 5, 1, 3, 5]
    assert (results['clip_len'], results['num_clips']) == (3, 2)
    rendered = ViewCrop(2)(dict(imgs=[frames[i] for i in (1, 3, 5, 1, 3, 5)], views=views))['imgs']
    assert [frame[0, 0, 0] for frame in rendered] == [1, 3, 5, 101, 103, 105]


def test_flow_gets_the_box_and_flip_of_its_frame():
    flow = np.zeros((4, 8, 2), np.uint8)
    flow[..., 0] = np.arange(8) * 10
    flow[..., 1] = 7
    views = [ViewParameters(left=0.5, width=0.5, flip=True)]
    frame = np.repeat(flow[..., :1], 3, axis=-1)
    both = ViewCrop(4)(dict(imgs=[frame], flows=[flow], views=views))['imgs'][0]
    assert both.shape == (4, 4, 5)
    assert both[0, :, 0].tolist() == [70, 60, 50, 40]
    # What moved right moves left in a mirror.
    assert both[0, :, 3].tolist() == [255 - 70, 255 - 60, 255 - 50, 255 - 40]
    assert set(both[..., 4].ravel()) == {7}


def test_other_renderings_of_one_view_ride_along():
    """Each draws what the student's pipeline draws, and the student's sample stays as it is."""

    def packing(size):
        def pipeline(results):
            results['count'] = results.get('count', 0) + 1
            view = DrawView()(results)['views'][0]
            inputs = (size, view, random.random(), results['count'])
            return dict(inputs=inputs, data_samples=ActionDataSample())

        return pipeline

    alone = ReplayedPipeline(packing(48), 3)({'sample_idx': 2})
    replayed = ReplayedPipeline(packing(48), 3)
    replayed.renderings = {'large': packing(112), 'small': packing(24)}
    packed = replayed({'sample_idx': 2})
    assert packed['inputs'] == alone['inputs'] and 'renderings' not in alone
    assert {name: inputs[0] for name, inputs in packed['renderings'].items()} == {
        'large': 112,
        'small': 24,
    }
    for inputs in packed['renderings'].values():
        assert inputs[1:] == alone['inputs'][1:]


def test_steps_that_draw_when_they_are_made_are_made_alike():
    """MMAction2's ColorJitter draws the order of its operations once and for all."""
    steps = [dict(type='ColorJitter', hue=0)]
    orders = set()
    for state in range(8):
        np.random.seed(state)
        before = np.random.get_state()[1].copy()
        (jitter,) = build_pipeline(steps, 3).transforms
        orders.add(jitter.fn_idx.tobytes())
        assert np.array_equal(np.random.get_state()[1], before)
    assert len(orders) == 1
    others = {build_pipeline(steps, s).transforms[0].fn_idx.tobytes() for s in range(20)}
    assert len(others) > 1
