import pytest
import torch
from mmaction.utils import register_all_modules

from ukd_bench.errors import ConfigError
from ukd_bench.files.configs import configs_root, read_config
from ukd_bench.measure.memory.rehearsal import stand_in
from ukd_bench.measure.memory.rehearsal.stand_in import StandInVideos, make_stand_in


@pytest.fixture(scope='module')
def inputs(tmp_path_factory):
    """The packed frames of a student in its own size, or in another."""
    folder = tmp_path_factory.mktemp('clips')
    register_all_modules(init_default_scope=True)

    def of(student, clip):
        config = read_config(configs_root() / 'plain' / f'{student}.py')
        # A training pipeline draws views by their address.
        pipeline = config.test_dataloader.dataset.pipeline
        videos = make_stand_in(folder / 'videos', clip)
        return StandInVideos(**videos, clips=2, classes=11, pipeline=pipeline)[0]['inputs']

    return of


def test_clips_have_the_size_that_is_asked_for(inputs):
    own = inputs('i3d-r18-w8_darkroom-quick', None)
    assert own.shape == (1, 3, 8, 48, 48) and own.any()
    blank = inputs('i3d-r18-w8_darkroom-quick', (4, 20, 24))
    assert blank.shape == (1, 3, 4, 20, 24) and blank.dtype == torch.uint8 and not blank.any()


def test_single_frames_keep_their_number(inputs):
    # A network that shifts among 8 frames takes no other number.
    own, blank = inputs('tsm-r50_arid', None), inputs('tsm-r50_arid', (8, 32, 32))
    assert own.ndim == blank.ndim and own.shape[:-2] == blank.shape[:-2]
    assert blank.shape[-2:] == (32, 32)


def test_frames_of_one_kind_by_hand():
    sized = stand_in._blank(torch.zeros(5, 3, 7, 7), (8, 2, 2))
    assert sized.shape == (5, 3, 2, 2)
    with pytest.raises(ConfigError, match=r'clips of shape \[2, 3\] cannot be had in another size'):
        stand_in._blank(torch.zeros(2, 3), (8, 2, 2))
