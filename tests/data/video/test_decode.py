"""Frames are those that MMAction2's own decoding gives, resized once where that is asked for."""

import copy
import os
import shutil

import cv2
import numpy as np
import pytest
import torch
from mmaction.datasets.transforms import DecordDecode, DecordInit
from mmengine.dataset import pseudo_collate
from torch.utils.data import DataLoader

from ukd_bench.data.cache.build import build
from ukd_bench.data.video.frames import DecodedVideo
from ukd_bench.data.video.loading import OpenVideo, TakeFrames
from ukd_bench.data.views.replay import ReplayedPipeline
from ukd_bench.errors import ConfigError, DataError


@pytest.fixture
def video(dark_root) -> str:
    return str(sorted(dark_root.glob('*/*.avi'))[0])


def decoded(steps: list, filename: str, frame_inds: list[int]) -> dict:
    opener, taker = steps
    results = opener.transform(dict(filename=filename))
    results['frame_inds'] = np.array(frame_inds)
    return taker.transform(results)


def test_bit_identical_to_stock_decoding(video):
    own_steps, stock_steps = [OpenVideo(), TakeFrames()], [DecordInit(), DecordDecode()]
    for frame_inds in ([0, 3, 3, 7], [9, 1], [0]):
        own = decoded(own_steps, video, frame_inds)
        stock = decoded(stock_steps, video, frame_inds)
        np.testing.assert_array_equal(np.stack(own['imgs']), np.stack(stock['imgs']))
        for key in ('total_frames', 'img_shape', 'original_shape'):
            assert own[key] == stock[key]


def test_the_shorter_side_is_resized_and_the_aspect_kept(video):
    whole = decoded([OpenVideo(), TakeFrames()], video, [2])['imgs'][0]
    small = decoded([OpenVideo(short_side=36), TakeFrames()], video, [2])['imgs'][0]
    assert (whole.shape, small.shape) == ((48, 64, 3), (36, 48, 3))
    expected = cv2.resize(whole, (48, 36), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(small, expected)


def test_what_cannot_be_opened_is_named(tmp_path):
    (tmp_path / 'noise.avi').write_bytes(b'no video at all')
    with pytest.raises(DataError, match=r'noise\.avi: cannot be decoded'):
        OpenVideo()(dict(filename=str(tmp_path / 'noise.avi')))
    with pytest.raises(ConfigError, match='short_side = 0'):
        OpenVideo(short_side=0)


class Field:
    """A flow of four fields whose values tell which is taken."""

    def __len__(self):
        return 4

    def take(self, indices):
        return np.stack([np.full((48, 64, 2), index, np.uint8) for index in indices])


def test_the_last_frame_has_the_flow_before_it(video):
    results = OpenVideo()(dict(filename=video))
    results.update(flow=Field(), frame_inds=np.array([0, 3, 4]))
    flows = TakeFrames()(results)['flows']
    assert [flow[0, 0].tolist() for flow in flows] == [[0, 0], [3, 3], [3, 3]]


@pytest.fixture(scope='module')
def cache_folder(dark_root, tmp_path_factory):
    """Makes the cache of all clips of ``dark_root`` with a short side, once."""
    made = {}

    def make(short_side):
        if short_side not in made:
            paths = [str(path.relative_to(dark_root)) for path in dark_root.glob('*/*.avi')]
            folder = tmp_path_factory.mktemp('cache') / 'frames'
            made[short_side] = build(dark_root, folder, paths, short_side).folder
        return made[short_side]

    return make


def with_opener(train_dataset, build_dataset, **opener):
    """The training set with our decoding and the opener's arguments, drawing views of seed 7."""
    steps = {'DecordInit': dict(type='ukd_bench.OpenVideo', **opener)}
    steps['DecordDecode'] = dict(type='ukd_bench.TakeFrames')
    train_dataset['pipeline'] = [
        steps.get(step['type'], step) for step in train_dataset['pipeline']
    ]
    dataset = build_dataset(train_dataset)
    dataset.pipeline = ReplayedPipeline(dataset.pipeline, seed=7)
    return dataset


def inputs_of(dataset, workers):
    batches = DataLoader(dataset, batch_size=4, num_workers=workers, collate_fn=pseudo_collate)
    return torch.stack([clip for batch in batches for clip in batch['inputs']])


@pytest.mark.slow
@pytest.mark.parametrize('short_side', [None, 36])
def test_a_pipeline_gives_the_same_with_a_cache(
    train_dataset, build_dataset, cache_folder, short_side, monkeypatch
):
    untouched = copy.deepcopy(train_dataset)
    decoding = with_opener(train_dataset, build_dataset, short_side=short_side)
    wanted = []
    for view in range(3):
        decoding.pipeline.set_view(view)
        wanted.append(inputs_of(decoding, 0))
    assert not torch.equal(wanted[0], wanted[1])

    folder = str(cache_folder(short_side))
    cached = with_opener(
        copy.deepcopy(untouched), build_dataset, short_side=short_side, cache=folder
    )
    # Without it the test would pass where nothing is found in the cache.
    monkeypatch.setattr(DecodedVideo, 'take', lambda *_: pytest.fail('a video was decoded'))
    for workers in (0, 2):
        for view in range(3):
            cached.pipeline.set_view(view)
            assert torch.equal(inputs_of(cached, workers), wanted[view])


def test_what_the_cache_does_not_hold_is_decoded(video, dark_root, cache_folder, tmp_path):
    opener = OpenVideo(cache=cache_folder(None))
    video_id = str(os.path.relpath(video, dark_root))
    wanted = decoded([OpenVideo(), TakeFrames()], video, [3])['imgs'][0]
    moved = shutil.copy(video, tmp_path / 'moved.avi')
    os.utime(moved, ns=(1, 1))
    with pytest.warns(RuntimeWarning, match=r'moved\.avi is no longer the video'):
        results = opener(dict(filename=str(moved), video_id=video_id))
    assert isinstance(results['video'], DecodedVideo)
    np.testing.assert_array_equal(results['video'].take([3])[0], wanted)
    for named in (dict(video_id='other.avi'), {}):
        assert isinstance(opener(dict(filename=video, **named))['video'], DecodedVideo)
    held = opener(dict(filename=video, video_id=video_id))
    assert not isinstance(held['video'], DecodedVideo)
    np.testing.assert_array_equal(held['video'].take([3])[0], wanted)


def test_a_cache_of_other_frames_is_refused(cache_folder, tmp_path):
    with pytest.raises(ConfigError, match=r'short_side = None, but the clip cache .* with 36'):
        OpenVideo(cache=cache_folder(36))
    with pytest.raises(DataError, match='holds no clip cache'):
        OpenVideo(cache=tmp_path / 'nowhere')
