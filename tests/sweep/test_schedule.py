"""The queue, with an executor that leaves what runs leave without running any."""

import json
from dataclasses import replace

import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.files.atomic import write_json
from ukd_bench.records.folder import RunPaths
from ukd_bench.records.lease import Lease, Watch
from ukd_bench.sweep import schedule
from ukd_bench.sweep.executors import Detached, Executor, Resources
from ukd_bench.sweep.executors.devices import Devices
from ukd_bench.sweep.place import Places
from ukd_bench.sweep.queue import AGAIN, MOST_ATTEMPTS, Queue
from ukd_bench.sweep.schedule import carry_out, job_of

from .left_runs import finish, state_of
from .planned import parents_of, planned, run_of

RESOURCES = Resources(Devices('cpu', 'cpu', 'Made-up processor'), jobs=2)


class MadeUp(Executor):
    """Ends every run at its second poll, by what ``endings`` has for its method, or done.

    Attributes:
        order: Keys in the order of starts.
        most: Runs that were under way at once.
    """

    poll_s = 0.0

    def __init__(self, state, **endings):
        super().__init__(RESOURCES)
        self.state, self.endings = state, endings
        self.order, self.polled, self.most, self.stopped = [], {}, 0, 0

    def start(self, job):
        assert (job.folder / 'run.json').is_file() and (job.folder / 'config.py').is_file()
        self.order.append(job.key)
        self.polled[job.key] = 0
        self.most = max(self.most, len(self.polled))

    def poll(self, job):
        self.polled[job.key] += 1
        if self.polled[job.key] < 2:
            return None
        del self.polled[job.key]
        run = self.state.plan.runs[job.key]
        self.endings.get(run.spec.method, done)(self.state, run)
        return 'the process ended somehow'

    def stop(self):
        self.stopped += 1


def done(state, run):
    finish(state, run, run.spec.key)


def out_of_memory(state, run):
    finish(state, run, run.spec.key, status='oom')


def cut_off(state, run):
    write_json(state.own_folder(run).state, dict(status='running'))


def failed(state, run):
    error = dict(type='ConfigError', message='its own words')
    write_json(state.own_folder(run).state, dict(status='failed', error=error))


def nothing(state, run):
    pass


class Listener:
    """Stands for the progress display, and keeps what it is told."""

    def __init__(self):
        self.settled_as, self.ended_as, self.put_off_as, self.told = {}, {}, {}, {}
        self.begun, self.waited_for = [], []

    def started(self, run):
        self.begun.append(run.spec.key)

    def settled(self, run, status, paths, why=None):
        self.settled_as[run.spec.key] = status
        self.told[run.spec.key] = why

    def ended(self, run, status, paths):
        self.ended_as[run.spec.key] = status

    def elsewhere(self, run, why):
        self.waited_for.append(run.spec.key)

    def put_off(self, run, note):
        self.put_off_as[run.spec.key] = note

    def tick(self):
        pass


@pytest.fixture
def state(tmp_path):
    return state_of(tmp_path / 'results', planned(methods=('ukd', 'plain'), num_teachers=(1, 2)))


def sweep(state, executor):
    listener = Listener()
    return carry_out(state, Places(), executor, listener), listener


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


class Ahead(MadeUp):
    """Takes all runs at once, and ends each when those before it have ended."""

    ahead = True

    def __init__(self, state, **endings):
        super().__init__(state, **endings)
        self.capacity, self.after, self.ended = 100, {}, {}

    def start(self, job):
        super().start(job)
        self.after[job.key] = job.after
        self.ended.pop(job.key, None)

    def poll(self, job):
        waits_on = [key for key in self.after[job.key] if not self.ended.get(key)]
        if any(key not in self.ended for key in waits_on):
            return None
        if waits_on:
            # The scheduler takes it out.
            del self.polled[job.key]
            self.ended[job.key] = False
            return 'DependencyNeverSatisfied'
        words = super().poll(job)
        if words is not None:
            self.ended[job.key] = self.state.look_again(self.state.plan.runs[job.key])
        return words


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
    with pytest.raises(ConfigError, match=rf"executor '{__name__}\.MadeUp': AttributeError: 'Job'"):
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
