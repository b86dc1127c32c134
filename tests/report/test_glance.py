"""The table that stands first: what each method reaches, and what it takes."""

from tests.results.made_up_regimes import made_up_regimes
from ukd_bench.report.tables.glance import glance_table
from ukd_bench.results.loading import load_sweep


def test_each_method_at_its_largest_k(made_up, tmp_path):
    table = glance_table(load_sweep(made_up.MadeUpSweep().write(tmp_path)))
    rows = {row[0]: row[1:] for row in table.rows}
    assert [*rows] == [
        *('Plain', 'Label smoothing', 'UKD', 'Naive'),
        *('Two-stream (dark, light)', 'Two-stream (RGB, flow)', 'Ensemble'),
    ]
    # (70 + 73.75 + 71.25) / 3, and less 57.5.
    assert rows['UKD'][0] == '4' and rows['UKD'][1].startswith('71.7 ± ')
    assert rows['UKD'][2].startswith('+14.2 [') and rows['UKD'][3:5] == ('30.0', '1.000')
    assert rows['Naive'][3:5] == ('62.0', '2.067')
    assert rows['Plain'][2] == '–' and rows['Ensemble'][2:] == ('–',) * 4
    assert '320 clips to train and 80 to test, 4 classes), 3 seeds' in table.lead


def test_ukds_students_of_fewer_seeds_are_told_as_ukds(tmp_path):
    top1 = {'bright': dict(plain=[0.7, 0.6], ukd=[0.7, 0.5], naive=[0.7])}
    table = glance_table(load_sweep(made_up_regimes(top1).write(tmp_path)))
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows['Naive'][1:3] == ('as UKD', 'as UKD')


def test_regimes_of_controls_are_not_in_it(tmp_path):
    students = dict(plain=[0.6, 0.65], ukd=[0.7, 0.725])
    sweep = load_sweep(made_up_regimes(dict(bright=students, noisy=students)).write(tmp_path))
    assert len(glance_table(sweep).groups) == 1


def test_a_shorter_schedule_counts_where_there_is_no_other(made_up, tmp_path):
    made = made_up.MadeUpSweep(seeds=(0,))
    for record in made.select('naive', 4):
        record['schedule']['epochs'] = 10
    table = glance_table(load_sweep(made.write(tmp_path)))
    (naive,) = (row for row in table.rows if row[0] == 'Naive')
    assert naive[1] == '2', 'the largest K of the full schedule'
    assert glance_table(load_sweep(empty(made_up, tmp_path / 'empty'))) is None


def empty(made_up, folder):
    made = made_up.MadeUpSweep(seeds=(0,))
    for key in made.records:
        made.lose(key, 'failed', 'no')
    return made.write(folder)
