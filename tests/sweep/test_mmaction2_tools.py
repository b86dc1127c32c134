"""The hook under MMAction2's own ``tools/train.py``: in our configs and in one of MMAction2's."""

import os
import re
import subprocess
import sys
from pathlib import Path

import mmaction
import pytest

from ..warm import REPOSITORY, run_module

MIM = Path(mmaction.__file__).parent / '.mim'
STOCK = (
    MIM / 'configs/recognition/tsn/tsn_imagenet-pretrained-r50_8xb32-1x1x3-100e_kinetics400-rgb.py'
)


def train(config: Path, folder: Path, *overrides: str) -> str:
    """Trains with MMAction2's tool and returns what it printed."""
    done = subprocess.run(
        [sys.executable, MIM / 'tools' / 'train.py', config, '--work-dir', folder / 'work',
         '--no-validate', '--cfg-options', 'train_cfg.max_epochs=1', *overrides],
        cwd=folder,
        env=dict(os.environ, PYTHONPATH=str(REPOSITORY), OMP_NUM_THREADS='1'),
        capture_output=True,
        text=True,
    )  # fmt: skip
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    'config', sorted((REPOSITORY / 'configs' / 'ukd').glob('*_darkroom-quick.py'))
)
def test_shipped_config_trains(config, finished_sweep, tmp_path):
    printed = train(
        config,
        tmp_path,
        f'train_dataloader.dataset.data_root={finished_sweep.folder / "videos"}',
        f'custom_hooks.0.pool={finished_sweep.results / "pool.json"}',
        'custom_hooks.0.num_teachers=2',
    )
    assert re.search(r'Epoch\(train\) \[1\]\[2/2\].*loss_distillation: \d', printed), printed
    assert (tmp_path / 'work' / 'epoch_1.pth').is_file()


def test_stock_config_becomes_a_student(finished_sweep, tmp_path):
    videos = finished_sweep.folder / 'videos'
    lines = (videos / 'list_cvt' / 'ARID_split1_train.txt').read_text().splitlines()
    rows = (line.split('\t') for line in lines)
    (tmp_path / 'train.txt').write_text(''.join(f'{path} {label}\n' for _, label, path in rows))
    teacher = finished_sweep.run_folder(finished_sweep.record('teacher', 0, 'i3d-gamma1.8'))
    config = tmp_path / 'student.py'
    config.write_text(
        f"""
_base_ = '{STOCK}'
custom_hooks = [
    dict(
        type='ukd_bench.UKDHook',
        pool=[
            dict(
                name='teacher',
                config='{teacher / 'config.py'}',
                checkpoint='{teacher / 'checkpoint.pth'}',
                bank='{tmp_path / 'bank'}',
            )
        ],
    )
]
"""
    )
    smaller = [
        'model.backbone.depth=18',
        'model.backbone.pretrained=None',
        'model.cls_head.in_channels=512',
        'model.cls_head.num_classes=11',
        'train_dataloader.batch_size=4',
        'train_dataloader.num_workers=2',
        'train_dataloader.dataset.ann_file=train.txt',
        f'train_dataloader.dataset.data_prefix.video={videos}',
        'train_dataloader.dataset.pipeline.3.scale=(-1,48)',
        'train_dataloader.dataset.pipeline.4.input_size=32',
        'train_dataloader.dataset.pipeline.5.scale=(32,32)',
    ]
    without_bank = train(config, tmp_path, *smaller)
    assert 'bank' in without_bank and 'does not exist' in without_bank

    filled = run_module(
        'ukd_bench.knowledge', 'fill', config, '--cfg-options', 'train_cfg.max_epochs=1', *smaller,
        cwd=tmp_path,
    )  # fmt: skip
    assert filled.returncode == 0, filled.stderr
    printed = train(config, tmp_path, *smaller)
    assert re.search(r'Epoch\(train\) \[1\]\[6/6\].*loss_distillation: \d', printed), printed

    held = run_module(
        'ukd_bench.knowledge', 'fill', config, '--cfg-options', 'train_cfg.max_epochs=1', *smaller,
        cwd=tmp_path,
    )  # fmt: skip
    assert 'holds 1 views already' in held.stdout, held.stderr

    other_views = train(
        config, tmp_path, *smaller, 'train_dataloader.dataset.pipeline.6.flip_ratio=0.1'
    )
    assert 'does not fit, it differs in views' in other_views


def test_fill_leaves_a_sweeps_banks_alone(finished_sweep, tmp_path):
    config = tmp_path / 'student.py'
    config.write_text(
        f"""
_base_ = '{REPOSITORY / 'configs' / 'ukd' / 'i3d-r18-w8_darkroom-quick.py'}'
"""
    )
    refused = run_module(
        'ukd_bench.knowledge', 'fill', config, '--cfg-options',
        f'train_dataloader.dataset.data_root={finished_sweep.folder / "videos"}',
        f'custom_hooks.0.pool={finished_sweep.results / "pool.json"}',
        'custom_hooks.0.num_teachers=2', 'custom_hooks.0.view_seed=5',
        cwd=tmp_path,
    )  # fmt: skip
    assert refused.returncode == 2
    assert 'differs in views' in refused.stderr
    assert 'belongs to a sweep' in refused.stderr
    assert 'Traceback' not in refused.stderr
