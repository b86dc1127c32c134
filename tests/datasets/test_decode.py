"""Kept frames are those that MMAction2's own decoding gives."""

import numpy as np
import pytest
from mmaction.datasets.transforms import DecordDecode, DecordInit

from ukd_bench.datasets.decode import OpenKeptVideo, TakeKeptFrames


@pytest.fixture
def video(dark_root) -> str:
    return str(sorted(dark_root.glob('*/*.avi'))[0])


def decoded(steps: list, filename: str, frame_inds: list[int]) -> dict:
    opener, taker = steps
    results = opener.transform(dict(filename=filename))
    results['frame_inds'] = np.array(frame_inds)
    return taker.transform(results)


def test_bit_identical_to_decoding_each_time(video):
    kept = [OpenKeptVideo(), TakeKeptFrames()]
    plain = [DecordInit(), DecordDecode()]
    for frame_inds in ([0, 3, 3, 7], [9, 1], [0]):
        own, stock = decoded(kept, video, frame_inds), decoded(plain, video, frame_inds)
        np.testing.assert_array_equal(np.stack(own['imgs']), np.stack(stock['imgs']))
        for key in ('total_frames', 'img_shape', 'original_shape'):
            assert own[key] == stock[key]


def test_what_is_done_to_frames_does_not_reach_those_kept(video):
    kept = [OpenKeptVideo(), TakeKeptFrames()]
    first = decoded(kept, video, [0, 1])['imgs']
    before = [frame.copy() for frame in first]
    for frame in first:
        frame += 1
    np.testing.assert_array_equal(np.stack(decoded(kept, video, [0, 1])['imgs']), before)
