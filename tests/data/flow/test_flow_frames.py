"""Stored flow in a pipeline: as MMAction2 reads it, with the box and flip of its frames."""

import os

import numpy as np
import pytest
from mmaction.datasets import RawframeDataset
from mmaction.datasets.transforms import RawFrameDecode
from mmengine.registry import DefaultScope

from ukd_bench.data.flow import format as flow_format
from ukd_bench.data.flow.format import FlowFrames, decode
from ukd_bench.data.flow.make import make_flow
from ukd_bench.data.flow.open_flow import OpenFlow
from ukd_bench.data.flow.settings import FlowSettings
from ukd_bench.data.video.loading import OpenVideo, TakeFrames
from ukd_bench.data.views.draw import ViewCrop, ViewFrames
from ukd_bench.data.views.protocols import ViewParameters
from ukd_bench.errors import ConfigError, DataError

from ..moving_square import SIDE, START, STEP, film, square_frames

VIDEO = 'Run/Run_1_1.avi'
BOUND = 8
CENTER = START + SIDE / 2
OPTIONS = dict(algorithm='farneback', bound=BOUND)


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    """A video of six frames and its flow, which tests only read."""
    root = tmp_path_factory.mktemp('flow') / 'videos'
    film(root / VIDEO, square_frames(6))
    make_flow(root, root / 'flow-farneback', [VIDEO], FlowSettings(**OPTIONS))
    return root


@pytest.fixture
def own_root(tmp_path):
    """The same, which a test may damage."""
    root = tmp_path / 'videos'
    film(root / VIDEO, square_frames(6))
    make_flow(root, root / 'flow-farneback', [VIDEO], FlowSettings(**OPTIONS))
    return root


def opened(root, video=VIDEO, **options):
    results = OpenVideo()(dict(filename=str(root / video), video_id=video))
    return OpenFlow(**OPTIONS | options)(results)


def rendered(root, view, **options):
    """The clip that a view of the whole duration gives, (5, H, W, 5) uint8."""
    results = opened(root, **options) | dict(views=(view,))
    results = TakeFrames()(ViewFrames(clip_len=5)(results))
    return np.stack(ViewCrop(size=48)(results)['imgs'])


def test_mmaction_reads_the_same_fields(root, tmp_path):
    clip = root / 'flow-farneback/Run/Run_1_1'
    (tmp_path / 'list.txt').write_text(f'{clip} 5 5\n')
    pipeline = [
        dict(type='SampleFrames', clip_len=5, frame_interval=1, num_clips=1, test_mode=True),
        dict(type='RawFrameDecode'),
    ]
    with DefaultScope.overwrite_default_scope('mmaction'):
        dataset = RawframeDataset(
            str(tmp_path / 'list.txt'), pipeline, filename_tmpl='flow_{}_{:05d}.jpg',
            modality='Flow', start_index=1, test_mode=True,
        )  # fmt: skip
    theirs = np.stack(dataset[0]['imgs'])
    ours = FlowFrames(clip, 5).take(range(5))
    np.testing.assert_array_equal(ours, theirs.reshape(5, 2, 72, 96).transpose(0, 2, 3, 1))

    results = dict(
        frame_dir=str(clip), filename_tmpl='flow_{}_{:05d}.jpg', modality='Flow', offset=1,
        frame_inds=np.array([3, 0, 3]),
    )  # fmt: skip
    theirs = np.stack(RawFrameDecode()(results)['imgs']).reshape(3, 2, 72, 96)
    np.testing.assert_array_equal(FlowFrames(clip, 5).take([3, 0, 3]), theirs.transpose(0, 2, 3, 1))


def test_fields_join_their_frames_as_channels(root):
    clip = rendered(root, ViewParameters())
    assert clip.shape == (5, 48, 48, 5) and clip.dtype == np.uint8
    # A view of 48 x 48 holds half the width and two thirds of the height.
    for number in range(4):
        x, y = (CENTER + STEP[0] * number) / 2, (CENTER + STEP[1] * number) / 1.5
        field = decode(
            clip[number, round(y) - 2 : round(y) + 3, round(x) - 2 : round(x) + 3], BOUND
        )
        assert np.abs(np.median(field[..., 3:], axis=(0, 1)) - STEP).max() < 0.4


def test_the_flow_of_a_mirrored_video_is_the_mirrored_flow(root, tmp_path):
    """From the file to the network's input, whether the video is mirrored or the view."""
    film(tmp_path / VIDEO, square_frames(6)[:, :, ::-1])
    make_flow(tmp_path, tmp_path / 'flow-farneback', [VIDEO], FlowSettings(**OPTIONS))
    by_video = rendered(tmp_path, ViewParameters()).astype(int)
    by_view = rendered(root, ViewParameters(flip=True)).astype(int)
    assert np.median(np.abs(by_video - by_view)) <= 1
    assert np.abs(by_video - by_view)[..., 3:].mean() < 2
    # A square that moves right now moves left, and up as before.
    straight = rendered(root, ViewParameters()).astype(int)
    moving = np.abs(straight[..., 3] - 128) > 30
    assert moving.any() and straight[..., 3][moving].mean() > 160
    moving = np.abs(by_view[..., 3] - 128) > 30
    assert by_view[..., 3][moving].mean() < 95
    assert by_view[..., 4].mean() == pytest.approx(straight[..., 4].mean())


def test_flow_of_another_size_than_the_frames(own_root, tmp_path):
    settings = FlowSettings(**OPTIONS, short_side=36)
    make_flow(own_root, tmp_path / 'small', [VIDEO], settings)
    results = opened(own_root, short_side=36, flow_root=str(tmp_path / 'small'))
    assert results['flow'].take([0]).shape == (1, 36, 48, 2)
    view = ViewParameters(left=0.25, top=0.25, width=0.5, height=0.5)
    small = rendered(own_root, view, short_side=36, flow_root=str(tmp_path / 'small'))
    whole = rendered(own_root, view)
    assert np.array_equal(small[..., :3], whole[..., :3])
    # Displacements are in pixels of the frames that flow was computed on.
    motion = [
        np.median(decode(clip[0, 16:32, 16:32, 3:], BOUND), (0, 1)) for clip in (small, whole)
    ]
    assert np.abs(2 * motion[0] - motion[1]).max() < 0.5


def test_absent_flow_names_the_command(tmp_path):
    film(tmp_path / VIDEO, square_frames(3))
    with pytest.raises(DataError) as caught:
        opened(tmp_path, gamma=2.5, short_side=48, flow_root=str(tmp_path / 'flow'))
    assert str(caught.value) == (
        f'{tmp_path}/flow: holds no finished flow; run `ukd-bench data flow {tmp_path} '
        f'--algorithm farneback --bound 8 --gamma 2.5 --short-side 48 --out {tmp_path}/flow`'
    )


def test_flow_of_another_video_is_refused(own_root):
    with pytest.raises(
        DataError, match=r'flow\.json: does not know Run/Run_1_2\.avi; run `ukd-bench'
    ):
        film(own_root / 'Run/Run_1_2.avi', square_frames(4))
        opened(own_root, 'Run/Run_1_2.avi')
    film(own_root / VIDEO, square_frames(4))
    with pytest.raises(DataError, match=r'Run/Run_1_1: holds 5 fields .* has 4 frames, thus 3'):
        opened(own_root)


def test_flow_of_another_version_is_refused(root, monkeypatch):
    monkeypatch.setattr(flow_format, 'FLOW_VERSION', 2)
    with pytest.raises(DataError, match=r'was made by another version of the suite; .*data flow'):
        opened(root)


def test_flow_of_other_settings_is_refused(root):
    where = str(root / 'flow-farneback')
    for options, message in (
        (dict(bound=20), 'made with bound 8, not 20 as the config says'),
        (dict(gamma=2.5), 'made with gamma 1.0, not 2.5'),
        (dict(algorithm='tvl1'), "made with algorithm 'farneback', not 'tvl1'"),
    ):
        with pytest.raises(ConfigError, match=f'OpenFlow: {where} was {message}'):
            opened(root, **options, flow_root=where)
    with pytest.raises(ConfigError, match='OpenFlow needs video_id'):
        OpenFlow(**OPTIONS)(dict(filename=VIDEO, total_frames=6))
    with pytest.raises(ConfigError, match="'raft_small' needs weights_sha256"):
        OpenFlow('raft_small')


def test_a_lost_file_is_named(own_root):
    results = opened(own_root)
    os.unlink(own_root / 'flow-farneback/Run/Run_1_1/flow_y_00002.jpg')
    results['flow'].take([0, 2])
    with pytest.raises(DataError, match=r'flow_y_00002\.jpg: cannot be read; remove .*Run_1_1 and'):
        results['flow'].take([0, 1])
    (own_root / 'flow-farneback/Run/Run_1_1/flow_x_00001.jpg').write_bytes(b'')
    with pytest.raises(DataError, match=r'flow_x_00001\.jpg: cannot be read'):
        results['flow'].take([0])
