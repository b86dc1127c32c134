"""Every method of the comparison in a report, and any subset of them."""

import pytest

from ukd_bench.methods.known import KnownMethods
from ukd_bench.methods.looks import LOOKS
from ukd_bench.methods.table import STUDENT_METHODS
from ukd_bench.report import page as wording
from ukd_bench.report.figures.gallery import draw_all
from ukd_bench.report.figures.style import dash, marker
from ukd_bench.report.figures.teachers import _side_by_side
from ukd_bench.report.page import write_report
from ukd_bench.report.tables.equality import equality_table
from ukd_bench.report.tables.memory import memory_table, slope_table
from ukd_bench.report.tables.students import accuracy_table, cost_table
from ukd_bench.report.tables.teachers import teacher_table
from ukd_bench.results.full_size import FullSize
from ukd_bench.results.loading import load_sweep

END = 'r2plus1d-r18-w8'
SUITE = KnownMethods()


@pytest.fixture
def every_method(made_up):
    made = made_up.MadeUpSweep(seeds=(0,))
    made.add_other_methods(END, 0)
    return made


@pytest.fixture
def load(tmp_path):
    return lambda made: load_sweep(made.write(tmp_path / 'results'))


def cells(table) -> dict[tuple[str, str], tuple[str, ...]]:
    return {row[:2]: row[2:] for row in table.rows}


def test_each_method_has_a_name_a_text_and_looks_of_its_own():
    assert tuple(LOOKS) == STUDENT_METHODS
    for key in ('title', 'sentence', 'colour', 'marker'):
        things = [getattr(look, key) for look in LOOKS.values()]
        assert len(set(things)) == len(things) and all(things)
    lines = [dash(LOOKS[name]) for name, row in SUITE.rows.items() if not row.by_count]
    assert len(set(lines)) == len(lines) > 3
    assert marker(LOOKS['wide'], True)['facecolor'] == 'white'


def test_accuracy_has_a_row_for_every_cell(every_method, load):
    found = cells(accuracy_table(load(every_method)))
    names = [name for name, _ in found]
    assert list(dict.fromkeys(names)) == [SUITE.heading(m) for m in STUDENT_METHODS]
    assert found['Plain, longer', '4'][:3] == ('94', '1', '57.5')
    assert found['Mutual learning', '2'][2] == '60.0'
    assert ('Mutual learning', '1') not in found
    assert not any('†' in name for name in names)


def test_what_k_means_is_said_for_what_is_there(every_method, made_up, load):
    notes = accuracy_table(load(every_method)).notes
    assert '“Plain, longer” has the compute of UKD with that many, banks included.' in notes[-1]
    assert '“Mutual learning” trains that many networks together.' in notes[-1]


def test_pipelines_count_what_a_method_needs(every_method, load):
    """A teacher takes 90 s, its bank 25 s, a training 100 s."""
    found = cells(cost_table(load(every_method)))
    times = {cell: row[3] for cell, row in found.items()}
    assert times['Chain', '1'] == '3 min 35 s'
    assert times['Chain', '3'] == '10 min 45 s'  # 3 x (90 + 25 + 100)
    assert times['Self-distillation', '1'] == '3 min 35 s'
    assert times['Random teacher', '2'] == '5 min 30 s'  # 2 x (90 + 25) + 100
    assert times['Naive, graphs kept', '2'] == '4 min 40 s'  # 2 x 90 + 100
    assert times['Mutual learning', '4'] == '6 min 40 s'


def test_pipelines_count_the_flow_of_their_teachers_once(every_method, load):
    flow = dict(algorithm='farneback', compute_s=60.0, bytes=1)
    for record in every_method.select('teacher')[:2]:
        record['flow'] = dict(flow)
    times = {cell: row[3] for cell, row in cells(cost_table(load(every_method))).items()}
    assert times['UKD', '1'] == '4 min 35 s'
    assert times['UKD', '2'] == '6 min 30 s'


def test_a_lost_stage_leaves_the_next_without_a_pipeline(every_method, load):
    every_method.lose(f'chain1-{END}-0', 'failed', None)
    sweep = load(every_method)
    assert cells(cost_table(sweep))['Chain', '2'][2:4] == ('1 min 40 s', '–')
    assert cells(memory_table(sweep))['Chain', '2'][3] == '–'


def test_a_peak_that_says_nothing_is_a_dash(every_method, load):
    sweep = load(every_method)
    table = memory_table(sweep)
    assert cells(table)['Naive, swapped', '4'] == ('–', '–', '12.0', '–', '900', '–')
    assert any(note.startswith('Naive, swapped: a CPU is host and device') for note in table.notes)
    assert 'Naive, swapped' not in [row[1] for row in slope_table(sweep).rows]
    for record in every_method.select('swap'):
        record['memory']['train']['allocated_peak_bytes'] = 32 * 1024**2
    measured = memory_table(load(every_method))
    assert cells(measured)['Naive, swapped', '4'][0] == '32.0'
    assert not any(note.startswith('Naive, swapped') for note in measured.notes)


def test_banks_are_those_that_a_run_reads(every_method, load):
    found = cells(memory_table(load(every_method)))
    banked = {cell for cell, row in found.items() if row[-1] != '–'}
    shuffled = ('UKD, shuffled', 'UKD, shuffled across classes')
    names = ('Self-distillation', *shuffled, 'UKD', 'Random teacher', 'Chain')
    assert {name for name, _ in banked} == set(names)
    assert found['Chain', '4'][-1] == '0.61'


def test_slopes_of_all_that_grow_or_might(every_method, load):
    rows = {row[1]: row[3] for row in slope_table(load(every_method)).rows}
    assert rows == {
        'UKD, shuffled': '0.000',
        'UKD, shuffled across classes': '0.000',
        'Precomputed targets': '0.000',
        'UKD': '0.000',
        'Naive': '+8.000',
        'Naive, graphs kept': '+20.000',
        'Random teacher': '0.000',
        'Chain': '0.000',
        'Mutual learning': '+30.000',
    }


def test_equality_with_every_way_to_ask_teachers_online(every_method, load):
    every_method.records[f'swap2-{END}-0']['hashes']['targets'] = 'other'
    table = equality_table(load(every_method))
    assert table.lead == 'Unequal: 1 of 9 pairs.'
    assert [row[1] for row in table.rows[:3]] == ['Naive', 'Naive, graphs kept', 'Naive, swapped']
    assert [row[1:3] for row in table.rows if 'differ' in row] == [('Naive, swapped', '2')]


def test_equality_without_naive(every_method, load):
    every_method.records = {
        key: record for key, record in every_method.records.items() if record['method'] != 'naive'
    }
    table = equality_table(load(every_method))
    assert {row[1] for row in table.rows} == {'Naive, graphs kept', 'Naive, swapped'}
    every_method.records = {
        key: record for key, record in every_method.records.items() if record['method'] != 'ukd'
    }
    assert equality_table(load(every_method)) is None


def test_a_teacher_of_the_students_own_kind_is_none_of_the_pool(every_method, made_up, load):
    every_method.records = dict(reversed(every_method.records.items()))
    table = teacher_table(load(every_method))
    names = [row[0] for row in table.rows]
    assert names == [*made_up.POOL, 'Ensemble of 4', f'self-{END}-s0']
    assert table.groups == (
        (0, 'The pool'),
        (5, 'Teachers of the student’s own kind, for self-distillation'),
    )


def test_a_plan_without_a_pool_counts_all_teachers(made_up, load):
    made = made_up.MadeUpSweep(seeds=(0,))
    sweep = load(made)
    sweep.plan['pool'] = []
    table = teacher_table(sweep)
    assert sorted(row[0] for row in table.rows) == sorted([*made_up.POOL, 'Ensemble of 4'])
    assert len(table.groups) == 1


def test_views_that_repeat_are_told(every_method, load):
    quiet = accuracy_table(load(every_method))
    assert not any('augmented views' in note for note in quiet.notes)
    for method in ('ukd', 'random'):
        for record in every_method.select(method):
            record['knowledge']['num_views'] = 10
    for record in every_method.select('naive'):
        record['knowledge']['num_views'] = None
    notes = ' '.join(accuracy_table(load(every_method)).notes)
    assert (
        'There were 10 augmented views a clip, so they repeat in trainings of 40 epochs.' in notes
    )
    assert notes.count('augmented views') == 1


@pytest.mark.parametrize(
    'methods',
    [
        ('swap',),
        ('mutual', 'plain'),
        ('self', 'teacher', 'bank'),
        ('plain_long', 'wide'),
        ('chain', 'bank', 'teacher'),
    ],
)
def test_any_subset_gives_a_report(every_method, tmp_path, methods):
    every_method.records = {
        key: record for key, record in every_method.records.items() if record['method'] in methods
    }
    report = write_report(every_method.write(tmp_path / 'results'), tmp_path / 'out')
    pages = report.index.read_text(), report.markdown.read_text()
    students = [method for method in STUDENT_METHODS if method in methods]
    assert wording.methods_text(report.sweep, FullSize()) == [
        (SUITE.heading(method), LOOKS[method].sentence) for method in students
    ]
    for method in STUDENT_METHODS:
        for page in pages:
            assert (LOOKS[method].sentence in page) == (method in students)


def test_figures_have_room_for_all(every_method, made_up, tmp_path):
    def height(name: str, made) -> float:
        drawings = {d.name: d for d in draw_all(load_sweep(made.write(tmp_path / name)))}
        return float(drawings['accuracy'].svg.split('viewBox="0 0 ')[1].split('"')[0].split()[1])

    few = height('few', made_up.MadeUpSweep(seeds=(0,)))
    assert few == pytest.approx(3.5 * 72)
    assert height('all', every_method) > 1.3 * few


def test_methods_stand_side_by_side_about_k():
    shifts = _side_by_side(['ukd', 'naive', 'swap'])
    assert shifts['naive'] == 1
    assert shifts['ukd'] * shifts['swap'] == pytest.approx(1)
    many = _side_by_side([str(n) for n in range(40)])
    assert max(many.values()) / min(many.values()) < 2**0.5
