"""What is looked up or set in a config: its ``custom_hooks``, and mixed precision."""

import pytest
from mmengine.config import Config

from ukd_bench.errors import ConfigError
from ukd_bench.methods.config_files import custom_hooks, set_amp


def test_entries_are_changed_in_place():
    config = Config(dict(custom_hooks=[dict(type='EMAHook'), dict(type='my.Source', pool='p')]))
    first, second = custom_hooks(config)
    second['pool'] = 'q'
    assert (first['type'], config.custom_hooks[1].pool) == ('EMAHook', 'q')


@pytest.mark.parametrize('config', [{}, {'custom_hooks': None}, {'custom_hooks': 1}])
def test_there_are_none_where_no_list_is(config):
    assert custom_hooks(config) == custom_hooks(Config(config)) == []


def test_what_is_no_dict_is_left_out():
    assert custom_hooks({'custom_hooks': [object(), dict(type='a')]}) == [dict(type='a')]


@pytest.mark.parametrize('kind', [{}, dict(type='OptimWrapper'), dict(type='AmpOptimWrapper')])
def test_mixed_precision_is_mmaction2s(kind):
    config = Config(dict(optim_wrapper=dict(kind, optimizer=dict(type='SGD', lr=1))))
    set_amp(config)
    mixed = dict(type='AmpOptimWrapper', loss_scale='dynamic')
    assert config.optim_wrapper == dict(mixed, optimizer=dict(type='SGD', lr=1))


def test_mixed_precision_keeps_a_scale_of_ones_own():
    config = Config(dict(optim_wrapper=dict(type='AmpOptimWrapper', loss_scale=512.0)))
    set_amp(config)
    assert config.optim_wrapper.loss_scale == 512.0


def test_another_wrapper_cannot_mix_precisions():
    config = Config(dict(optim_wrapper=dict(type='mine.Wrapper')))
    with pytest.raises(ConfigError, match=r"^optim_wrapper.type = 'mine.Wrapper': only an "):
        set_amp(config)
