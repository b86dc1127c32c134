"""Frames are those that MMAction2's own decoding gives, resized once where that is asked for."""

import cv2
import numpy as np
import pytest
from mmaction.datasets.transforms import DecordDecode, DecordInit

from ukd_bench.datasets.decode import OpenVideo, TakeFrames
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
