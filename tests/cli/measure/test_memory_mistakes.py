"""``ukd-bench measure memory``: one line for each mistake."""

import re

import pytest

from tests.measure.memory.small import small_config
from ukd_bench.files.configs import mmaction2_config

KNOWN = (
    'plain, label_smoothing, plain_long, wide, self, shuffled, shuffled_across, precomputed, ukd, '
    'naive, naive_graph, swap, random, chain, mutual, two_stream_dark_light, two_stream_rgb_flow'
)
SEE = '(see ukd-bench measure memory --help)'


@pytest.mark.parametrize(
    ('words', 'line'),
    [
        (
            ['--budget', '11', '--predict'],
            "argument --budget: '11' has no unit: 11GiB is 11 x 2**30 bytes, 11GB 11 x 10**9 "
            + SEE,
        ),
        (['--budget', '11GiB'], '--budget needs --predict or --check'),
        (['--for-teachers', '4', '--predict'], '--for-teachers needs --budget'),
        (
            ['--budget', 'T4', '--predict', '--teachers', '4'],
            '--teachers does not go with --budget, which searches K itself',
        ),
        (
            ['--budget', 't4', '--predict', '--batch', '1000'],
            '--batch 1000: a budget is searched up to 512',
        ),
        (
            ['--student', 'x3d', '--predict'],
            "student 'x3d' is none of r2plus1d-r34, slowonly-r50, tsm-r50, x3d-m, swin-t, all",
        ),
        (['--methods', 'kd', '--predict'], f"method 'kd' is none of {KNOWN}"),
        (
            ['--clip', '32x112', '--predict'],
            f"argument --clip: '32x112' is not of the form 32x112x112 {SEE}",
        ),
        (['absent.py', '--predict'], 'config absent.py does not exist'),
        (
            ['mine.py', '--student', 'x3d-m', '--predict'],
            'CONFIG and --student name a student each: give one of them',
        ),
        (
            ['mine.py', '--sweep', 'quick', '--predict'],
            'CONFIG and --sweep name a student each: give one of them',
        ),
        (
            ['--sweep', 'none', '--predict'],
            'sweep config none does not exist; shipped by name are '
            'arid_v1, arid_v15, darkroom, darkroom_wide, full_size, quick, quick_again',
        ),
        (
            ['--sweep', 'quick', '--student', 'x3d-m', '--predict'],
            "student 'x3d-m' is none of i3d-r18-w8, all",
        ),
        (
            ['--predicted', 'far.json', '--compare'],
            '--predicted measures and compares, and does not go with --compare',
        ),
        (
            ['--amp', '--predict', '--device', 'cpu'],
            "--amp: MMEngine's AmpOptimWrapper needs a GPU, and --device is cpu",
        ),
        (
            ['--libraries', 'hopper', '--predict', '--device', 'cpu'],
            '--libraries is of CUDA, and --device is cpu',
        ),
        (
            ['--libraries', 'hopper', '--predict', '--amp'],
            '--libraries is of float32, and --amp mixes precisions',
        ),
        (
            ['--libraries', 'hopper', '--predict', '--budget', 't4'],
            '--libraries is of allocated memory, and does not go with --budget',
        ),
        (
            ['--libraries', 'hopper'],
            '--libraries needs --predict, --compare or --check',
        ),
        (
            ['odd.py', '--predict', '--amp'],
            "config odd.py: optim_wrapper.type = 'ApexOptimWrapper': only an OptimWrapper can be "
            'made an AmpOptimWrapper',
        ),
        (
            ['mine.py', '--methods', 'wide', '--predict'],
            "mine.py: method 'wide' needs a config of its own; give a path with {method} in it, "
            'where it has one',
        ),
        (
            ['--student', 'all', '--json', 'memory.json', '--predict'],
            '--json memory.json: 5 students have a file each, as in memory-{student}.json',
        ),
    ],
)
def test_a_mistake_is_one_line(words, line, call, mine, monkeypatch):
    monkeypatch.chdir(mine.parent)
    small_config(mine.parent, 'odd.py', **{'optim_wrapper.type': 'ApexOptimWrapper'})
    assert call(*words) == (2, '', f'error: {line}\n')


def test_an_unknown_device_is_named(call):
    status, out, err = call('--device', 'tpu', '--predict')
    assert (status, out) == (2, '')
    assert re.fullmatch(r"error: argument --device: invalid choice: 'tpu' .*\n", err)


def test_a_device_that_is_not_here_is_named(call, monkeypatch):
    monkeypatch.setattr('ukd_bench.records.execution.cuda_devices', tuple)
    line = 'error: device cuda: torch finds no CUDA device on this machine\n'
    assert call('--device', 'cuda') == (2, '', line)


def test_a_config_without_training_is_named(call):
    path = mmaction2_config('recognition/x3d/x3d_s_13x6x1_facebook-kinetics400-rgb.py')
    line = f"error: config {path}: lacks the section 'train_dataloader'\n"
    assert call(path, '--predict') == (2, '', line)
