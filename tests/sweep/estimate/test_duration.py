"""Times of runs to come, from made-up earlier ones, and the whole queue by hand."""

from dataclasses import replace

import pytest

from ukd_bench.sweep.estimate.duration import duration_of, queue_seconds
from ukd_bench.sweep.estimate.earlier_runs import EarlierRun

from ..left_runs import finish, state_of
from ..planned import STUDENT, planned, run_of

PLAIN = EarlierRun(
    *('plain', STUDENT, None, 0, 12, 'cpu', 'Made-up CPU', 'darkroom-tiny', 60.0, 'model')
)


@pytest.fixture(scope='module')
def plan():
    return planned(methods=('plain', 'ukd', 'naive', 'ensemble'))


def seconds(plan, run, *own, published=()):
    found = duration_of(run, plan, own, published)
    return None if found is None else (found.seconds, found.is_scaled)


def test_the_median_of_runs_of_the_same_kind(plan):
    earlier = [replace(PLAIN, wall_s=wall_s) for wall_s in (50.0, 90.0, 60.0)]
    longer = replace(PLAIN, epochs=24, wall_s=1.0)
    assert seconds(plan, run_of(plan, 'plain'), longer, *earlier) == (60.0, False)


def test_the_nearest_is_scaled_by_its_work(plan):
    # Twelve epochs of naive with three teachers are 12 x (1 + 3 x 0.35) = 24.6 plain ones.
    naive = run_of(plan, 'naive', 3)
    assert seconds(plan, naive, PLAIN) == (pytest.approx(60 * 24.6 / 12), True)
    # The same method is nearer: 12 x 1.35 = 16.2.
    one = replace(PLAIN, method='naive', num_teachers=1, wall_s=81.0)
    assert seconds(plan, naive, PLAIN, one) == (pytest.approx(81 * 24.6 / 16.2), True)
    assert seconds(plan, run_of(plan, 'plain'), replace(PLAIN, epochs=6)) == (120.0, True)


def test_a_bank_goes_by_the_backbone_of_its_teacher(plan):
    bank = next(run for run in plan.runs.values() if run.spec.teacher == 'slowonly-gamma2.5')
    bank = next(run for run in plan.runs.values() if bank.spec.key in run.spec.parents)
    assert bank.spec.method == 'bank'
    earlier = replace(PLAIN, method='bank', teacher='slowonly-gamma1', wall_s=5.0)
    assert seconds(plan, bank, earlier) is None
    mine = replace(earlier, network='slowonly-r18-w8')
    assert seconds(plan, bank, mine) == (5.0, False)
    # One of the very teacher is nearer than one of its like.
    own = replace(mine, teacher='slowonly-gamma2.5', wall_s=7.0)
    assert seconds(plan, bank, mine, own) == (7.0, False)


@pytest.mark.parametrize(
    'other',
    [
        dict(network='slowonly-r18-w8'),
        dict(kind='cuda'),
        dict(data='darkroom-quick'),
        dict(wall_s=None),
        dict(method='unheard_of'),
    ],
)
def test_what_says_nothing_of_a_run_is_not_asked(plan, other):
    assert seconds(plan, run_of(plan, 'plain'), PLAIN) == (60.0, False)
    assert seconds(plan, run_of(plan, 'plain'), replace(PLAIN, **other)) is None


def test_published_runs_are_asked_last(plan):
    run = run_of(plan, 'plain')
    published = [replace(PLAIN, wall_s=30.0)]
    assert seconds(plan, run, published=published) == (30.0, False)
    own = replace(PLAIN, epochs=6)
    assert seconds(plan, run, own, published=published) == (120.0, True)


def test_the_queue_by_hand(tmp_path):
    plan = planned(methods=('plain', 'ukd'), num_teachers=(1,))
    by_method = {run.spec.method: key for key, run in plan.runs.items()}
    assert {*by_method} == {'teacher', 'bank', 'plain', 'ukd'}
    took = dict(teacher=10.0, bank=3.0, plain=20.0, ukd=15.0)
    times = {by_method[method]: took[method] for method in took}
    state = state_of(tmp_path, plan)
    assert queue_seconds(state, times, 1) == 48.0
    # The teacher's chain takes 28, and plain training fits beside it.
    assert queue_seconds(state, times, 2) == queue_seconds(state, times, 9) == 28.0
    finish(state, plan.runs[by_method['teacher']], 'weights')
    state.refresh()
    # Two processes need room for two: the teacher, then plain training, then the bank, then ukd.
    pairs = planned(methods=('plain', 'ukd'), num_teachers=(1,), gpus_per_run=2)
    times = {key: took[run.spec.method] for key, run in pairs.runs.items()}
    assert queue_seconds(state_of(tmp_path / 'pairs', pairs), times, 2) == 48.0
    assert queue_seconds(state_of(tmp_path / 'pairs', pairs), times, 4) == 28.0
    times = {by_method[method]: took[method] for method in took}
    # The bank takes 3, then ukd 15; plain training 20.
    assert queue_seconds(state, times, 2) == 20.0 and queue_seconds(state, times, 1) == 38.0


def test_a_run_that_ran_out_of_memory_takes_what_needs_it_along(tmp_path):
    plan = planned(methods=('plain', 'ukd'), num_teachers=(1,))
    state = state_of(tmp_path, plan)
    finish(state, run_of(plan, 'teacher'), 'weights', status='oom')
    state.refresh()
    assert state.status(run_of(plan, 'teacher')) == 'oom'
    times = dict.fromkeys(plan.runs, 5.0)
    assert queue_seconds(state, times, 1) == 5.0, 'plain training alone is left'
