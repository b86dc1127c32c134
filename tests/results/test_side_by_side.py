"""Two sweeps, cell by cell."""

import pytest

from tests.results.made_up_regimes import made_up_regimes
from ukd_bench.results.loading import load_sweep
from ukd_bench.results.side_by_side import side_by_side

END = 'r2plus1d-r18-w8'


@pytest.fixture
def beside(made_up, tmp_path):
    """Sets a made-up sweep beside one that a test changes, and returns its cells by name."""

    def make(change=None, seeds=(0, 1, 2)):
        first = load_sweep(made_up.MadeUpSweep().write(tmp_path / 'a'))
        made = made_up.MadeUpSweep(seeds=seeds)
        if change:
            change(made)
        pair = side_by_side(first, load_sweep(made.write(tmp_path / 'b')))
        return pair, {(one.first[0].method, one.first[0].num_teachers): one for one in pair.both}

    return make


def elsewhere(made):
    for record in made.records.values():
        record['environment']['device'] = {'kind': 'cpu', 'name': 'Another CPU'}
        record['hashes']['student_state'] = f'other-{record["key"]}'


def worse(made):
    """UKD of one teacher: 2.5, 5 and 7.5 points below the other sweep's."""
    for record, top1 in zip(made.select('ukd', 1), (0.6, 0.6, 0.5625), strict=True):
        record['metrics']['top1'] = top1


def test_equal_sweeps_have_no_difference_and_equal_hashes(beside):
    pair, cells = beside()
    assert len(pair.both) == 4 + 3 + 3 + 4 + 4 + 1 and pair.alone == ()
    ukd = cells['ukd', 4]
    assert ukd.paired and (ukd.difference.mean, ukd.difference.low, ukd.difference.high) == (
        0,
        0,
        0,
    )
    assert {ukd.hashes(name) for name in ('initial_state', 'targets', 'student_state')} == {'equal'}
    assert cells['plain', 0].hashes('targets') is None
    assert pair.told_apart() == [] and all(one.unlike == [] for one in pair.both)


def test_students_come_before_teachers(beside):
    pair, _ = beside()
    of_students = [one.first[0].of_student for one in pair.both]
    assert of_students == sorted(of_students, reverse=True)


def test_seeds_that_began_alike_are_paired(beside):
    _, cells = beside(lambda made: (elsewhere(made), worse(made)))
    ukd = cells['ukd', 1]
    assert ukd.paired and ukd.difference.mean == pytest.approx(-0.05)
    # By hand: sd 0.025, t(0.975, 2) = 4.303: half-width 4.303 x 0.025 / sqrt(3) = 0.0621
    assert ukd.difference.high - ukd.difference.mean == pytest.approx(0.0621, abs=1e-4)
    assert ukd.hashes('student_state') == 'not comparable'


@pytest.mark.parametrize('case', ['other weights', 'a seed more', 'no hash'])
def test_others_are_not_paired(beside, case):
    def change(made):
        worse(made)
        if case != 'a seed more':
            value = None if case == 'no hash' else 'other'
            made.select('ukd', 1)[0]['hashes']['initial_state'] = value
        else:
            del made.records[f'ukd1-{END}-2']

    pair, cells = beside(change)
    ukd = cells['ukd', 1]
    assert not ukd.paired and ukd.difference.n == (2 if case == 'a seed more' else 3)
    assert ukd.difference.high - ukd.difference.low > 0
    alone = [(one.in_second, [run.seed for run in one.runs], one.elsewhere) for one in pair.alone]
    assert alone == ([(False, [2], 'not planned')] if case == 'a seed more' else [])


def test_on_one_machine_another_hash_differs(beside):
    def change(made):
        made.select('ukd', 2)[1]['hashes']['student_state'] = 'other'

    _, cells = beside(change)
    assert cells['ukd', 2].hashes('student_state') == 'differ'
    assert cells['ukd', 2].hashes('targets') == 'equal'


def test_p_values_are_corrected_over_all_cells(beside):
    pair, cells = beside(worse)
    tested = [one for one in pair.both if one.corrected_p is not None]
    ukd = cells['ukd', 1]
    assert len(tested) == 10
    assert ukd.corrected_p == pytest.approx(min(1, 10 * ukd.difference.p_value))


def test_other_clips_have_no_difference_but_ratios(beside):
    def change(made):
        made.dataset = {'name': 'another'}
        for record in made.records.values():
            record['dataset'] |= {'name': 'another', 'fingerprint': 'e' * 64}
            record['hashes']['student_state'] = f'other-{record["key"]}'
            if record['memory'].get('train'):
                record['memory']['train']['allocated_peak_bytes'] *= 2

    pair, cells = beside(change)
    assert len(pair.both) == 19
    for one in cells.values():
        assert one.difference is None and one.unlike == ['data']
    assert cells['ukd', 1].hashes('student_state') == 'not comparable'
    assert cells['ukd', 1].ratio(lambda run: run.memory('train')) == 2


def test_what_else_differs_is_named(beside):
    def change(made):
        for record in made.select('ukd', 1):
            record['knowledge']['temperature'] = 5.0
        for record in made.select('plain'):
            record['schedule']['batch_size'] = 8

    _, cells = beside(change)
    assert cells['ukd', 1].unlike == ['distillation']
    assert cells['plain', 0].unlike == ['batch size']


def test_what_became_of_runs_in_the_other_sweep(beside):
    def change(made):
        error = {'type': 'OutOfMemoryError', 'message': 'no'}
        for record in made.select('naive', 4):
            record.update(status='oom', error=error)
        made.lose(f'plain-{END}-0', 'failed', 'RuntimeError: no')
        for record in made.select('label_smoothing'):
            record['schedule']['epochs'] = 20
        for key in [key for key in made.records if key.startswith('two_stream_rgb')]:
            del made.records[key]

    pair, _ = beside(change)
    told = {
        (one.runs[0].method, one.in_second): (len(one.runs), one.elsewhere) for one in pair.alone
    }
    other = 'under another schedule, evaluation or data'
    assert told == {
        ('naive', False): (3, 'out of memory'),
        ('plain', False): (1, 'failed'),
        ('label_smoothing', False): (3, other),
        ('label_smoothing', True): (3, other),
        ('two_stream_rgb_flow', False): (3, 'not planned'),
    }


def test_what_serves_several_regimes_counts_once(tmp_path):
    top1 = {name: dict(plain=[0.6, 0.7]) for name in ('bright', 'scratch')}
    pair = side_by_side(
        *(load_sweep(made_up_regimes(top1).write(tmp_path / name)) for name in 'ab')
    )
    places = [(one.first[0].method, one.place.regime) for one in pair.both]
    assert places.count(('plain', 'bright')) == places.count(('plain', 'scratch')) == 1
    assert [method for method, _ in places].count('teacher') == 4
    assert [method for method, _ in places].count('pretraining') == 1
