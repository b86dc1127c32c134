"""The queue, with an executor that leaves what runs leave without running any."""

import json
from dataclasses import replace

import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.files.atomic import write_json
from ukd_bench.sweep.executors import Detached
from ukd_bench.sweep.queue import Queue
from ukd_bench.sweep.schedule import job_of

from .left_runs import finish, state_of
from .made_up_executor import (
    Ahead,
    MadeUp,
    cut_off,
    done,
    failed,
    nothing,
    out_of_memory,
    sweep,
)
from .planned import parents_of, planned, run_of


@pytest.fixture
def state(tmp_path):
    return state_of(tmp_path / 'results', planned(methods=('ukd', 'plain'), num_teachers=(1, 2)))


def test_parents_go_first_and_no_more_at_once_than_there_is_room_for(state):
    executor = MadeUp(state)
    outcome, listener = sweep(state, executor)
    assert set(outcome.statuses.values()) == {'done'} and outcome.lost == []
    assert executor.order == listener.begun and sorted(executor.order) == sorted(state.plan.runs)
    for key, run in state.plan.runs.items():
        assert all(executor.order.index(p) < executor.order.index(key) for p in run.spec.parents)
    assert executor.most == 2 and executor.stopped == 1
    pool = json.loads(state.paths.pool.read_text())['teachers']
    assert [teacher['name'] for teacher in pool][:2] == ['i3d-gamma1.8', 'slowonly-gamma2.5']
    # The floor, which nothing hangs on, waits for those that much hangs on.
    assert executor.order.index(run_of(state.plan, 'plain').spec.key) > 1


def test_what_is_finished_is_not_started_again(state):
    sweep(state, MadeUp(state))
    again = MadeUp(state)
    outcome, listener = sweep(state, again)
    assert again.order == [] and listener.ended_as == {}
    assert set(listener.settled_as) == set(outcome.statuses) == set(state.plan.runs)
    assert set(outcome.statuses.values()) == {'done'}


def test_results_that_are_not_wanted_any_more_are_made_again(state):
    sweep(state, MadeUp(state, plain=out_of_memory))
    run = run_of(state.plan, 'plain')
    again = state_of(state.paths.root, state.plan)
    again.forget(('diverged', 'failed'))
    assert sweep(again, executor := MadeUp(again))[0].lost == [] and executor.order == []
    again.forget(('oom',))
    outcome, _ = sweep(again, executor := MadeUp(again))
    assert executor.order == [run.spec.key] and {*outcome.statuses.values()} == {'done'}


@pytest.mark.parametrize(
    ('ending', 'status', 'message'),
    [
        (cut_off, 'failed', 'the process ended somehow'),
        (failed, 'failed', 'its own words'),
        (nothing, 'failed', None),
        (out_of_memory, 'oom', None),
    ],
)
def test_how_a_run_ended_is_what_it_left_and_what_needs_it_is_skipped(
    state, ending, status, message
):
    outcome, listener = sweep(state, MadeUp(state, teacher=ending))
    seen = {}
    for key, run in state.plan.runs.items():
        seen.setdefault(run.spec.method, set()).add(outcome.statuses[key])
    assert seen == {'teacher': {status}, 'bank': {'skipped'}, 'ukd': {'skipped'}, 'plain': {'done'}}
    assert len(outcome.lost) == (6 if status == 'failed' else 4)
    for key, ended in listener.ended_as.items():
        run = state.plan.runs[key]
        if run.spec.method == 'teacher':
            assert ended == status
            if message is not None:
                left = json.loads(state.own_folder(run).state.read_text())
                assert left['status'] == 'failed' and left['error']['message'] == message


def of_other_clips(state, run):
    finish(state, run, run.spec.key, dataset={'fingerprint': 'others'})
    write_json(state.own_folder(run).state, dict(status='done'))


def test_a_result_that_is_not_believed_is_told_by_why(state):
    outcome, _ = sweep(state, MadeUp(state, plain=of_other_clips))
    run = run_of(state.plan, 'plain')
    assert outcome.lost == [run.spec.key] and state.left_state(run)['error'] == dict(
        type='Refused',
        message=f'not believed: {state.own_folder(run).root}: it was made from other clips than '
        'there are now',
    )


def test_a_queue_without_room_waits(state, monkeypatch):
    executor, slept = MadeUp(state), []
    executor.capacity, executor.poll_s = 0, 0.25

    def sleep(seconds):
        slept.append(seconds)
        executor.capacity = 2 * (len(slept) > 2)

    monkeypatch.setattr('time.sleep', sleep)
    outcome, _ = sweep(state, executor)
    assert {*outcome.statuses.values()} == {'done'} and slept[:3] == [0.25] * 3


def test_an_adopted_run_is_polled_and_its_folder_left_alone(state):
    teacher = state.plan.pool[0][1]
    paths = state.own_folder(teacher)
    paths.root.mkdir(parents=True)
    (paths.root / 'under way').touch()

    class Adopting(MadeUp):
        def adopt(self, job):
            if job.key != teacher.spec.key:
                return False
            self.polled[job.key] = 0
            return True

        def poll(self, job):
            assert job.key != teacher.spec.key or (paths.root / 'under way').exists()
            return super().poll(job)

    executor = Adopting(state)
    outcome, listener = sweep(state, executor)
    assert outcome.statuses[teacher.spec.key] == listener.ended_as[teacher.spec.key] == 'done'
    assert sorted([*executor.order, teacher.spec.key]) == sorted(state.plan.runs)


@pytest.mark.parametrize('step', ['adopt', 'start', 'poll'])
def test_a_users_executor_that_fails_is_told_to_stop_and_named(state, step):
    executor = MadeUp(state)
    setattr(executor, step, lambda job: job.partition)
    with pytest.raises(
        ConfigError, match=rf"executor '{MadeUp.__module__}\.MadeUp': AttributeError: 'Job'"
    ):
        sweep(state, executor)
    assert executor.stopped == 1


@pytest.mark.parametrize('capacity', [2, 100])
def test_who_detaches_learns_how_many_runs_are_not_handed_over(capacity, state):
    class Leaving(Ahead):
        def poll(self, job):
            raise Detached

    executor = Leaving(state)
    executor.capacity = capacity
    with pytest.raises(Detached) as left:
        sweep(state, executor)
    assert executor.stopped == 1 and len(executor.order) == min(capacity, len(state.plan.runs))
    assert left.value.left == len(state.plan.runs) - len(executor.order)


def test_an_interrupt_stops_the_executor(state):
    def interrupt(state, run):
        raise KeyboardInterrupt

    executor = MadeUp(state, teacher=interrupt)
    with pytest.raises(KeyboardInterrupt):
        sweep(state, executor)
    assert executor.stopped == 1


def test_the_queue_gives_out_what_has_its_parents(state):
    queue = Queue(state)
    assert queue.settle() == []
    first = [queue.take(), queue.take(), queue.take(), queue.take()]
    methods = [run.spec.method for run in first if run is not None]
    assert sorted(methods) == ['plain', 'teacher', 'teacher'] and first[3] is None
    teacher = next(run for run in first if run.spec.method == 'teacher')
    done(state, teacher)
    assert queue.end(teacher, '') == 'done'
    bank = queue.take()
    assert parents_of(state.plan, bank) == [('teacher', teacher.spec.teacher)]
    assert queue.take() is None


def test_a_job_is_the_runs_own_process_and_sees_no_gpu_on_the_cpu(state):
    run = run_of(state.plan, 'plain')
    job = job_of(run, state.own_folder(run))
    assert job.command[1:] == ('-P', '-m', 'ukd_bench.runs', str(state.own_folder(run).root))
    assert job.variables['OMP_NUM_THREADS'] == job.variables['MKL_NUM_THREADS'] == '1'
    assert job.variables['CUDA_VISIBLE_DEVICES'] == ''
    on_cuda = replace(run, spec=replace(run.spec, device='cuda', threads=3))
    job = job_of(on_cuda, state.own_folder(run))
    assert job.variables['OMP_NUM_THREADS'] == '3' and 'CUDA_VISIBLE_DEVICES' not in job.variables
    assert 'UKD_BENCH_RUNS_PER_GPU' not in job.variables
    shared = job_of(on_cuda, state.own_folder(run), sharing=2)
    assert shared.variables == {**job.variables, 'UKD_BENCH_RUNS_PER_GPU': '2'}
