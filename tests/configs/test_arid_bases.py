"""ARID's data sets differ in clip length and size alone, wherever these stand."""

import pytest
from mmengine.config import Config

from ukd_bench.files.configs import configs_root

FOLDER = configs_root() / '_base_' / 'datasets'
SIZES = [(8, 224, 256), (16, 224, 256), (32, 224, 256), (32, 112, 128)]


def without_sizes(part):
    if isinstance(part, dict):
        sizes = {'clip_len', 'size', 'short_side'}
        return {key: without_sizes(part[key]) for key in part if key not in sizes}
    return [*map(without_sizes, part)] if isinstance(part, list) else part


@pytest.mark.parametrize(('clip_len', 'size', 'short_side'), SIZES)
def test_every_step_has_the_sizes_of_its_file(clip_len, size, short_side):
    config = Config.fromfile(FOLDER / f'arid_{clip_len}x{size}.py')
    assert (config.clip_len, config.size, config.short_side) == (clip_len, size, short_side)
    for name in ('train', 'test'):
        steps = config[f'{name}_dataloader'].dataset.pipeline
        assert steps == config[f'{name}_pipeline']
        opening, _, frames, _, crop, *_ = steps
        assert opening == dict(type='ukd_bench.OpenVideo', short_side=short_side)
        assert frames == dict(type='ukd_bench.ViewFrames', clip_len=clip_len)
        assert crop == dict(type='ukd_bench.ViewCrop', size=size)


def test_nothing_else_differs():
    names = {f'arid_{clip_len}x{size}' for clip_len, size, _ in SIZES}
    assert {path.stem for path in FOLDER.glob('arid_*.py')} == names
    files = (FOLDER / f'arid_{clip_len}x{size}.py' for clip_len, size, _ in SIZES)
    first, *others = (without_sizes(Config.fromfile(file).to_dict()) for file in files)
    assert len(first) == 8 and others == [first] * 3
