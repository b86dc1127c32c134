"""What a config may hold."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.records.plain import require_plain


def test_plain_values_pass():
    values = ['text', 'é', 1, 1.5, True, None, (1, [2, dict(b=())]), 10**20, np.float64(1)]
    require_plain(dict(a=values, b=dict(c={})), 'config mine')


@pytest.mark.parametrize(
    'value',
    [
        float('inf'),
        float('nan'),
        {1},
        b'1',
        Path('a'),
        Path,
        np.float32(1),
        np.arange(2),
        partial(print),
        print,
        'a\0b',
        '\ud800',
        10**5000,
        object(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_others_are_named_with_their_place(value):
    config = dict(model=dict(heads=[dict(), dict(scale=value)]))
    with pytest.raises(ConfigError) as caught:
        require_plain(config, 'config mine')
    complaint = str(caught.value)
    assert complaint.startswith('config mine: model.heads.1.scale = ')
    assert 'is no value of a config' in complaint
    assert len(complaint) < 300 and complaint.isprintable()


@pytest.mark.parametrize(('key', 'named'), [(1, '1'), (None, 'None'), ((1, 2), '(1, 2)')])
def test_keys_are_texts(key, named):
    with pytest.raises(ConfigError) as caught:
        require_plain(dict(model=dict(table={'1': 1, key: 2})), 'config mine')
    assert str(caught.value) == f'config mine: model.table.{named}: a key of a config is text'


def test_a_long_place_is_cut():
    with pytest.raises(ConfigError) as caught:
        require_plain({'a' * 9999: {1}}, 'config mine')
    assert len(str(caught.value)) < 500
