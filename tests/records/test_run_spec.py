from dataclasses import fields

import pytest

from ukd_bench.errors import ResultsError
from ukd_bench.files.atomic import read_json, write_json
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
    config_sha256='b' * 64,
    hook='ukd_bench.UKDHook',
    sources={'my_rules': 'c' * 64},
    weights={'a.pth': 'd' * 64},
    limit_s=7200.0,
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


@pytest.mark.parametrize('name', [field.name for field in fields(RunSpec)])
def test_every_value_has_its_type(tmp_path, name):
    SPEC.write(tmp_path / 'run.json')
    content = read_json(tmp_path / 'run.json')
    wrong = [[[]], {'a': 1}, ['x' * 9999, 1]]
    wrong += [] if name == 'synthetic' else [True]
    wrong += [] if name == 'limit_s' else [1.5]
    wrong += [] if name in ('student', 'teacher', 'hook', 'limit_s') else [None]
    for value in wrong:
        write_json(tmp_path / 'run.json', content | {name: value})
        with pytest.raises(ResultsError, match=rf'run.json: {name}\b.* is ') as caught:
            RunSpec.read(tmp_path / 'run.json')
        assert len(str(caught.value)) < len(str(tmp_path)) + 200


def test_an_absent_specification_is_named(tmp_path):
    with pytest.raises(ResultsError, match=r'run.json: cannot be read'):
        RunSpec.read(tmp_path / 'run.json')
