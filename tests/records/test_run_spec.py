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
    hook='ukd_bench.UKDHook',
    sources={'my_rules': 'c' * 64},
    weights={'a.pth': 'd' * 64},
)


def test_round_trip(tmp_path):
    SPEC.write(tmp_path / 'run.json')
    assert RunSpec.read(tmp_path / 'run.json') == SPEC


@pytest.mark.parametrize(
    'content', ['[]', '{}', '{"schema": 1, "parents": [], "colour": 2}', '{"schema": 1']
)
def test_what_is_no_specification_is_named(tmp_path, content):
    (tmp_path / 'run.json').write_text(content)
    with pytest.raises(ResultsError, match=r'run.json: '):
        RunSpec.read(tmp_path / 'run.json')


@pytest.mark.parametrize('name', [field.name for field in fields(RunSpec)])
def test_a_value_of_another_type_is_named(tmp_path, name):
    SPEC.write(tmp_path / 'run.json')
    content = read_json(tmp_path / 'run.json')
    wrong = [1.5, [[]], {'a': 1}, ['x' * 9999, 1]]
    wrong += [] if name == 'synthetic' else [True]
    wrong += [] if name in ('student', 'teacher', 'hook') else [None]
    for value in wrong:
        write_json(tmp_path / 'run.json', content | {name: value})
        with pytest.raises(ResultsError, match=f"run.json: key '{name}' has the value ") as caught:
            RunSpec.read(tmp_path / 'run.json')
        assert len(str(caught.value)) < len(str(tmp_path)) + 200


def test_an_absent_specification_is_named(tmp_path):
    with pytest.raises(ResultsError, match=r'run.json: cannot be read'):
        RunSpec.read(tmp_path / 'run.json')
