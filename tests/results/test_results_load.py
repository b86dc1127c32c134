import errno
import json

import pytest

from ukd_bench.errors import ResultsError
from ukd_bench.files import hashes
from ukd_bench.records.plan_file import write_plan
from ukd_bench.results.loading import load_sweep
from ukd_bench.results.scores import load_scores

MIB = 1024**2
END = 'r2plus1d-r18-w8'


def test_cells_are_over_seeds(made_up, tmp_path):
    sweep = load_sweep(made_up.MadeUpSweep().write(tmp_path))
    found = [cell for cell in sweep.cells() if cell.method == 'ukd']
    assert [(cell.num_teachers, len(cell.runs)) for cell in found] == [(1, 3), (2, 3), (4, 3)]
    assert sweep.students == [END]
    assert sweep.synthetic


def test_pipeline_is_over_unique_ancestors(made_up, tmp_path):
    made = made_up.MadeUpSweep(seeds=(0,))
    made.records['teacher-r2plus1d-diff']['memory']['train']['allocated_peak_bytes'] = 77 * MIB
    sweep = load_sweep(made.write(tmp_path))
    ukd = sweep.by_key[f'ukd2-{END}-0']
    # Two teachers, two banks, the student: 2 x 90 + 2 x 25 + 100 s.
    assert sweep.pipeline_time(ukd) == 330
    assert (ukd.peak(), sweep.pipeline_peak(ukd)) == (30 * MIB, 77 * MIB)


def test_pipeline_is_unknown_where_an_ancestor_is(made_up, tmp_path):
    made = made_up.MadeUpSweep(seeds=(0,))
    made.lose('bank-r2plus1d-diff', 'failed', 'RuntimeError: no')
    sweep = load_sweep(made.write(tmp_path))
    assert sweep.pipeline_time(sweep.by_key[f'ukd2-{END}-0']) is None
    assert sweep.pipeline_peak(sweep.by_key[f'ukd2-{END}-0']) is None
    assert sweep.pipeline_time(sweep.by_key[f'ukd1-{END}-0']) == 215


def test_every_unfinished_run_is_carried_as_such(made_up, tmp_path):
    made = made_up.MadeUpSweep(seeds=(0, 1))
    made.lose(f'plain-{END}-0', 'failed', 'Traceback\n  ...\nRuntimeError: no /home/joe/x/clip.avi')
    made.records[f'naive4-{END}-0'].update(status='oom', error={'type': 'OOM', 'message': 'full'})
    made.records[f'ukd1-{END}-0'].update(status='diverged', metrics=None)
    made.write(tmp_path)
    (tmp_path / f'ukd2-{END}-0-cafe' / 'record.json').write_text('{"schema": 1,')
    (tmp_path / f'ukd4-{END}-0-cafe' / 'record.json').unlink()
    other = json.loads((tmp_path / f'plain-{END}-1-cafe' / 'record.json').read_text())
    other['schema'] = 99
    (tmp_path / f'plain-{END}-1-cafe' / 'record.json').write_text(json.dumps(other))
    sweep = load_sweep(tmp_path)
    status = {run.key: (run.status, run.problem) for run in sweep.runs if not run.done}
    assert status[f'plain-{END}-0'] == ('failed', 'RuntimeError: no …/clip.avi')
    assert status[f'naive4-{END}-0'] == ('oom', 'OOM: full')
    assert status[f'ukd1-{END}-0'][0] == 'diverged'
    assert status[f'ukd2-{END}-0'][0] == 'unreadable'
    assert 'record.json: not valid JSON' in status[f'ukd2-{END}-0'][1]
    assert status[f'ukd4-{END}-0'] == ('missing', 'no record and no state')
    assert 'schema 99 is not 2' in status[f'plain-{END}-1'][1]
    assert len(status) == 6
    assert all(run.done for cell in sweep.cells() for run in cell.runs)


def test_record_of_another_run_is_not_believed(made_up, tmp_path):
    made_up.MadeUpSweep(seeds=(0,)).write(tmp_path)
    path = tmp_path / f'plain-{END}-0-cafe' / 'record.json'
    made_up.change_sealed(path, 5, 'seed')
    run = load_sweep(tmp_path).by_key[f'plain-{END}-0']
    assert (run.status, run.problem) == ('unreadable', 'the record has seed 5, the plan 0')


def test_scores_that_cannot_be_read_cost_one_run(made_up, tmp_path, monkeypatch):
    made_up.MadeUpSweep(seeds=(0,)).write(tmp_path)
    folder, whole = f'plain-{END}-0-cafe', hashes.file_sha256

    def fail_once(path):
        if path.parent.name == folder:
            raise ResultsError(f'{path}: cannot be read (no)') from OSError(errno.EIO, 'no')
        return whole(path)

    monkeypatch.setattr(hashes, 'file_sha256', fail_once)
    (run,) = (run for run in load_sweep(tmp_path).runs if not run.done)
    assert (run.key, run.status) == (f'plain-{END}-0', 'unreadable')
    assert run.problem == f'{folder}/scores.npz: cannot be read (no)'


def test_teachers_are_called_as_the_plan_has_them(made_up, tmp_path):
    made = made_up.MadeUpSweep(seeds=(0,))
    naive, teacher = made.records[f'naive1-{END}-0'], made.records['teacher-r2plus1d-gamma1.8']
    naive['teachers'] = [dict(name='formerly', key=teacher['key'], checkpoint_sha256=None)]
    sweep = load_sweep(made.write(tmp_path))
    (told,) = sweep.by_key[naive['key']].record['teachers']
    assert told['name'] == 'r2plus1d-gamma1.8'


def test_record_outside_the_plan_enters_no_cell(made_up, tmp_path):
    made_up.MadeUpSweep(seeds=(0,)).write(tmp_path)
    plan = json.loads((tmp_path / 'plan.json').read_text())
    plan['runs'] = [row for row in plan['runs'] if row['method'] != 'plain']
    write_plan(tmp_path / 'plan.json', plan)
    sweep = load_sweep(tmp_path)
    assert [run.method for run in sweep.unplanned] == ['plain']
    assert 'plain' not in {cell.method for cell in sweep.cells()}


def test_what_is_planned_twice_counts_once(made_up, tmp_path):
    made = made_up.MadeUpSweep(seeds=(0,))
    made.add('ensemble', 'again', student=None, k=4, top1=0.25)
    made.add('ensemble', 'elsewhere', student=None, k=4, top1=0.8)['execution'] = 'beef'
    sweep = load_sweep(made.write(tmp_path))
    again = sweep.by_key['again']
    assert (again.status, again.problem) == (
        'repeated',
        'the same as ensemble; left out of every figure',
    )
    (cell,) = (cell for cell in sweep.cells() if cell.method == 'ensemble')
    assert [run.key for run in cell.runs] == ['ensemble', 'elsewhere']


@pytest.mark.parametrize(
    ('plan', 'message'),
    [
        (None, 'holds no plan.json'),
        ('{', 'not valid JSON'),
        ('[]', 'a plan must be a JSON object'),
        ('{"schema": 7, "runs": [{}]}', 'schema 7 is not 2'),
        ('{"schema": 1, "runs": [{}]}', 'schema 1 is not 2'),
        ('{"schema": 2, "runs": [{}]}', 'edited or damaged, its digest is not that of its content'),
    ],
)
def test_broken_plan(tmp_path, plan, message):
    if plan is not None:
        (tmp_path / 'plan.json').write_text(plan)
    with pytest.raises(ResultsError, match=message):
        load_sweep(tmp_path)


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (dict(runs=[]), 'plans no runs'),
        (dict(runs=[{}]), r"key 'runs\[0\].key' is absent"),
        (dict(runs=None), 'runs is None, not a list'),
        (dict(pool={}), r'pool is {}, not a list'),
        (dict(dataset=None), 'dataset is None, not an object'),
        (dict(claims_sha256=5), 'claims_sha256 is 5, not a line of text'),
        (dict(methods=[{'name': 'mine'}]), r"methods\[0\]: key 'title' is absent"),
    ],
)
def test_a_plan_of_wrong_values(made_up, tmp_path, change, message):
    write_plan(tmp_path / 'plan.json', made_up.MadeUpSweep(seeds=(0,)).plan() | change)
    with pytest.raises(ResultsError, match=f'plan.json: {message}'):
        load_sweep(tmp_path)


def test_scores_come_in_the_order_of_their_names(made_up, tmp_path):
    sweep = load_sweep(made_up.MadeUpSweep(seeds=(0,)).write(tmp_path))
    run = sweep.by_key[f'plain-{END}-0']
    scores = load_scores(run)
    assert list(scores.samples) == sorted(scores.samples)
    assert scores.hits.mean() == run.metric('top1') == 0.55


def test_broken_scores_are_none(made_up, tmp_path):
    sweep = load_sweep(made_up.MadeUpSweep(seeds=(0,)).write(tmp_path))
    run = sweep.by_key[f'plain-{END}-0']
    run.paths.scores.write_bytes(b'no archive')
    assert load_scores(run) is None
    run.paths.scores.unlink()
    assert load_scores(run) is None
