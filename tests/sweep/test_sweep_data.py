"""What a sweep knows of its videos before it trains on them."""

import pytest

from ukd_bench.data.darkroom import PRESETS
from ukd_bench.errors import DataError
from ukd_bench.sweep.config import Dataset
from ukd_bench.sweep.videos import SweepData, sweep_data


def test_the_number_of_classes_is_the_layouts(tmp_path, small_videos):
    assert sweep_data(Dataset('any'), small_videos).num_classes == 11
    (tmp_path / 'train.txt').write_text('a.mp4 0\nb.mp4 2\n')
    (tmp_path / 'test.txt').write_text('c.mp4 1\n')
    own = sweep_data(Dataset('mine'), tmp_path)
    assert own.num_classes == 3 and not own.synthetic
    (tmp_path / 'classes.txt').write_text('mop\nsweep\nwipe\ndust\n')
    assert sweep_data(Dataset('mine'), tmp_path).num_classes == 4


def test_videos_that_are_yet_to_be_made_have_arids_classes(tmp_path):
    data = SweepData('made', tmp_path / 'absent', 1, {}, PRESETS['tiny'])
    assert data.num_classes == 11


def test_own_videos_are_known_by_their_content(tmp_path):
    (tmp_path / 'train.txt').write_text('a.mp4 0\nb.mp4 1\n')
    (tmp_path / 'val.txt').write_text('c.mp4 1\n')
    for name in 'abc':
        (tmp_path / f'{name}.mp4').write_text(name)
    first = sweep_data(Dataset('mine'), tmp_path).identity()
    assert set(first) == {'classes', 'fingerprint', 'test_fingerprint'}
    (tmp_path / 'b.mp4').write_text('other')
    second = sweep_data(Dataset('mine'), tmp_path).identity()
    assert first['fingerprint'] != second['fingerprint']
    assert first['test_fingerprint'] == second['test_fingerprint']
    (tmp_path / 'b.mp4').unlink()
    with pytest.raises(DataError, match=r'train.txt: .*b.mp4 does not exist'):
        sweep_data(Dataset('mine'), tmp_path).prepare(1, lambda done, total: None)
