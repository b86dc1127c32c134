"""The page on MMAction2's configs: its examples load and can be built, and its facts hold."""

import json
from pathlib import Path

import pytest
import torch
from mmaction.registry import MODELS
from mmaction.utils import register_all_modules
from mmengine.config import Config
from mmengine.registry import HOOKS, DefaultScope

import ukd_bench
from ukd_bench.data.views.rendering import DRAW_VIEW, steps_of
from ukd_bench.distill import UKDHook
from ukd_bench.errors import ConfigError
from ukd_bench.files.configs import read_config
from ukd_bench.knowledge.pool import read_pool
from ukd_bench.methods.config_files import load_config

from ..pages import code_of

PAGE = 'mmaction2_configs.md'
STOCK = 'recognition/slowonly/slowonly_r50_8xb16-4x16x1-256e_kinetics400-rgb.py'
FILES = ('my_student.py', 'my_teacher.py', 'plain/c2d_arid.py')


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder in which the page's files are written."""
    (tmp_path / 'plain').mkdir()
    for name in FILES:
        (tmp_path / name).write_text(code_of(PAGE, f'# {name}'))
    monkeypatch.chdir(tmp_path)
    register_all_modules(init_default_scope=True)
    return tmp_path


def scores(config):
    """Of one small clip of zeros, without the published weights."""
    config.model.backbone.pretrained = None
    network = MODELS.build(config.model).eval()
    clip = torch.zeros(1, 3, 8, 32, 32, dtype=torch.uint8)
    data = network.data_preprocessor(dict(inputs=[clip], data_samples=[]))
    with torch.no_grad():
        return network(data['inputs'].float(), stage='head')[0]


def test_a_stock_config_becomes_a_student(folder):
    config, stock = read_config(folder / FILES[0]), ukd_bench.mmaction2_config(STOCK)
    wanted = Config.fromfile(stock)
    assert config.train_pipeline == wanted.train_pipeline
    assert config.model.backbone == wanted.model.backbone
    assert config.train_dataloader.dataset.pipeline == wanted.train_dataloader.dataset.pipeline
    assert config.train_dataloader.dataset.ann_file == 'train.txt'
    assert config.train_dataloader.dataset.metainfo.classes == ['wave', 'walk', 'run']
    with DefaultScope.overwrite_default_scope('mmaction'):
        hook = HOOKS.build(config.custom_hooks[0])
    assert isinstance(hook, UKDHook)
    assert scores(config).shape == (3,)


def test_its_teacher_has_another_preprocessor_and_other_views(folder):
    student, teacher = (read_config(folder / name) for name in FILES[:2])
    (entry,) = read_pool(json.loads(json.dumps(student.custom_hooks[0].pool)))
    assert Path(entry.config).name == FILES[1]
    assert teacher.custom_hooks == [dict(type='ukd_bench.ReplayHook', view_seed=1)]
    for config in (student, teacher):
        config.model.pop('data_preprocessor'), config.pop('custom_hooks')
    assert teacher.to_dict() == student.to_dict()
    assert scores(read_config(folder / FILES[1])).shape == (3,)


def test_a_network_of_mmaction2_stands_in_a_sweep(folder):
    config = load_config(FILES[2])
    assert config.model.backbone.type == 'C2D'
    assert steps_of(config.train_dataloader.dataset.pipeline, DRAW_VIEW)
    assert scores(config).shape == (11,)


@pytest.mark.parametrize('find', [ukd_bench.mmaction2_config, ukd_bench.shipped_config])
def test_a_name_that_does_not_exist_is_one_line(find, tmp_path):
    with pytest.raises(ConfigError, match=r'config .*/configs/no\.py does not exist$'):
        find('no.py')
    (tmp_path / 'mine.py').write_text(
        f"_base_ = __import__('ukd_bench').{find.__name__}('no.py')\n"
    )
    with pytest.raises(ConfigError, match=r'mine\.py cannot be read .*no\.py does not exist'):
        read_config(tmp_path / 'mine.py')


def test_mmaction2s_own_way_does_not_work(tmp_path):
    """Where it does, the page may say so."""
    (tmp_path / 'mine.py').write_text(f"_base_ = 'mmaction::{STOCK.partition('/')[2]}'\n")
    with pytest.raises(ConfigError, match=r'mine\.py cannot be read'):
        read_config(tmp_path / 'mine.py')


@pytest.mark.parametrize(
    ('name', 'trains'),
    [
        ('x3d/x3d_s_13x6x1_facebook-kinetics400-rgb.py', False),
        ('uniformer/uniformer-small_imagenet1k-pre_16x4x1_kinetics400-rgb.py', False),
        ('swin/swin-tiny-p244-w877_in1k-pre_8xb8-amp-32x2x1-30e_kinetics400-rgb.py', True),
    ],
)
def test_which_configs_train(name, trains):
    config = Config.fromfile(ukd_bench.mmaction2_config(f'recognition/{name}'))
    assert ('train_cfg' in config) == trains
    assert (config.get('optim_wrapper', {}).get('type') == 'AmpOptimWrapper') == trains
