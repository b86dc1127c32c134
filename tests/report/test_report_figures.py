import pytest
from matplotlib.figure import Figure

from ukd_bench.report.figures import axes as figures, data as figure_data
from ukd_bench.results.comparable import comparable_runs
from ukd_bench.results.load import load_sweep


@pytest.fixture
def group(made_up, tmp_path):
    return comparable_runs(load_sweep(made_up.MadeUpSweep().write(tmp_path)))[0]


def test_frame_by_hand(group):
    table = figure_data.frame(group).set_index(['method', 'k'])
    assert table.loc[('plain', 0), 'top1'] == pytest.approx(57.5)
    assert table.loc[('naive', 4), 'train_mib'] == 62
    assert len(table) == 10


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
        figures.accuracy_against_memory,
    ],
)
def test_figures_take_and_return_the_axes(group, draw):
    ax = Figure().subplots()
    assert draw(figure_data.frame(group), group.methods, ax) is ax
    assert ax.get_xlabel() and ax.get_ylabel()


def test_figures_without_distilled_students(group):
    table = figure_data.frame(group)
    floor = table[table['method'] == 'plain']
    for draw in (figures.accuracy_against_teachers, figures.memory_against_teachers):
        ax = Figure().subplots()
        assert draw(floor, group.methods, ax) is ax


def test_memory_starts_at_zero(group):
    ax = figures.memory_against_teachers(
        figure_data.frame(group), group.methods, Figure().subplots()
    )
    assert ax.get_ylim()[0] == 0


def test_spread_by_hand():
    assert figures.spread([1.0, 5.0], 1.0) == [1.0, 5.0]
    assert figures.spread([2.0, 2.0, 2.0], 1.0) == [1.0, 2.0, 3.0]
    assert figures.spread([0.0, 2.0, 2.0], 1.0) == [0.0, 1.5, 2.5]
