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


def test_an_absent_specification_is_named(tmp_path):
    with pytest.raises(ResultsError, match=r'run.json: cannot be read'):
        RunSpec.read(tmp_path / 'run.json')
