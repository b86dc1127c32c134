"""What a change to a pretraining does to the runs that start from it; nothing is trained."""

import functools
from pathlib import Path

import pytest

from ukd_bench.records.record import read_record
from ukd_bench.records.sealed import write_sealed
from ukd_bench.results.loading import load_sweep
from ukd_bench.sweep.asked import SweepOptions
from ukd_bench.sweep.parts import PoolTeacher, Regime
from ukd_bench.sweep.place import Places
from ukd_bench.sweep.run import SweepRun
from ukd_bench.sweep.schedule import carry_out

from .conftest import SWEEP
from .left_runs import finish, state_of
from .made_up_executor import Listener, MadeUp
from .planned import BRIGHT, STUDENT, planned, run_of

METHODS = ('plain', 'ukd', 'chain', 'mutual', 'ensemble')
ON_IT = {'teacher', 'bank', *METHODS}


@functools.cache
def plan():
    return planned(
        methods=METHODS,
        num_teachers=(2,),
        teachers=(
            PoolTeacher('i3d-gamma2.5', STUDENT, 101),
            PoolTeacher('i3d-gamma4', STUDENT, 102),
        ),
        regimes=(Regime(name='pretrained', start=BRIGHT),),
    )


@pytest.fixture
def state(tmp_path):
    state = state_of(tmp_path / 'results', plan())
    for run in state.plan.runs.values():
        finish(state, run, run.spec.key)
    state.refresh()
    assert unfinished(state) == set()
    return state


def unfinished(state) -> set[str]:
    runs = state.plan.runs.items()
    return {run.spec.method for key, run in runs if not state.is_finished(key)}


@pytest.mark.parametrize('harm', ['absent', 'edited'])
def test_one_that_lost_its_weights_alone_is_made_again(state, harm):
    path = state.folder(run_of(state.plan, 'pretraining')).checkpoint
    path.unlink() if harm == 'absent' else path.write_text('edited')
    state.refresh()
    assert unfinished(state) == {'pretraining'}


@pytest.mark.parametrize('weights', ['as before', 'other ones'])
def test_one_that_came_out_otherwise_undoes_all_that_start_from_it(state, weights):
    pretraining = run_of(state.plan, 'pretraining')
    state.folder(pretraining).checkpoint.unlink()
    state.refresh()

    def end(state, run):
        # What starts from other weights has other ones, too.
        finish(state, run, run.spec.key + (weights if weights != 'as before' else ''))

    executor = MadeUp(state, **dict.fromkeys(['pretraining', *ON_IT], end))
    carry_out(state, Places(), executor, Listener())
    made = {state.plan.runs[key].spec.method for key in executor.order}
    assert made == ({'pretraining'} if weights == 'as before' else {'pretraining', *ON_IT})
    assert unfinished(state) == set()


def test_a_run_that_says_that_it_started_from_others_is_made_again(state):
    plain = run_of(state.plan, 'plain')
    path = state.folder(plain).record
    record = read_record(path)
    assert [one['key'] for one in record['starts_from']] == [*plain.pretrained_by]
    write_sealed(path, {**record, 'starts_from': []})
    state.refresh()
    assert unfinished(state) == {'plain'}
    assert state.refusal(plain).words.endswith('other runs than the plan gives it')


def test_a_report_reads_what_they_left(state):
    state.write_plan(dict(name='darkroom-tiny'), 'claims', {})
    sweep = load_sweep(state.paths.root)
    assert {run.status for run in sweep.runs} == {'done'}
    for run in sweep.runs:
        made = {one.method for one in sweep.lineage(run)}
        assert 'pretraining' in made, run.method


@pytest.mark.parametrize('name', ['darkroom-tiny', 'bright'])
def test_a_data_root_is_that_of_the_sweep_s_own_videos(dark_root, tmp_path, monkeypatch, name):
    """And of a pretraining on these, not of one on others."""
    monkeypatch.chdir(tmp_path)
    start = (
        f"dict(dataset=dict(name='{name}', darkroom=dict(preset='tiny')), config='{BRIGHT.config}')"
    )
    text = f"{SWEEP}regimes = [dict(name='a', start={start})]\nmethods = ['plain']\n"
    (tmp_path / 'mine.py').write_text(text)
    options = SweepOptions(config='mine.py', data_root=dark_root, results=tmp_path / 'results')
    made = SweepRun(options).state().plan
    roots = {method: run_of(made, method).data.root for method in ('plain', 'pretraining')}
    assert roots['plain'] == dark_root
    assert roots['pretraining'] == (dark_root if name == 'darkroom-tiny' else Path('data/bright'))
