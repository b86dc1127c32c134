"""Configs that come with MMAction2, as far as they have a training: plain, and with a teacher."""

import re
from pathlib import Path

import mmaction
import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.files.checkpoints import state_bytes
from ukd_bench.files.configs import read_config
from ukd_bench.measure.memory.fake.networks import built
from ukd_bench.measure.memory.fake.stage import FakeStage
from ukd_bench.measure.memory.predict import peaks_on
from ukd_bench.measure.memory.rehearsal.cells import rehearse_cell
from ukd_bench.measure.memory.rehearsal.subject import Cell, Subject
from ukd_bench.measure.memory.rehearsal.teachers import Teachers

FOLDER = Path(mmaction.__file__).parent / '.mim' / 'configs' / 'recognition'
EVERY = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob('*.py'))
HANDFUL = (
    'slowfast/slowfast_r50_8xb8-4x16x1-256e_kinetics400-rgb.py',
    'swin/swin-tiny-p244-w877_in1k-pre_8xb8-amp-32x2x1-30e_kinetics400-rgb.py',
    'timesformer/timesformer_divST_8xb8-8x32x1-15e_kinetics400-rgb.py',
    'tsm/tsm_imagenet-pretrained-mobilenetv2_8xb16-1x1x8-100e_kinetics400-rgb.py',
)
# Why one cannot be trained here either: it says so itself, or NumPy does.
NEEDS = {
    r'^tin/': r'tin_shift.* from `mmcv\.ops`',
    r'^tsn/custom_backbones/.*rn101': 'install mmcls',
    r'^tsn/custom_backbones/.*swin': 'install timm',
    r'^omnisource/': r'mmcls\.ImageNet is not in',
    # Its labels are mixed for 400 classes, its head has 174.
    r'^mvit/mvit-large-p244_u40_sthv2': 'could not be broadcast together',
    # Its jitter of colours computes with negative numbers in 8 bits.
    r'^tpn/tpn-tsm': 'out of bounds for uint8',
}
# What a training needs no less: without these a config only tests.
LACKS = r"lacks the section '(train_dataloader|train_cfg|optim_wrapper)'"
BLENDS = 'blending .* cannot be replayed'


@pytest.fixture(scope='module')
def stage():
    return FakeStage('cuda')


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp('rehearsals')


def rehearsed(name, cell, folder, stage):
    path = str(FOLDER / name)
    subject = Subject('stock', path, (path,), 2, 'cuda')
    if cell.num_teachers:
        Teachers(folder / 'teachers', subject.kinds).write(0, stage)
    rehearse_cell(subject, cell, folder, stage)
    return peaks_on(stage, 'cuda')


def requested(peak):
    # How much more the allocator hands out depends on which blocks are free.
    return peak.allocated_peak_bytes - peak.breakdown['rounding']


def check(name, folder, stage):
    plain = rehearsed(name, Cell('plain'), folder, stage)
    assert {*plain} == {'train', 'eval'}
    network = built(read_config(FOLDER / name).model)
    size, found = state_bytes(network), plain['train'].breakdown
    assert found['weights'] == size
    assert sum(found.values()) == plain['train'].allocated_peak_bytes > 2 * size
    try:
        naive = rehearsed(name, Cell('naive', 1), folder, stage)
    except ConfigError as error:
        assert re.search(BLENDS, str(error))
        return
    assert naive['train'].breakdown['teachers'] >= size
    assert requested(naive['train']) - requested(plain['train']) >= size


@pytest.mark.parametrize('name', HANDFUL)
@pytest.mark.slow
def test_some_are_predicted(name, folder, stage):
    check(name, folder, stage)


@pytest.mark.parametrize('name', [name for name in EVERY if name not in HANDFUL])
@pytest.mark.exhaustive
def test_all_are_predicted_that_can_be_trained(name, tmp_path, stage):
    config = read_config(FOLDER / name)
    needed = [reason for pattern, reason in NEEDS.items() if re.search(pattern, name)]
    sections = ('train_dataloader', 'train_cfg', 'optim_wrapper')
    if any(section not in config for section in sections):
        needed = [LACKS]
    if not needed:
        check(name, tmp_path, stage)
        return
    with pytest.raises(ConfigError, match=needed[0]) as caught:
        rehearsed(name, Cell('plain'), tmp_path, stage)
    assert len(str(caught.value).splitlines()) == 1


def test_one_that_only_tests_is_refused_by_what_it_lacks(tmp_path, stage):
    name = next(name for name in EVERY if name.startswith('x3d/'))
    with pytest.raises(ConfigError, match=LACKS) as caught:
        rehearsed(name, Cell('plain'), tmp_path, stage)
    assert name in str(caught.value)
