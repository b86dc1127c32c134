"""The table of what each way of distilling needs, its figures worked out by hand."""

from tests.results.made_up_memory import MadeUpMemory
from ukd_bench.report.tables.ways import ways_table
from ukd_bench.results.claims import load_claims
from ukd_bench.results.load_full_size import load_full_size
from ukd_bench.results.loading import load_sweep
from ukd_bench.results.verdicts import evaluate

NO, YES = 'NOT SUPPORTED', 'SUPPORTED'


def made(sweep, path, *files):
    folder = path / 'memory'
    folder.mkdir()
    for index, one in enumerate(files):
        one.write(folder, str(index))
    loaded = load_sweep(sweep.write(path / 'results'))
    full_size = load_full_size(folder).beside(loaded.students)
    return ways_table(evaluate(loaded, load_claims(), full_size.students))


def test_the_table_by_hand(made_up, tmp_path):
    # Of plain's peak a teacher is 1/16, a graph 1/2, the one that is swapped in 1/16, a peer all.
    one, other = MadeUpMemory(swap=64), MadeUpMemory('x3d-m', 'X3D-M', naive=16)
    table = made(made_up.MadeUpSweep(seeds=(0,)), tmp_path, one, other)
    own = 'C1 at the sweep’s own scale, measured; decides nothing here'
    assert table.groups == ((0, 'C1 at full size, predicted'), (6, own))
    both = 'R(2+1)D-34; X3D-M'
    assert table.rows[:6] == (
        ('naive', 'R(2+1)D-34', '64', '5.00', '8', '–', YES),
        # 1 + K / 256 is 1.5 at K = 128.
        ('naive', 'X3D-M', '64', '1.25', 'never', '128', NO),
        ('naive, graphs kept', both, '64', '33.00', '1', '–', YES),
        ('naive, swapped', 'R(2+1)D-34', '64', '2.06', '28', '–', YES),
        ('naive, swapped', 'X3D-M', '64', '1.06', 'never', '–', NO),
        ('mutual learning', both, '64', '64.00', '2', '–', YES),
    )


def test_many_students_are_counted_and_what_ran_out_is_told(made_up, tmp_path):
    sweep = made_up.MadeUpSweep(seeds=(0,))
    for record in sweep.select('naive', 4):
        record.update(status='oom', metrics=None)
    files = [MadeUpMemory(name, name) for name in ('a', 'b', 'c', 'd')]
    table = made(sweep, tmp_path, *files)
    assert table.rows[0] == ('naive', 'all 4', '64', '5.00', '8', '–', YES)
    (at, _), rows = table.groups[1], {}
    for row in table.rows[at:]:
        rows[row[0]] = row
    assert rows['naive'][4:] == ('2; out of memory at 4', '–', YES)
    assert 'naive, swapped' not in rows
