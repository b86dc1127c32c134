"""What a sweep's folder holds of other calls, and what of it a plan keeps."""

from dataclasses import replace

from ukd_bench.errors import ConfigError, DataError
from ukd_bench.results.loading import load_sweep
from ukd_bench.sweep.earlier import still_valid
from ukd_bench.sweep.finished import SweepState
from ukd_bench.sweep.parts import Regime

from .left_runs import finish, state_of
from .planned import AXES, planned


def row(method: str, num_teachers: int = 0, seed: int = 0, split: int = 1) -> dict:
    return dict(method=method, num_teachers=num_teachers, seed=seed, split=split)


def cells_of(axes) -> dict[str, set[str]]:
    """Stands for planning: one key for each cell."""
    (regime,) = axes.regimes
    return {
        regime.name: {
            f'{method}-{k}-{seed}-{axes.dataset.split}'
            for method in axes.methods
            for k in axes.num_teachers
            for seed in axes.seeds
        }
    }


def test_a_config_holds_without_earlier_calls():
    default = {'default'}
    assert still_valid(AXES, [], cells_of) == {'ukd-1-0-1': default, 'ukd-3-0-1': default}


def test_all_that_was_ever_asked_for_holds():
    rows = [row('swap', 2), row('plain', seed=7), row('plain', split=2), row('bank', seed=101)]
    valid = still_valid(AXES, rows, cells_of)
    assert {'swap-2-0-1', 'plain-1-7-1', 'plain-3-0-2', 'ukd-1-0-1'} <= {*valid}
    # A teacher's seed is none of the students'.
    assert not any('101' in key for key in valid)


def test_k_beyond_the_pool_holds_no_more():
    assert not any('-4-' in key for key in still_valid(AXES, [row('ukd', 4)], cells_of))


def test_what_cannot_be_planned_any_more_takes_nothing_with_it():
    def plan(axes):
        if 'wide' in axes.methods:
            raise ConfigError('config wide/x.py does not exist')
        if axes.dataset.split == 2:
            raise DataError('the lists of split 2 are gone')
        return cells_of(axes)

    rows = [row('wide'), row('plain'), row('plain', split=2)]
    methods = {key.split('-')[0] for key in still_valid(AXES, rows, plan)}
    assert methods == {'ukd', 'plain'}


def test_a_regime_that_cannot_be_planned_takes_no_other_with_it():
    """Such as one whose weights lie on another machine."""

    def plan(axes):
        if axes.regimes[0].name == 'gone':
            raise ConfigError('weights.pth is no file to read')
        return cells_of(axes)

    axes = replace(AXES, regimes=(Regime(name='gone'), Regime(name='here'), Regime(name='too')))
    valid = still_valid(axes, [], plan)
    assert valid == {'ukd-1-0-1': {'here', 'too'}, 'ukd-3-0-1': {'here', 'too'}}


def regimes_on_disk(state: SweepState) -> tuple[list[str], dict[str, list[str]]]:
    """Names of a plan's regimes, and those of each of its runs."""
    sweep = load_sweep(state.paths.root)
    return [one.name for one in sweep.regimes], {run.key: [*run.regimes] for run in sweep.runs}


def test_a_narrower_call_keeps_the_regimes_of_what_it_keeps(tmp_path):
    axes = dict(methods=('plain', 'ukd', 'teacher'), num_teachers=(1,))
    noisy = Regime(name='noisy', label_noise=0.4, purpose='control')
    every = planned(**axes, regimes=(Regime(name='clean'), noisy))
    valid = {key: {*every.regimes_of(run)} for key, run in every.runs.items()}
    state = state_of(tmp_path, every)
    for run in every.runs.values():
        finish(state, run, run.spec.key)
    state.refresh()
    state.write_plan({}, 'claims', valid, every.regimes)
    before = regimes_on_disk(state)
    assert before[0] == ['clean', 'noisy'] and ['clean', 'noisy'] in before[1].values()
    # A teacher that both have stays one of both, and a control stays a control.
    narrow = state_of(tmp_path, planned(**axes, regimes=(Regime(name='clean'),)))
    narrow.write_plan({}, 'claims', valid, every.regimes)
    assert regimes_on_disk(narrow) == before
    assert load_sweep(tmp_path).regimes[1].purpose == 'control'
    # A regime whose runs are no longer valid goes with them.
    gone = {key: names - {'noisy'} for key, names in valid.items() if names != {'noisy'}}
    narrow.write_plan({}, 'claims', gone, every.regimes[:1])
    assert regimes_on_disk(narrow)[0] == ['clean']
