"""The parts of a step add up to it, and hold what they are named after."""

import json
from types import SimpleNamespace

import pytest

from ukd_bench.measure.__main__ import main
from ukd_bench.measure.speed.profile import MAIN, _part


def event(*names: str) -> SimpleNamespace | None:
    """An event that is called by those of the further names."""
    if not names:
        return None
    return SimpleNamespace(name=names[0], cpu_parent=event(*names[1:]))


@pytest.mark.parametrize(
    ('names', 'part'),
    [
        (('aten::mkldnn_convolution', 'aten::conv3d', 'network'), 'convolution'),
        (('aten::copy_', 'aten::convolution_backward', 'ConvolutionBackward0'), 'convolution'),
        (('aten::native_batch_norm', 'network'), 'batch normalisation'),
        (('aten::adaptive_avg_pool3d', 'head'), 'pooling'),
        (('aten::_fused_adamw_', 'Optimizer.step#AdamW.step'), 'optimizer'),
        (('aten::threshold_backward', 'ReluBackward0'), 'activation'),
        (('aten::mean', 'clip_normalisation', 'clips'), 'clip normalisation'),
        (('aten::cat', 'clips'), 'stacking and enhancing clips'),
        (('aten::cross_entropy_loss', 'head'), 'head and loss'),
        (('aten::add_',), 'other operators'),
    ],
)
def test_an_operator_belongs_to_the_nearest_part(names, part):
    assert _part(event(*names)) == part


@pytest.mark.slow
def test_the_command_prints_all_parts_and_writes_the_figures(tmp_path, capsys):
    out = tmp_path / 'profile.json'
    command = ['profile', '--steps', '3', '--batch-size', '4', '--channels-last']
    assert main([*command, '--json', str(out)]) == 0
    printed = capsys.readouterr().out
    found = json.loads(out.read_text())
    assert found['kind'] == 'profile' and found['setting']['channels_last']
    assert len(found['steps_s']) == len(found['profiled_steps_s']) == 3
    assert sum(found['parts_s'].values()) == pytest.approx(found['step_s'])
    assert sum(found['shares'].values()) == pytest.approx(1)
    assert found['main_share'] == pytest.approx(sum(found['shares'][name] for name in MAIN))
    assert all(found['parts_s'][name] > 0 for name in MAIN)
    # Which is the largest depends on what else the machine does.
    assert 'convolution' in sorted(found['shares'], key=found['shares'].get)[-2:]
    for name, share in found['shares'].items():
        assert name in printed and f'{100 * share:5.1f} %' in printed
    assert max(map(len, printed.splitlines())) <= 80
