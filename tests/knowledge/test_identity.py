"""What a bank's scores belong to."""

from dataclasses import replace

import pytest
from mmengine.config import Config

from ukd_bench.errors import ConfigError
from ukd_bench.knowledge.identity import bank_identities
from ukd_bench.knowledge.pool import read_pool


@pytest.fixture
def identity_with(teacher_files, train_dataset, build_dataset, tmp_path):
    """The bank's identity of a teacher whose config has some values changed, by dotted key."""
    entry = read_pool(teacher_files / 'pool.json')[0]

    def identity(**changes):
        config = Config.fromfile(entry.config)
        config.merge_from_dict({key.replace('__', '.'): value for key, value in changes.items()})
        config.dump(tmp_path / 'teacher.py')
        teacher = replace(entry, config=tmp_path / 'teacher.py')
        pipeline = train_dataset['pipeline']
        (found,) = bank_identities([teacher], build_dataset(train_dataset), pipeline, 5, 'clips')
        return found

    return identity


def test_where_a_teachers_initial_weights_lay_does_not_count(identity_with):
    """They are in its checkpoint; that they were moved or are gone must not undo its bank."""
    start = dict(type='Pretrained', checkpoint='/gone/one.pth')
    first = identity_with(model__init_cfg=start, model__backbone__pretrained='/gone/two.pth')
    moved = dict(start, checkpoint='/moved/one.pth')
    assert first == identity_with(model__init_cfg=moved, model__backbone__pretrained='/two.pth')
    assert first.model != identity_with().model


@pytest.mark.parametrize('key', ['backbone__checkpoint', 'cls_head__dropout_ratio'])
def test_whatever_else_its_model_says_counts(identity_with, key):
    first, second = (identity_with(**{f'model__{key}': value}) for value in (0.25, 0.75))
    assert first.model != second.model and replace(first, model='') == replace(second, model='')


def test_a_value_that_no_config_can_hold_is_named(identity_with, tmp_path):
    with pytest.raises(ConfigError) as caught:
        identity_with(model__backbone__table={1: 2})
    assert str(caught.value).startswith(f'teacher config {tmp_path}/teacher.py: model: ')
    assert 'backbone.table.1: a key of a config is text' in str(caught.value)
