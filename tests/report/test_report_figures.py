import re
from functools import partial

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from tests.results.made_up_regimes import made_up_regimes
from ukd_bench.report.figures import data as figure_data, gallery, teachers as figures
from ukd_bench.report.figures.differences import difference_frame, differences
from ukd_bench.report.figures.gallery import draw_all
from ukd_bench.report.figures.pipeline import own_and_whole
from ukd_bench.report.figures.svg import draw
from ukd_bench.report.figures.tradeoff import accuracy_against, pareto_front
from ukd_bench.results.comparable import comparable_runs
from ukd_bench.results.loading import load_sweep


@pytest.fixture
def sweep(made_up, tmp_path):
    return load_sweep(made_up.MadeUpSweep().write(tmp_path))


@pytest.fixture
def group(sweep):
    return comparable_runs(sweep)[0]


@pytest.fixture
def table(group, sweep):
    return figure_data.frame(group, sweep)


def test_frame_by_hand(table):
    table = table.set_index(['method', 'k'])
    assert table.loc[('plain', 0), 'top1'] == pytest.approx(57.5)
    assert table.loc[('naive', 4), 'train_mib'] == 62
    assert len(table) == 10


def test_students_of_ukd_again_with_fewer_seeds_do_not_stand_beside_its_mean(tmp_path):
    top1 = {'bright': dict(plain=[0.7, 0.6], ukd=[0.7, 0.5], naive=[0.7])}
    sweep = load_sweep(made_up_regimes(top1).write(tmp_path))
    (group,) = comparable_runs(sweep)
    table = figure_data.frame(group, sweep).set_index('method')
    assert table.loc['ukd', 'top1'] == pytest.approx(60)
    assert table.loc[['naive'], 'top1'].isna().all() and table.loc['naive', 'train_mib'] > 0
    captions = {drawing.name: drawing.caption for drawing in draw_all(sweep)}
    assert 'Left out: Naive, of fewer seeds, whose students are UKD’s.' in captions['accuracy']


def test_class_frame_averages_to_the_accuracy(group):
    table = figure_data.class_frame(group)
    assert list(table.columns) == ['Drink', 'Jump', 'Push', 'Wave']
    # Classes have the same number of clips here.
    assert table.loc['Plain'].mean() == pytest.approx(57.5)
    assert 'UKD, K = 4' in table.index


@pytest.mark.parametrize(
    'draw',
    [
        figures.accuracy_against_teachers,
        figures.memory_against_teachers,
        partial(accuracy_against, cost='train_mib', label='MiB'),
        partial(own_and_whole, own='own_s', whole='pipeline_s', label='s'),
    ],
)
def test_figures_take_and_return_the_axes(table, group, draw):
    ax = Figure().subplots()
    assert draw(table, methods=group.methods, ax=ax) is ax
    assert ax.get_xlabel() and (ax.get_ylabel() or ax.get_yticklabels())


def test_figures_without_distilled_students(table, group):
    floor = table[table['method'] == 'plain']
    for one in (figures.accuracy_against_teachers, figures.memory_against_teachers):
        ax = Figure().subplots()
        assert one(floor, group.methods, ax) is ax


def test_memory_starts_at_zero(table, group):
    ax = figures.memory_against_teachers(table, group.methods, Figure().subplots())
    assert ax.get_ylim()[0] == 0


def test_spread_by_hand():
    assert figures.spread([1.0, 5.0], 1.0) == [1.0, 5.0]
    assert figures.spread([2.0, 2.0, 2.0], 1.0) == [1.0, 2.0, 3.0]
    assert figures.spread([0.0, 2.0, 2.0], 1.0) == [0.0, 1.5, 2.5]


def test_differences_by_hand(group):
    table, (heading,) = difference_frame([group])
    assert (heading.label, heading.row) == ('r2plus1d-r18-w8, K = 4', 0)
    assert list(table['method']) == [
        *('plain', 'label_smoothing', 'two_stream_dark_light', 'two_stream_rgb_flow'),
    ]
    assert list(table['row']) == [1, 2, 3, 4]
    # 70, 73.75, 71.25 less 55, 60, 57.5
    assert table['mean'][0] == pytest.approx(14.17, abs=0.01)
    assert table['low'][0] < 14 < table['high'][0]
    ax = Figure().subplots()
    assert differences(table, [heading], group.methods, ax) is ax
    assert [label.get_text() for label in ax.get_yticklabels()][1] == 'minus Plain'


def test_a_control_that_is_far_off_does_not_stretch_the_axis(group):
    table, headings = difference_frame([group])
    far = dict(method='shuffled_across', row=5, mean=64.4, low=63.0, high=66.0)
    stretched = pd.concat([table, pd.DataFrame([far])], ignore_index=True)
    ax = differences(stretched, headings, group.methods, Figure().subplots())
    low, high = ax.get_xlim()
    assert low < table['low'].min() and table['high'].max() < high < 63
    assert [text.get_text() for text in ax.texts] == ['+64.4 →']
    # Among the others it is a point as they are.
    near = stretched.assign(**{name: stretched[name].clip(upper=high - 1) for name in ('mean',)})
    assert not differences(near, headings, group.methods, Figure().subplots()).texts


def test_figures_of_regimes_for_controls_are_the_differences_alone(tmp_path):
    students = dict(plain=[0.6, 0.65], ukd=[0.7, 0.725])
    sweep = load_sweep(made_up_regimes(dict(bright=students, noisy=students)).write(tmp_path))
    drawings = draw_all(sweep)
    assert [drawing.name for drawing in drawings] == [
        *('gains', 'accuracy', 'memory', 'tradeoff', 'cost', 'pipeline', 'classes', 'class-gains'),
        *('confusion', 'loss', 'reliability'),
    ]
    assert '(noisy), K = 2' in drawings[0].svg


def test_controls_are_drawn_where_there_is_no_room_for_all(tmp_path, monkeypatch):
    students = dict(plain=[0.6, 0.65], ukd=[0.7, 0.725])
    sweep = load_sweep(made_up_regimes(dict(bright=students, noisy=students)).write(tmp_path))
    monkeypatch.setattr(gallery, '_MOST_TOGETHER', 1)
    drawn = draw_all(sweep)[0]
    assert '(noisy), K = 2' in drawn.svg and drawn.svg.count('K = 2') == 1
    assert drawn.caption.endswith(' 1 of 2; the table has all.')


def test_classes_against_the_plain_student(group):
    classes = figure_data.class_frame(group)
    found = figure_data.class_gain_frame(classes, 'Plain')
    assert 'Plain' not in found.index and len(found) == len(classes) - 1
    assert (found.loc['UKD, K = 4'] + classes.loc['Plain']).tolist() == pytest.approx(
        classes.loc['UKD, K = 4'].tolist()
    )
    assert figure_data.class_gain_frame(classes, 'None').empty


def test_losses_are_means_over_seeds_at_the_largest_k(group, table):
    curves = figure_data.curve_frame(group)
    ukd = curves[curves['method'] == 'ukd']
    assert ukd[['k', 'epoch', 'n']].to_numpy().tolist() == [[4, 1, 3], [4, 2, 3]]
    assert ukd['loss'].tolist() == pytest.approx([2.0, 0.8])
    assert set(table.query("method == 'ukd'")['top1_seeds'].map(len)) == {3}


def test_nothing_distilled_no_differences(made_up, tmp_path):
    made = made_up.MadeUpSweep(seeds=(0,))
    made.records = {key: one for key, one in made.records.items() if one['method'] == 'plain'}
    assert 'gains' not in [drawing.name for drawing in draw_all(load_sweep(made.write(tmp_path)))]


def test_the_pareto_front_by_hand():
    table = pd.DataFrame(
        dict(cost=[1, 2, 2, 3, 4, 4], top1=[50, 60, 55, 60, 70, np.nan], name=[*'abcdef'])
    )
    # c is beaten at its own cost; d costs more than b and is no better.
    assert pareto_front(table, 'cost', 'top1')['name'].tolist() == ['a', 'b', 'e']
    assert pareto_front(table.assign(top1=50, cost=1), 'cost', 'top1').shape[0] == 6


def test_confusions_are_over_all_seeds(group, sweep):
    named = dict(figure_data.confusion_frames(group, sweep))
    assert [*named] == ['Plain', 'UKD, K = 4', 'Ensemble of 4']
    plain = named['Plain']
    assert plain.sum(axis=1).tolist() == pytest.approx([100] * 4)
    # Classes have the same number of clips: the diagonal's mean is the mean accuracy.
    assert np.diag(plain).mean() == pytest.approx(57.5)
    # A wrong clip is taken for the next class.
    assert plain.loc['Drink', 'Jump'] == pytest.approx(100 - plain.loc['Drink', 'Drink'])


def test_reliability_is_over_the_clips_of_all_seeds(group, sweep):
    table = figure_data.reliability_frame(group, sweep).set_index('name')
    assert table.loc['Plain', 'clips'] == 3 * 80
    assert table.loc['Plain', 'accuracy'] == pytest.approx(57.5)
    assert table.loc['Plain', 'confidence'] == pytest.approx(70)


def test_accuracy_by_epoch_is_drawn_where_it_was_recorded(made_up, tmp_path):
    made = made_up.MadeUpSweep(seeds=(0, 1))
    assert 'learning' not in [one.name for one in draw_all(load_sweep(made.write(tmp_path / 'a')))]
    made.curve = (
        'epoch,loss,learning_rate,train_top1,validation_top1\n1,2.0,0.1,0.25,\n2,1,0.1,0.5,0.4\n'
    )
    drawn = {one.name: one for one in draw_all(load_sweep(made.write(tmp_path / 'b')))}
    plain = [point for point in drawn['learning'].points if point['method'] == 'plain']
    assert [point['train_top1'] for point in plain] == [25, 50]
    assert drawn['validation'].points[0]['validation_top1'] is None


def test_what_a_run_takes_and_what_all_that_it_needs(table):
    table = table.set_index(['method', 'k'])
    # A student of 100 s whose teachers take 90 s and whose banks take 100 s each.
    assert table.loc[('plain', 0), ['own_s', 'pipeline_s']].tolist() == [100, 100]
    assert table.loc[('ukd', 1), 'pipeline_s'] > table.loc[('ukd', 1), 'own_s']
    assert (table['pipeline_mib'] >= table['own_mib']).all()


def test_clip_paths_have_names_that_do_not_hang_on_memory():
    def paint(figure):
        for ax in figure.subplots(1, 2):
            ax.imshow(np.zeros((2, 2)), clip_path=None)
            ax.plot([0, 1])

    made = draw('some', '', (4, 2), paint, ())
    used = re.findall(r'clip-path="url\(#([^)]*)\)', made.svg)
    assert used and list(dict.fromkeys(used)) == [f'clip{n + 1}' for n in range(len({*used}))]
    assert {*re.findall(r'<clipPath id="([^"]*)"', made.svg)} == {*used}
    assert f'url(#some-{used[0]})' in made.inline
