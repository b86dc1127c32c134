"""The entries of ``custom_hooks``, whatever a config holds there."""

import pytest
from mmengine.config import Config

from ukd_bench.methods.config_files import custom_hooks


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
