import pytest

from ukd_bench.errors import ResultsError
from ukd_bench.records.spec import RunSpec

SPEC = RunSpec(
    key='k',
    execution='e',
    method='ukd',
    student='small',
    teacher=None,
    num_teachers=2,
    seed=0,
    split=1,
    epochs=2,
    full_epochs=4,
    view_seed=5,
    num_views=2,
    device='cpu',
    threads=1,
    parents=('a', 'b'),
    data_name='dark',
    synthetic=True,
)


def test_round_trip(tmp_path):
    SPEC.write(tmp_path / 'run.json')
    assert RunSpec.read(tmp_path / 'run.json') == SPEC


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ('[]', 'not the specification of a run'),
        ('{}', 'not the specification of a run'),
        ('{"schema": 1, "parents": []}', 'not the specification of a run'),
        ('{"schema": 2, "parents": []}', "key 'key' is absent"),
        ('{"schema": 2', 'not valid JSON'),
    ],
)
def test_what_is_no_specification_is_named(tmp_path, content, message):
    (tmp_path / 'run.json').write_text(content)
    with pytest.raises(ResultsError, match=rf'run.json: {message}'):
        RunSpec.read(tmp_path / 'run.json')


@pytest.mark.parametrize(
    ('value', 'key', 'message'),
    [
        (True, 'seed', 'seed is True, not a whole number'),
        (1.0, 'threads', 'threads is 1.0, not a whole number'),
        ('a', 'parents', "parents is 'a', not a list"),
        ([1], 'parents', r'parents\[0\] is 1, not a line of text'),
        (1, 'synthetic', 'synthetic is 1, not true or false'),
        (None, 'method', 'method is None, not a line of text'),
        (2, 'student', 'student is 2, not a line of text'),
        (2, 'colour', "key 'colour' does not exist"),
    ],
)
def test_a_value_of_another_type_is_named(tmp_path, rewrite, value, key, message):
    SPEC.write(tmp_path / 'run.json')
    rewrite(tmp_path / 'run.json', value, key)
    with pytest.raises(ResultsError, match=rf'run.json: {message}'):
        RunSpec.read(tmp_path / 'run.json')


def test_an_absent_specification_is_named(tmp_path):
    with pytest.raises(ResultsError, match=r'run.json: cannot be read'):
        RunSpec.read(tmp_path / 'run.json')
