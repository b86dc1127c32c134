"""Runs that others carry out, that are interrupted, or that are handed over ahead."""

import pytest

from ukd_bench.files.atomic import write_json
from ukd_bench.records.folder import RunPaths
from ukd_bench.records.lease import Lease, Watch
from ukd_bench.sweep import schedule
from ukd_bench.sweep.place import Places
from ukd_bench.sweep.queue import AGAIN, MOST_ATTEMPTS
from ukd_bench.sweep.schedule import carry_out

from .left_runs import state_of
from .made_up_executor import Ahead, Listener, MadeUp, cut_off, done, failed, nothing, sweep
from .planned import planned, run_of


@pytest.fixture
def state(tmp_path):
    return state_of(tmp_path / 'results', planned(methods=('ukd', 'plain'), num_teachers=(1, 2)))


def test_what_another_process_carries_out_is_waited_for(state, monkeypatch):
    _, teacher, bank = state.plan.pool[0]
    folder = state.own_folder(teacher)
    folder.root.mkdir(parents=True)
    lease = Lease(folder)
    assert lease.take(Watch())
    executor = MadeUp(state)
    monkeypatch.setattr(schedule, '_LOOK_S', 0.0)

    class Other(Listener):
        def tick(self):
            # When all is done that does not need it.
            if len(executor.order) == 3 and not folder.record.exists():
                assert [path.name for path in folder.root.iterdir()] == ['.lease']
                lease.release()
                done(state_of(state.paths.root, state.plan), teacher)

    listener = Other()
    outcome = carry_out(state, Places(), executor, listener)
    assert teacher.spec.key not in executor.order and len(executor.order) == 6
    assert listener.waited_for == [teacher.spec.key]
    assert listener.settled_as == {teacher.spec.key: 'done'}
    assert {*outcome.statuses.values()} == {'done'} and bank.spec.key in executor.order


@pytest.mark.parametrize(
    ('left', 'started', 'status'),
    [
        (dict(status='failed', error=dict(type='E', message='there')), False, 'failed'),
        (dict(status='interrupted'), True, 'done'),
        (None, True, 'done'),
    ],
)
def test_what_another_process_gives_up_is_taken_over_and_a_failure_is_believed(
    left, started, status, state, monkeypatch
):
    run = run_of(state.plan, 'plain')
    folder = state.own_folder(run)
    folder.root.mkdir(parents=True)
    lease = Lease(folder)
    assert lease.take(Watch())
    monkeypatch.setattr(schedule, '_LOOK_S', 0.0)

    class Other(Listener):
        def elsewhere(self, run, why):
            super().elsewhere(run, why)
            if left is not None:
                write_json(folder.state, left)
            lease.release()

    executor, listener = MadeUp(state), Other()
    outcome = carry_out(state, Places(), executor, listener)
    assert (run.spec.key in executor.order) == started
    assert outcome.statuses[run.spec.key] == status


def test_what_failed_in_another_sweep_meanwhile_is_not_tried_again(state):
    run = run_of(state.plan, 'plain')

    class Other(Listener):
        def started(self, other):
            if not self.begun:
                failed(state, run)
            super().started(other)

    executor, listener = MadeUp(state), Other()
    outcome = carry_out(state, Places(), executor, listener)
    assert run.spec.key not in executor.order
    assert outcome.statuses[run.spec.key] == listener.settled_as[run.spec.key] == 'failed'
    # The next call tries it again.
    assert sweep(state, MadeUp(state))[0].lost == []


def interrupted(state, run):
    write_json(state.own_folder(run).state, dict(status='interrupted'))


def test_an_interrupted_run_is_started_again_and_what_needs_it_waits(state):
    (_, _, first), (_, _, second) = state.plan.pool[:2]
    tries = []

    def end(state, run):
        tries.append(run)
        lives = run is first and len([one for one in tries if one is first]) > 1
        (done if lives else interrupted)(state, run)

    executor = MadeUp(state, bank=end)
    outcome, listener = sweep(state, executor)
    assert executor.order.count(first.spec.key) == 2
    assert executor.order.count(second.spec.key) == MOST_ATTEMPTS
    assert outcome.statuses[first.spec.key] == 'done'
    assert outcome.statuses[second.spec.key] == 'interrupted'
    assert [*listener.put_off_as.values()] == [AGAIN, AGAIN] and 'skipped' in [
        *outcome.statuses.values()
    ]


def test_a_run_that_a_scheduler_ended_is_started_again(state):
    ends = iter([nothing, done])

    class Cluster(MadeUp):
        def again(self, job):
            return True

    executor = Cluster(state, plain=lambda *given: next(ends)(*given))
    outcome, _ = sweep(state, executor)
    assert outcome.lost == []
    assert executor.order.count(run_of(state.plan, 'plain').spec.key) == 2


def cut_off_elsewhere(job=None):
    """An ending as on a host that cannot be seen: it lets go of nothing."""

    def end(state, run):
        cut_off(state, run)
        lease = Lease(state.own_folder(run))
        lease._facts, lease.job = lease._facts | dict(host='elsewhere'), job
        assert lease.take(Watch())

    return end


def test_what_dies_on_another_host_again_and_again_is_given_up(state, monkeypatch):
    monkeypatch.setenv('UKD_BENCH_BEAT_S', '0.05')
    monkeypatch.setattr(schedule, '_LOOK_S', 0.02)
    executor = MadeUp(state, plain=cut_off_elsewhere())
    outcome, listener = sweep(state, executor)
    run = run_of(state.plan, 'plain')
    assert executor.order.count(run.spec.key) == MOST_ATTEMPTS
    assert outcome.lost == [run.spec.key] and listener.settled_as[run.spec.key] == 'failed'
    error = dict(type='Killed', message='the process ended somehow')
    assert state.left_state(run) == dict(status='failed', error=error)


def test_a_job_that_has_ended_holds_nothing_though_its_host_cannot_be_seen(state):
    class Cluster(MadeUp):
        def start(self, job):
            super().start(job)
            write_json(RunPaths(job.folder).job, dict(job='17', comment='a mark'))

    executor = Cluster(state, plain=cut_off_elsewhere(job='17'))
    outcome, listener = sweep(state, executor)
    run = run_of(state.plan, 'plain')
    assert executor.order.count(run.spec.key) == 1 and listener.waited_for == []
    assert outcome.lost == [run.spec.key] and listener.ended_as[run.spec.key] == 'failed'


def test_a_failure_of_an_earlier_call_is_none_of_who_holds_the_folder_now(state, monkeypatch):
    monkeypatch.setattr(schedule, '_LOOK_S', 0.0)
    run = run_of(state.plan, 'plain')
    folder = state.own_folder(run)
    folder.root.mkdir(parents=True)
    failed(state, run)
    lease = Lease(folder)
    assert lease.take(Watch())

    class Other(Listener):
        def elsewhere(self, run, why):
            super().elsewhere(run, why)
            lease.release()

    outcome = carry_out(state, Places(), MadeUp(state), listener := Other())
    assert outcome.lost == [] and listener.waited_for == [run.spec.key]


def test_runs_are_handed_over_ahead_of_what_they_need(state):
    executor = Ahead(state)
    outcome, _ = sweep(state, executor)
    assert outcome.lost == [] and executor.most == len(state.plan.runs)
    for run in state.plan.runs.values():
        assert executor.after[run.spec.key] == run.spec.parents


def test_what_was_handed_over_ahead_of_a_failure_is_skipped_and_of_an_interruption_waits(state):
    outcome, _ = sweep(state, Ahead(state, teacher=failed))
    seen = {state.plan.runs[key].spec.method: status for key, status in outcome.statuses.items()}
    assert seen == dict(teacher='failed', bank='skipped', ukd='skipped', plain='done')
    ends = iter([interrupted] + [done] * 10)
    executor = Ahead(state, teacher=lambda *given: next(ends)(*given))
    outcome, _ = sweep(state, executor)
    assert outcome.lost == [] and len(executor.order) > len(state.plan.runs)


def test_what_is_not_visible_at_once_is_waited_for(state):
    class Slow(MadeUp):
        linger_s = 30.0
        late = None

        def poll(self, job):
            run = self.state.plan.runs[job.key]
            words = super().poll(job)
            if run.spec.method == 'plain' and words is not None:
                self.late = run
            return words

    executor = Slow(state, plain=nothing)

    class Server(Listener):
        def tick(self):
            if executor.late is not None:
                done(state_of(state.paths.root, state.plan), executor.late)
                executor.late = None

    outcome = carry_out(state, Places(), executor, Server())
    assert outcome.lost == []
