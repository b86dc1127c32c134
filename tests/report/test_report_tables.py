import pytest

from ukd_bench.report.doubts import doubts
from ukd_bench.report.provenance import provenance
from ukd_bench.report.tables.comparison import comparison_table, every_comparison
from ukd_bench.report.tables.equality import equality_table
from ukd_bench.report.tables.lost import lost_table
from ukd_bench.report.tables.memory import memory_table, slope_table
from ukd_bench.report.tables.published import published_table
from ukd_bench.report.tables.students import accuracy_table, cost_table
from ukd_bench.report.tables.teachers import teacher_table
from ukd_bench.results.compare import compare
from ukd_bench.results.loading import load_sweep

MIB = 1024**2
END = 'r2plus1d-r18-w8'


@pytest.fixture
def load(tmp_path):
    return lambda made: load_sweep(made.write(tmp_path))


def column(table, title):
    index = [column.title for column in table.columns].index(title)
    return [row[index] for row in table.rows]


def test_accuracy_has_intervals_over_seeds(made_up, load):
    table = accuracy_table(load(made_up.MadeUpSweep()))
    assert table.rows[0] == (
        'Plain',
        '–',
        '40',
        '3',
        '57.5 ± 6.2',
        '–',
        '100.0 ± 0.0',
        '57.5 ± 6.2',
        '–',
    )
    # 62.5, 65, 63.75 less 55, 60, 57.5.
    (ukd,) = (row for row in table.rows if row[:2] == ('UKD', '1'))
    assert ukd[5] == '+6.2 [+3.1, +9.4]' and ukd[5].value == pytest.approx(6.25)


def test_one_seed_has_no_interval(made_up, load):
    table = accuracy_table(load(made_up.MadeUpSweep(seeds=(0,))))
    assert table.rows[0][3:5] == ('1', '55.0')


def test_short_schedules_are_marked_and_apart(made_up, load):
    made = made_up.MadeUpSweep()
    made.records[f'ukd4-{END}-0']['schedule']['epochs'] = 4
    sweep = load(made)
    for table in (
        accuracy_table(sweep),
        memory_table(sweep),
        cost_table(sweep),
    ):
        marked = [row for row in table.rows if '†' in row[0]]
        assert [row[:2] for row in marked] == [('UKD †', '4')]
        assert table.notes[-1].startswith('† Shorter schedule')
    rows = {row[0]: row[3] for row in accuracy_table(sweep).rows if row[1] == '4'}
    assert rows == {'UKD †': '1', 'UKD': '2', 'Naive': '3'}


def test_memory_by_phase_and_pipeline(made_up, load):
    made = made_up.MadeUpSweep()
    made.records['teacher-r2plus1d-he']['memory']['train']['allocated_peak_bytes'] = 64 * MIB
    table = memory_table(load(made))
    rows = {row[:2]: row[2:] for row in table.rows}
    assert rows['UKD', '2'] == ('30.0', '1.000', '12.0', '30.0', '900', '1.22')
    assert rows['UKD', '4'] == ('30.0', '1.000', '12.0', '64.0', '900', '2.44')
    assert rows['Naive', '4'] == ('62.0', '2.067', '12.0', '64.0', '900', '–')
    assert 'Made-up CPU' in table.notes[0]


def test_what_was_not_measured_is_a_dash(made_up, load):
    made = made_up.MadeUpSweep(seeds=(0,))
    record = made.records[f'plain-{END}-0']
    record['memory']['train']['allocated_peak_bytes'] = None
    record['time'] = {name: None for name in record['time']}
    record['counts']['inference_flops'] = None
    sweep = load(made)
    assert memory_table(sweep).rows[0][2:] == ('–', '–', '12.0', '–', '900', '–')
    assert cost_table(sweep).rows[0][2:] == ('–', '–', '–', '–', '0.50', '–')


def test_cost_by_hand(made_up, load):
    rows = {row[:2]: row[2:] for row in cost_table(load(made_up.MadeUpSweep())).rows}
    assert rows['Naive', '4'][:4] == ('210.0 ± 0.0', '2.33 ± 0.00', '3 min 40 s', '9 min 40 s')


def test_slopes_by_hand(made_up, load):
    table = slope_table(load(made_up.MadeUpSweep()))
    assert [row[1:5] for row in table.rows] == [
        ('UKD', '1, 2 and 4', '0.000', '[0.000, 0.000]'),
        ('Naive', '1, 2 and 4', '+8.000', '[+8.000, +8.000]'),
    ]


def test_equality_finds_a_planted_mismatch(made_up, load):
    made = made_up.MadeUpSweep()
    made.records[f'naive2-{END}-1']['hashes']['student_state'] = 'other'
    table = equality_table(load(made))
    assert table.lead == 'Unequal: 1 of 9 pairs.'
    odd = [row for row in table.rows if 'differ' in row]
    assert odd == [(END, 'Naive', '2', '1', '1', 'equal', 'equal', 'differ', '0.0')]


def test_equality_of_all_and_of_unknown(made_up, load):
    made = made_up.MadeUpSweep()
    assert equality_table(load(made)).lead == 'All 9 pairs are equal, bit for bit.'
    made.records[f'ukd2-{END}-1']['hashes']['targets'] = None
    table = equality_table(load(made))
    assert table.lead == '8 of 9 pairs have every hash; none differs.'
    assert column(table, 'Targets').count('–') == 1


def test_pairs_of_unequal_schedules_are_no_pairs(made_up, load):
    made = made_up.MadeUpSweep(seeds=(0,))
    made.records[f'ukd4-{END}-0']['schedule']['epochs'] = 4
    assert len(equality_table(load(made)).rows) == 2


def test_teachers_in_the_order_of_the_pool(made_up, load):
    made = made_up.MadeUpSweep(seeds=(0,))
    made.records = dict(reversed(made.records.items()))
    table = teacher_table(load(made))
    assert column(table, 'Teacher') == [*made_up.POOL, 'Ensemble of 4']
    assert column(table, 'Top-1, %')[-1] == '75.0'
    assert column(table, 'Bank fill, MiB') == ['14.0'] * 4 + ['–']


def test_lost_runs_have_rows(made_up, load):
    made = made_up.MadeUpSweep(seeds=(0,))
    made.records[f'naive4-{END}-0'].update(status='oom', error={'type': 'OOM', 'message': 'full'})
    sweep = load(made)
    assert lost_table(sweep).rows == (('Naive', END, '4', '0', '1', 'oom', 'OOM: full'),)


def test_no_lost_runs_no_table(made_up, load):
    assert lost_table(load(made_up.MadeUpSweep(seeds=(0,)))) is None


def test_published_keeps_conflicts():
    table = published_table()
    assert [row[1] for row in table.rows if row[0] == 'I3D-RGB'] == ['54.68', '68.29', '48.75']
    assert len(table.rows) == 24
    assert ('ActLumos student, dark only, without self-supervision', '95.75', '–') in [
        row[:3] for row in table.rows
    ]


def test_provenance_names_what_counts(made_up, load):
    found = dict(provenance(load(made_up.MadeUpSweep()), 'abc'))
    assert found['Commit'] == '0123456789ab'
    assert found['Device'] == 'Made-up CPU'
    assert found['Data'] == 'darkroom-quick (synthetic)'
    assert found['Seeds'] == '0, 1, 2'


def test_comparison_lists_what_differs(made_up, tmp_path):
    made = made_up.MadeUpSweep(seeds=(0,))
    there = load_sweep(made.write(tmp_path / 'there'))
    made.records[f'plain-{END}-0']['hashes']['student_state'] = 'other'
    here = load_sweep(made.write(tmp_path / 'here'))
    compared = compare(here, there)
    table = comparison_table(compared)
    assert [(row[1], row[-1]) for row in table.rows] == [('trained weights', 'differs')]
    assert 'initial weights: 14 within tolerance, of which 14 exactly equal.' in table.notes
    everything = every_comparison(compared)
    assert everything.folded and len(everything.rows) == len(compared.rows) > 100
    assert {row[-1] for row in everything.rows} == {'equal', 'differs'}


def test_an_oracle_is_marked_wherever_it_has_a_name(made_up, load):
    made = made_up.MadeUpSweep()
    for record in made.records.values():
        record['selection'] = 'oracle_best_on_test'
    sweep = load(made)
    accuracy = accuracy_table(sweep)
    assert {name.split(' ')[-1] for name in column(accuracy, 'Method')} == {'‡'}
    assert any(note.startswith('‡ An oracle') for note in accuracy.notes)
    assert not any('no checkpoint is selected' in note for note in accuracy.notes)
    teachers = teacher_table(sweep)
    assert {name.split(' ')[-1] for name in column(teachers, 'Teacher')} == {'‡'}
    assert any('too high by an unknown amount' in one.means for one in doubts(sweep, 'x'))
    assert ('Tested epoch', 'oracle best on test') in provenance(sweep, 'x')


def test_other_rules_are_named_and_not_marked(made_up, load):
    made = made_up.MadeUpSweep()
    for record in made.records.values():
        record['selection'] = 'best_on_held_out_groups'
    table = accuracy_table(load(made))
    assert any('best on groups held out' in note for note in table.notes)
    assert not any('‡' in name for name in column(table, 'Method'))


def test_protocols_are_named_and_never_averaged(made_up, load):
    made = made_up.MadeUpSweep()
    made.select('plain')[0]['protocol'] = {'name': 'clips10_crops3', 'version': 1, 'views': 30}
    sweep = load(made)
    assert [row[3] for row in accuracy_table(sweep).rows if row[0].startswith('Plain')] == [
        '1',
        '2',
    ]
    evaluation = dict(provenance(sweep, 'x'))['Evaluation']
    assert 'center, version 1, 1 view a clip' in evaluation
    assert 'clips10_crops3, version 1, 30 views a clip' in evaluation
