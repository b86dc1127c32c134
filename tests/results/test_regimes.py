"""Regimes: students of several are never mixed, and what serves several counts once."""

import pytest

from ukd_bench.errors import ResultsError
from ukd_bench.records.plan_file import write_plan
from ukd_bench.report.tables.equality import equality_table
from ukd_bench.report.tables.lost import lost_table
from ukd_bench.report.tables.students import accuracy_table, cost_table
from ukd_bench.results import load, load_clips
from ukd_bench.results.comparable import comparable_runs
from ukd_bench.results.compare import compare
from ukd_bench.results.loading import load_sweep

from .made_up_regimes import BRIGHT, SCRATCH, made_up_regimes

END = 'r2plus1d-r18-w8'
TOP1 = {
    'bright': {'plain': [0.7, 0.725], 'ukd': [0.75, 0.7625], 'naive': [0.75]},
    'scratch': {'plain': [0.5, 0.525], 'ukd': [0.55, 0.5625]},
    'noisy': {'plain': [0.4, 0.425], 'ukd': [0.6, 0.6125]},
}


@pytest.fixture
def made():
    return made_up_regimes(TOP1)


def test_what_a_plan_tells(made, tmp_path):
    sweep = load_sweep(made.write(tmp_path))
    assert [regime.name for regime in sweep.regimes] == ['bright', 'scratch', 'noisy']
    assert [regime.for_claims for regime in sweep.regimes] == [True, True, False]
    assert [regime.words for regime in sweep.regimes] == [
        'pretrained on darkroom-bright, 20 epochs; fixed normalisation; 8 epochs',
        'from scratch; each clip standardised; 40 epochs',
        'pretrained on darkroom-bright, 20 epochs; fixed normalisation; 8 epochs; '
        '40 % of the training labels replaced',
    ]
    # The pretraining stands first, and its clips are others.
    assert sweep.runs[0].method == 'pretraining'
    assert sweep.dataset['name'] == 'darkroom-quick'


def test_a_former_plan_has_one_regime(made_up, tmp_path):
    sweep = load_sweep(made_up.MadeUpSweep(seeds=(0,)).write(tmp_path))
    (regime,) = sweep.regimes
    assert (regime.name, regime.for_claims, regime.words) == ('default', True, '')
    assert {run.regimes for run in sweep.runs} == {('default',)}


@pytest.mark.parametrize(
    ('regimes', 'rows', 'message'),
    [
        ([dict(name='a', purpose='fun')], ['a'], r"regimes\[0\].purpose is 'fun'"),
        ([dict(start='scratch')], ['a'], r"key 'regimes\[0\].name' is absent"),
        ([dict(name='a', label_noise=2)], ['a'], r'regimes\[0\].label_noise is 2, not a fraction'),
        ([dict(name='a'), dict(name='a')], ['a'], 'regimes: two have one name'),
        ([dict(name='a')], ['b'], r'runs\[0\].regimes is not a list of some of a'),
        ([dict(name='a')], [], r'runs\[0\].regimes is not a list of some of a'),
    ],
)
def test_regimes_that_cannot_be_used(made_up, tmp_path, regimes, rows, message):
    plan = made_up.MadeUpSweep(seeds=(0,)).plan() | dict(regimes=regimes)
    plan['runs'] = [dict(row, regimes=rows) for row in plan['runs']]
    write_plan(tmp_path / 'plan.json', plan)
    with pytest.raises(ResultsError, match=rf'plan\.json: {message}'):
        load_sweep(tmp_path)


def test_benches_are_by_regime_and_named_where_claims_have_several(made, tmp_path):
    benches = comparable_runs(load_sweep(made.write(tmp_path / 'three')))
    labels = [f'{END} ({name})' for name in ('bright', 'scratch', 'noisy')]
    assert [bench.label for bench in benches] == labels
    assert [bench.means('plain', lambda run: run.metric('top1')) for bench in benches] == [
        {0: pytest.approx(0.7125)},
        {0: pytest.approx(0.5125)},
        {0: pytest.approx(0.4125)},
    ]
    two = {name: TOP1[name] for name in ('bright', 'noisy')}
    benches = comparable_runs(load_sweep(made_up_regimes(two).write(tmp_path / 'two')))
    assert [bench.label for bench in benches] == [END, f'{END} (noisy)']


def test_tables_have_a_group_for_each_regime(made, tmp_path):
    made.lose(f'ukd-{END}-1-noisy', 'failed', 'RuntimeError: no')
    sweep = load_sweep(made.write(tmp_path))
    table = accuracy_table(sweep)
    assert [title for _, title in table.groups] == [
        f'{END} ({name})' for name in ('bright', 'scratch', 'noisy')
    ]
    plain = [row[3:5] for row in table.rows if row[0] == 'Plain']
    assert [n for n, _ in plain] == ['2', '2', '2']
    assert [top1.split(' ')[0] for _, top1 in plain] == ['71.2', '51.2', '41.2']
    pairs = equality_table(sweep).rows
    assert [row[:2] for row in pairs] == [(f'{END} (bright)', 'Naive')]
    assert [row[1] for row in lost_table(sweep).rows] == [f'{END} (noisy)']


def test_what_serves_several_regimes_counts_once(made, tmp_path):
    sweep = load_sweep(made.write(tmp_path))
    student = sweep.by_key[f'ukd-{END}-0-scratch']
    # The pretraining, two teachers, two banks, the student.
    assert sweep.pipeline_time(student) == 41 + 2 * 90 + 2 * 25 + 100
    teachers = [cell for cell in sweep.cells() if cell.method == 'teacher']
    assert len(teachers) == 3 * 4 and {len(cell.runs) for cell in teachers} == {1}
    own, whole = next(row[4:6] for row in cost_table(sweep).rows if row[0] == 'UKD')
    assert (own, whole) == ('1 min 40 s', '6 min 11 s')


def test_a_run_that_repeats_another_in_one_regime_counts_in_its_others(made, tmp_path):
    again = made.add('plain', 'again', student=END, seed=0, top1=0.7, parents=('pretraining',))
    made.regimes_of['again'] = ['bright', 'new']
    made.regimes.append(dict(BRIGHT, name='new'))
    sweep = load_sweep(made.write(tmp_path / 'first'))
    assert sweep.by_key['again'].regimes == ('new',) and sweep.by_key['again'].done
    made.regimes_of[again['key']] = ['bright']
    assert load_sweep(made.write(tmp_path / 'then')).by_key['again'].status == 'repeated'


def test_two_pretrainings_of_one_backbone_are_no_repetition(made, tmp_path):
    record = made.add('pretraining', 'for-flow', student=END, top1=0.75)
    record['dataset'] = dict(made.records['pretraining']['dataset'])
    made.regimes_of['for-flow'] = ['bright']
    sweep = load_sweep(made.write(tmp_path))
    assert sweep.by_key['for-flow'].done
    assert compare(sweep, sweep).agrees


def test_frames_tell_the_regime(made, tmp_path):
    results = made.write(tmp_path)
    frame = load(results)
    assert frame.set_index('key').regime[f'ukd-{END}-0-noisy'] == 'noisy'
    assert frame.set_index('key').regime['pretraining'] == 'bright, scratch, noisy'
    means = load_clips(results).query('method == "plain"').groupby('regime').correct.mean()
    assert means.round(4).to_dict() == dict(bright=0.7125, scratch=0.5125, noisy=0.4125)


def test_references_are_matched_by_regime_and_each_run_once(made, tmp_path):
    here = load_sweep(made.write(tmp_path / 'here'))
    same = compare(here, load_sweep(made.write(tmp_path / 'same')))
    assert same.agrees and same.cells == len(here.runs) == 23
    # Another call of the sweep asked for one regime less: what it shares is still found.
    fewer = {name: TOP1[name] for name in ('scratch', 'noisy')}
    narrow = load_sweep(made_up_regimes(fewer).write(tmp_path / 'narrow'))
    result = compare(narrow, here)
    assert result.cells == len(narrow.runs) and not result.differing
    assert len(result.missing_here) == len(TOP1['bright']['plain']) + 3
    assert result.missing_here[0] == f'plain, {END}, seed 0, split 1, 40 epochs, bright'
    renamed = {'clear': TOP1['bright']}
    other = made_up_regimes(renamed, [dict(SCRATCH, name='clear')])
    assert compare(load_sweep(other.write(tmp_path / 'other')), here).cells == 0


def test_another_weight_under_the_same_names_differs_on_any_machine(made, tmp_path):
    reference = load_sweep(made.write(tmp_path / 'reference'))
    for record in made.records.values():
        record['environment']['device'] = {'kind': 'cpu', 'name': 'Another CPU'}
        if record['method'] == 'ukd':
            record['knowledge']['weight'] = 0.0
    result = compare(load_sweep(made.write(tmp_path / 'here')), reference)
    assert not result.agrees and not result.same_machine
    assert len(result.differing) == 6
    (row, *_) = [row for row in result.rows if row.verdict == 'differs']
    assert (row.figure, row.measured, row.reference) == (
        'distillation',
        'mean_probability, weight 0, temperature 3',
        'mean_probability, weight 0.9, temperature 3',
    )
