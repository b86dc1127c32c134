"""A sweep's own methods in what is loaded, concluded and compared."""

import pytest

from ukd_bench.errors import ResultsError
from ukd_bench.results.claims import claims_path, load_claims
from ukd_bench.results.compare import MISSING_HERE, MISSING_THERE, compare
from ukd_bench.results.loading import load_sweep
from ukd_bench.results.verdicts import evaluate

END = 'r2plus1d-r18-w8'
OWN = dict(
    name='top',
    hook='my_methods.TopHook',
    reads='banks',
    title='top-class UKD',
    sentence='UKD from the best classes.',
)


@pytest.fixture
def load(made_up, tmp_path):
    """Loads a made-up sweep with students of the method, described so."""

    def load_as(name='sweep', methods=(OWN,), **changes):
        made = made_up.MadeUpSweep()
        made.methods = [one | changes for one in methods]
        made.add_own_method('top', END)
        return load_sweep(made.write(tmp_path / name))

    return load_as


def test_its_cells_stand_after_the_suites(load):
    cells = [(cell.method, cell.num_teachers, len(cell.runs)) for cell in load().cells()]
    place = cells.index(('top', 1, 3))
    assert cells[place : place + 3] == [('top', 1, 3), ('top', 2, 3), ('top', 4, 3)]
    assert cells[place - 1][0] == 'two_stream_rgb_flow' and cells[place + 3][0] == 'teacher'


def test_a_method_that_no_plan_describes_is_refused(load):
    with pytest.raises(ResultsError, match=r"plan\.json: run \d+: method 'top' is none of the"):
        load(methods=())
    with pytest.raises(ResultsError, match=r"plan\.json: methods\[0\]: reads = 'bank' is not one"):
        load(reads='bank')


def test_claims_may_name_it(load, tmp_path):
    text = claims_path().read_text().replace('method = "ukd"', 'method = "top"')
    assert text != claims_path().read_text()
    (tmp_path / 'claims.toml').write_text(text)
    sweep, rules = load(), load_claims(tmp_path / 'claims.toml')
    reasons = ' '.join(f.reason for v in evaluate(sweep, rules) for f in v.findings)
    assert 'top-class UKD takes at most' in reasons
    assert 'top-class UKD (K = 4) − plain' in reasons
    assert 'top_' not in reasons


def test_the_same_method_is_compared_whatever_it_is_called(load):
    compared = compare(load(), load('there', title='best classes', colour='#000000'))
    assert compared.agrees
    assert any(row.cell.startswith('best classes (my_methods.TopHook), ') for row in compared.rows)


@pytest.mark.parametrize(
    'changes', [dict(hook='my_methods.Other'), dict(hook=dict(type='my_methods.TopHook', k=2))]
)
def test_another_method_of_the_same_name_is_not(load, changes):
    compared = compare(load(), load('there', **changes))
    assert not compared.agrees and not compared.differing
    assert len(compared.missing_here) == len(compared.missing_there) == 9
    assert not set(compared.missing_here) & set(compared.missing_there)
    mine = [row for row in compared.rows if row.cell.startswith('top-class UKD')]
    assert {row.verdict for row in mine} == {MISSING_HERE, MISSING_THERE}
