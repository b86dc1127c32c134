"""A recognizer outside the package, with a head of its own, as a config of a user names it."""

import ast

import pytest
from mmengine.config import Config

from ukd_bench.errors import ConfigError
from ukd_bench.files.configs import read_config
from ukd_bench.measure.memory.fake.stage import FakeStage
from ukd_bench.measure.memory.predict import peaks_on, predict_run
from ukd_bench.measure.memory.rehearsal.cells import rehearse_cell
from ukd_bench.measure.memory.rehearsal.subject import Cell, Subject

MODULE = """
import torch
from mmaction.models.heads import BaseHead
from mmaction.registry import MODELS
from torch import nn


@MODELS.register_module(force=True)
class OwnBody{serial}(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layer = nn.Conv3d(3, width, 3, padding=1)

    def init_weights(self):
        raise RuntimeError('no weights need be made')

    def forward(self, x):
        x = self.layer(x)
        # Made where the clips are, by whatever name that has.
        x = x * x.new_tensor([2.0]) + torch.zeros(1, device=x.device)
        {line}
        return x.relu()


@MODELS.register_module(force=True)
class OwnHead{serial}(BaseHead):
    def __init__(self, classes, width, **options):
        super().__init__(classes, width, **options)
        self.fc_cls = nn.Linear(width, classes)

    def forward(self, x, **kwargs):
        return self.fc_cls(x.mean(dim=(2, 3, 4)))
"""
CONFIG = """
custom_imports = dict(imports=['{module}'])
model = dict(
    type='Recognizer3D',
    backbone=dict(type='OwnBody{serial}', width=8),
    cls_head=dict(type='OwnHead{serial}', classes=7, width=8, average_clips='prob'),
    data_preprocessor=dict(type='ActionDataPreprocessor', mean=[0.0] * 3, std=[255.0] * 3,
                           format_shape='NCTHW'),
)
pipeline = [
    dict(type='DecordInit'),
    dict(type='SampleFrames', clip_len=4, frame_interval=2, num_clips=1),
    dict(type='DecordDecode'),
    dict(type='Resize', scale=(16, 16), keep_ratio=False),
    dict(type='FormatShape', input_format='NCTHW'),
    dict(type='PackActionInputs'),
]
dataset = dict(type='VideoDataset', ann_file='nowhere.txt', pipeline=pipeline,
               metainfo=dict(classes=list('abcdefg')))
train_dataloader = dict(batch_size=2, sampler=dict(type='DefaultSampler'), dataset=dataset)
test_dataloader = train_dataloader
train_cfg = dict(by_epoch=True, max_epochs=2)
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.1, momentum=0.9))
load_from = '/nowhere/at/all.pth'
"""
WEIGHTS = 4 * (3 * 27 * 8 + 8 + 8 * 7 + 7)
STATISTICS = 4 * 6
"""Mean and deviation of three colours."""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Writes module and config of a network with a line of its own in its forward."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(line='pass'):
        serial = abs(hash((tmp_path, line)))
        module = f'own_network_{serial}'
        text = MODULE.replace('{serial}', str(serial)).replace('{line}', line)
        (tmp_path / f'{module}.py').write_text(text)
        path = tmp_path / 'own_config.py'
        path.write_text(CONFIG.replace('{serial}', str(serial)).replace('{module}', module))
        return path

    return write


@pytest.fixture(scope='module')
def stage():
    return FakeStage('cuda')


def rehearsed(path, cell, folder, stage):
    rehearse_cell(Subject('own', str(path), (str(path),), 3, 'cuda'), cell, folder, stage)
    return peaks_on(stage, 'cuda')


def test_every_way_to_assemble_is_predicted(own, tmp_path, stage):
    path = own()
    (bank,) = rehearsed(path, Cell('bank'), tmp_path, stage).values()
    plain = rehearsed(path, Cell('plain'), tmp_path, stage)
    assert plain['train'].breakdown['weights'] == WEIGHTS + STATISTICS
    assert plain['train'].breakdown['optimizer'] == WEIGHTS
    ukd, naive, graph = (
        rehearsed(path, Cell(method, 2), tmp_path, stage)['train']
        for method in ('ukd', 'naive', 'naive_graph')
    )
    assert ukd.allocated_peak_bytes <= 1.001 * plain['train'].allocated_peak_bytes + 4096
    assert naive.breakdown['teachers'] >= 2 * WEIGHTS
    assert graph.allocated_peak_bytes > naive.allocated_peak_bytes
    assert bank.allocated_peak_bytes > WEIGHTS


def test_a_run_of_a_sweep_has_its_modules_imported(own):
    # Configs come to another process as literals.
    config = Config(ast.literal_eval(repr(read_config(own()).to_dict())))
    found = predict_run(config, 'plain', 'cuda')
    assert found.error is None
    assert {*found.phases} == {'train', 'eval'}
    assert found.state_bytes == WEIGHTS + STATISTICS


BY_VALUES = {
    'mask': ('x = x[x > 0].sum() + x', r'aten\.index\.Tensor.*x\[x > 0\]'),
    'nonzero': ('x = x + len(x.nonzero())', r'aten\.nonzero\.default.*x\.nonzero'),
    'unique': ('x = x + x.unique().numel()', r'aten\._unique2\.default.*x\.unique'),
    'branch': ('x = x * 2 if (x > 0).any() else x', r'torch\.bool.*\(x > 0\)\.any'),
    'count': ('x = x[:, : int(x.argmax()) + 1]', r'torch\.int64.*x\.argmax'),
    'host': ('x = x + torch.ones(16)', r'aten\.add\.Tensor.*torch\.ones.*which a GPU refuses'),
}


@pytest.mark.parametrize('name', BY_VALUES)
def test_what_depends_on_values_is_named_in_one_line(own, tmp_path, stage, name):
    line, message = BY_VALUES[name]
    path = own(line)
    with pytest.raises(ConfigError, match=message) as caught:
        rehearsed(path, Cell('plain'), tmp_path, stage)
    told = str(caught.value)
    assert told.startswith(f'config {path}: ')
    assert 'own_network_' in told and len(told.splitlines()) == 1


def test_a_teacher_that_depends_on_values_is_named_too(own, tmp_path, stage):
    path = own('x = x[x > 0].sum() + x')
    with pytest.raises(ConfigError, match=r'aten\.index\.Tensor.*x\[x > 0\]') as caught:
        rehearsed(path, Cell('bank'), tmp_path, stage)
    assert len(str(caught.value).splitlines()) == 1
