"""What a report of several regimes shows beside verdicts, and its controls."""

import re
from dataclasses import replace

import pytest

from tests.results.made_up_regimes import add_student, made_up_regimes
from ukd_bench.report.__main__ import main
from ukd_bench.report.doubts import doubts
from ukd_bench.report.expectations import no_gain_expected
from ukd_bench.report.page import write_report
from ukd_bench.report.provenance import provenance
from ukd_bench.report.tables.gains import gains_table
from ukd_bench.report.tables.payoff import payoff_table
from ukd_bench.report.tables.starts import pretraining_table, regime_table
from ukd_bench.report.tables.teachers import teacher_table
from ukd_bench.results.agreement import teacher_parts
from ukd_bench.results.loading import load_sweep
from ukd_bench.results.teaching import teaching

END = 'r2plus1d-r18-w8'
TOP1 = {
    'bright': dict(
        plain=[0.7, 0.725], label_smoothing=[0.7, 0.7], ukd=[0.75, 0.7625], naive=[0.75, 0.7625]
    ),
    'noisy': dict(plain=[0.4, 0.425], ukd=[0.6, 0.6125], shuffled_across=[0.3, 0.35]),
}


@pytest.fixture
def made():
    return made_up_regimes(TOP1)


@pytest.fixture
def load(tmp_path):
    return lambda made: load_sweep(made.write(tmp_path / 'results'))


def test_regimes_are_told(made, load):
    rows = regime_table(load(made)).rows
    start = 'pretrained on darkroom-bright, 20 epochs'
    assert rows == (
        ('bright', start, 'fixed', '8', 'none', 'claims'),
        ('noisy', start, 'fixed', '8', '40 %', 'control'),
    )


def test_a_regime_with_a_pool_of_its_own_is_told_and_ordered_by_it(made, load):
    table = regime_table(load(made))
    assert 'Pool' not in [column.title for column in table.columns]
    made.regimes[1] = made.regimes[1] | dict(teachers=['r2plus1d-he', 'slowonly-gamma2.5'])
    sweep = load(made)
    table = regime_table(sweep)
    assert [row[-1] for row in table.rows] == ['1', '2']
    assert table.notes[1] == 'Pool 2: r2plus1d-he, slowonly-gamma2.5.'
    names = [row[0] for row in teacher_table(sweep).rows]
    assert names[5:7] == ['r2plus1d-he', 'slowonly-gamma2.5']
    assert [one.name for one in teacher_parts(sweep, 'noisy')] == names[5:7]
    assert [*teaching(sweep, 'noisy').teachers] == names[5:7]
    assert len(teaching(sweep, 'bright').teachers) == 4


def test_a_former_plan_has_neither_table(made_up, load):
    sweep = load(made_up.MadeUpSweep(seeds=(0,)))
    assert regime_table(sweep) is None and pretraining_table(sweep) is None


def test_pretraining_and_what_starts_from_it(made, load):
    sweep = load(made)
    (row,) = pretraining_table(sweep).rows
    assert row[:2] == (END, 'darkroom-bright')
    assert row[4:] == ('77.5', '30.0', '41.0 s', '4 teachers, 14 students')
    # Its clips are no second data set of the sweep's students.
    assert not any('saw different data' in one.text for one in doubts(sweep, 'x'))
    found = dict(provenance(sweep, 'x'))
    assert found['Data fingerprint'] == 'd' * 64 and found['Epochs'] == '40'


def test_pretrainings_of_one_network_are_told_apart_by_their_regimes(made, load):
    sweep = load(made)
    (run,) = (run for run in sweep.done if run.method == 'pretraining')
    other = replace(run, key='other', regimes=(sweep.regimes[-1].name,))
    table = pretraining_table(replace(sweep, runs=(*sweep.runs, other)))
    assert table.columns[-1].title == 'In regimes'
    assert [row[-1] for row in table.rows] == ['bright, noisy', 'noisy']


def test_other_labels_of_a_control_are_no_mixture_of_data(made, load):
    for record in made.records.values():
        if record['key'].endswith('-noisy'):
            record['dataset'] = dict(record['dataset'], fingerprint='f' * 64)
    assert not any('saw different data' in one.text for one in doubts(load(made), 'x'))
    record = made.records[f'plain-{END}-0-noisy']
    record['dataset'] = dict(record['dataset'], fingerprint='a' * 64)
    assert any('saw different data' in one.text for one in doubts(load(made), 'x'))


def test_gains_by_hand(made, load):
    table = gains_table(load(made))
    assert table.groups == ((0, END), (2, f'{END} (noisy)'))
    found = [(row[0], row[2], row[4]) for row in table.rows]
    assert found == [
        ('Plain', '+4.4', '2'),
        ('Label smoothing', '+5.6', '2'),
        ('Plain', '+19.4', '2'),
        ('UKD, shuffled across classes', '+28.1', '2'),
    ]
    assert 'only what a claim tests is corrected' in table.notes[0]
    assert table.notes[1] == (
        f'Not run on {END}, or without a seed in common: plain, longer; plain, wider; UKD, '
        'shuffled; UKD, shuffled across classes; precomputed targets; self-distillation; '
        'two-stream (dark, light); two-stream (RGB, flow).'
    )


def test_no_student_distilled_no_gains(made, load):
    for record in made.select('ukd'):
        made.lose(record['key'], 'failed', 'no')
    sweep = load(made)
    assert gains_table(sweep) is None and payoff_table(sweep) is None


def set_times(made, ukd, naive):
    for method, wall_s in (('ukd', ukd), ('naive', naive)):
        for record in made.select(method):
            record['time']['wall_s'] = wall_s


@pytest.mark.parametrize(
    ('naive', 'students', 'told'),
    [
        # Two banks of 25 s: 50 + 100 n < naive n.
        (100.0, '–', 'for no number of students'),
        (110.0, '6', 'from 6 students on'),
        (150.0, '2', 'from 2 students on'),
        (151.0, '1', 'from the first student on, at K = 2 and above'),
    ],
)
def test_from_when_ukd_pays(made, load, naive, students, told):
    set_times(made, 100.0, naive)
    table = payoff_table(load(made))
    assert [row[0] for row in table.rows] == ['2']
    assert table.rows[0][1:4] == (
        '50.0 s',
        '1 min 40 s',
        f'{int(naive) // 60} min {naive % 60:02.0f} s',
    )
    assert table.rows[0][-1] == students
    # The pretraining of 41 s and two teachers of 90 s are part of both.
    assert table.lead.startswith(f'On {END}, at K = 2 one student takes 6 min 11 s by UKD and ')
    assert table.lead.endswith(f'teachers included. UKD takes less time {told}.')


def test_one_student_pays_from_the_k_on_above_which_all_do(made_up, load):
    made = made_up.MadeUpSweep(seeds=(0,))
    for k, wall_s in ((1, 130.0), (2, 151.0), (4, 210.0)):
        for record in made.select('naive', k):
            record['time']['wall_s'] = wall_s
    table = payoff_table(load(made))
    assert [row[-1] for row in table.rows] == ['1', '1', '1']
    assert table.lead.endswith('from the first student on, at K = 1 and above.')
    made.select('naive', 2)[0]['time']['wall_s'] = 140.0
    table = payoff_table(load(made))
    assert [row[-1] for row in table.rows] == ['1', '2', '1']
    assert table.lead.endswith('at K = 4 and above.')


def test_what_was_not_timed_cannot_be_told(made, load):
    made.records['bank-r2plus1d-diff']['time']['wall_s'] = None
    assert payoff_table(load(made)) is None


def test_what_needs_a_lost_run_cannot_be_told(made, load):
    made.lose('teacher-r2plus1d-diff', 'failed', 'no')
    assert payoff_table(load(made)) is None


def test_one_seed_of_naive_is_compared_with_its_own(made, load):
    set_times(made, 100.0, 150.0)
    made.lose(f'naive-{END}-1-bright', 'failed', 'no')
    made.records[f'ukd-{END}-1-bright']['time']['wall_s'] = 900.0
    assert payoff_table(load(made)).rows[0][2] == '1 min 40 s'


def test_teachers_are_told_beside_plain_in_each_regime(made, load):
    made.records['teacher-r2plus1d-diff']['metrics']['top1'] = 0.9
    table = teacher_table(load(made))
    assert [title for _, title in table.groups] == ['The pool (bright)', 'The pool (noisy)']
    assert [row[3] for row in table.rows] == [
        *('−6.2', '+18.8', '−6.2', '−6.2', '+3.8'),
        *('+23.8', '+48.8', '+23.8', '+23.8', '+33.8'),
    ]
    assert table.notes == (
        'Weaker than the plain student (bright), 71.2 % on average: '
        'r2plus1d-gamma1.8 (−6.2 points), slowonly-gamma2.5 (−6.2 points), '
        'r2plus1d-he (−6.2 points).',
        'Every teacher of the pool is at least as good as the plain student (noisy), 41.2 % on '
        'average.',
    )


def test_where_no_gain_can_be_expected(made, load):
    assert no_gain_expected(load(made)) == [
        f'On {END}, the best teacher, 65.0 %, is no better than the plain student, 71.2 %: no gain '
        'can be expected from any teacher alone.'
    ]
    made.records['ensemble']['metrics']['top1'] = 0.7
    (both,) = no_gain_expected(load(made))
    assert 'the best teacher, 65.0 %, and the ensemble, 70.0 %, are no better' in both
    assert both.endswith('71.2 %: no gain can be expected.')
    assert both in [one.text for one in doubts(load(made), 'x')]
    made.records['teacher-r2plus1d-diff']['metrics']['top1'] = 0.9
    made.records['ensemble']['metrics']['top1'] = 0.8
    assert no_gain_expected(load(made)) == []


def test_controls_stand_beside_their_claim_and_apart_from_claims(made, tmp_path, capsys):
    add_student(made, 'bright', 'shuffled_across', 0, 0.6)
    results = made.write(tmp_path / 'results')
    report = write_report(results, tmp_path / 'out')
    text = report.markdown.read_text()
    claims, controls = text.split('## Claims of the abstract')[1].split('### Controls of C4: ')
    assert re.findall(r'^\| (\w\d) \|', claims, re.MULTILINE) == [f'C{n}' for n in range(1, 7)]
    shown = controls.split('\n\n**')[0]
    assert re.findall(r'^\| (\w\d) \| \*\*([A-Z ]+)\*\*', shown, re.MULTILINE) == [
        ('P1', 'INCONCLUSIVE'),
        ('N1', 'INCONCLUSIVE'),
    ]
    assert 'a “no” on C4 proves nothing yet' in shown
    html = report.index.read_text()
    order = [html.index(f'<div class="id">{name}</div>') for name in ('C4', 'P1', 'N1', 'C5')]
    assert order == sorted(order)
    assert 'Controls of C4: can the instrument say yes, and no?' in html[order[0] : order[1]]
    assert main([str(results), '--out', str(tmp_path / 'again')]) == 0
    assert 'Control of C4.' in capsys.readouterr().out
