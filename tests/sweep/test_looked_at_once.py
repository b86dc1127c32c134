"""A finished run is looked at once, and again where something that it hangs on has ended."""

import collections
import errno
import io
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from ukd_bench.errors import HeldError, UkdBenchError
from ukd_bench.files.atomic import write_json
from ukd_bench.records import process
from ukd_bench.records.lease import Lease, Watch, leased
from ukd_bench.records.process import this_process
from ukd_bench.records.spec import RunSpec
from ukd_bench.sweep.doubts import doubts
from ukd_bench.sweep.place import Places, RunFolders
from ukd_bench.sweep.queue import Queue
from ukd_bench.sweep.queue_speed import MIB, measure_queue
from ukd_bench.sweep.schedule import carry_out

from .left_runs import finish, state_of
from .made_up_executor import Listener, MadeUp, done
from .planned import planned, run_of

FINISHED, ENDING = 200, 4


@pytest.fixture
def state(tmp_path):
    """The folder of a plan in which every run was finished."""
    plan = planned(methods=('chain', 'ukd'), num_teachers=(1, 2))
    state = state_of(tmp_path / 'results', plan)
    for run in plan.runs.values():
        finish(state, run, run.spec.key)
    return state_of(state.paths.root, plan)


def unfinished(state) -> list[tuple]:
    return [
        (run.spec.method, run.spec.teacher or run.spec.num_teachers)
        for key, run in state.plan.runs.items()
        if not state.is_finished(key)
    ]


@pytest.mark.slow
def test_a_sweep_of_200_finished_runs_reads_each_file_once(hashed):
    # What pytest keeps of its last calls would be gigabytes.
    with tempfile.TemporaryDirectory() as folder:
        figures = measure_queue(Path(folder), [FINISHED], ENDING, MIB, 1, lambda *_: None)
        names = [path.name for path in hashed]
    assert len(figures.gaps_s[FINISHED][0]) == ENDING - 1
    # Of the runs that ended none was read: their processes had just done so.
    assert len({*hashed}) == len(hashed) == 3 * FINISHED
    # Weights and scores of four teachers and their students, and the banks between them.
    assert collections.Counter(names) == {
        **dict.fromkeys(('checkpoint.pth', 'scores.npz', 'curve.csv'), FINISHED - 4),
        **dict.fromkeys(('manifest.json', 'scores.npy', 'labels.npy'), 4),
    }


def test_a_look_at_everything_again_reads_nothing(state, hashed):
    state.refresh()
    files = len(hashed)
    assert files == 0 and unfinished(state) == []
    teacher = state.folder(state.plan.pool[0][1]).checkpoint
    os.utime(teacher, ns=(1, 1))
    state.refresh()
    assert hashed == [teacher] and unfinished(state) == []


def test_files_that_look_as_before_are_found_damaged_when_all_are_read(state):
    _, teacher, bank = state.plan.pool[0]
    for path in (state.folder(teacher).checkpoint, state.folder(bank).bank / 'scores.npy'):
        stated, content = path.stat(), path.read_bytes()
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        os.utime(path, ns=(stated.st_atime_ns, stated.st_mtime_ns))
    state.refresh()
    assert unfinished(state) == []
    damaged = [state.folder(run).root for run in (teacher, bank)]
    assert [paths.root for paths in state.verify()] == damaged
    assert state.verify() == []


def test_a_run_that_another_execution_stands_in_for_is_found_damaged(state):
    plan, (_, teacher, _) = state.plan, state.plan.pool[0]
    older = replace(teacher, spec=replace(teacher.spec, execution='beef'))
    elsewhere = state_of(state.paths.root, replace(plan, runs={older.spec.key: older}))
    finish(elsewhere, older, older.spec.key)
    state = state_of(state.paths.root, plan, accept_stale=True)
    (state.folder(teacher).checkpoint).write_text('damaged')
    assert [paths.root for paths in state.verify()] == [state.own_folder(teacher).root]
    assert state.is_finished(teacher.spec.key)
    assert state.folder(teacher).root == elsewhere.own_folder(older).root


def test_nothing_is_read_again_to_say_what_is_doubtful(state, hashed):
    _, teacher, bank = state.plan.pool[0]
    state.own_folder(teacher).checkpoint.write_text('damaged')
    student = run_of(state.plan, 'ukd', 1)
    finish(state, student, 'w', dataset={'fingerprint': 'others'})
    state.refresh()
    hashed.clear()
    told = f'{state.own_folder(teacher).root}: checkpoint.pth is not the recorded one'
    assert [*doubts(state)] == [f'{told}; the run is not finished'] and hashed == []
    refusal = state.refusal(student)
    assert 'other clips' in refusal.words and not refusal.is_doubt
    assert state.refusal(bank) is None


@pytest.mark.parametrize(
    ('name', 'number'),
    [
        ('record.json', errno.EIO),
        ('checkpoint.pth', errno.ESTALE),
        ('scores.npz', errno.EACCES),
        ('manifest.json', errno.EIO),
        ('scores.npy', errno.ESTALE),
    ],
)
def test_what_cannot_be_read_for_a_moment_ends_the_sweep_and_is_kept(
    state, name, number, monkeypatch
):
    _, teacher, bank = state.plan.pool[0]
    inside = name in ('manifest.json', 'scores.npy')
    victim = state.folder(bank).bank / name if inside else state.folder(teacher).root / name
    before = {path for path in state.paths.root.rglob('*')}
    whole = io.open

    def open_or_fail(path, *arguments, **more):
        if str(path) == str(victim):
            raise OSError(number, os.strerror(number), str(path))
        return whole(path, *arguments, **more)

    monkeypatch.setattr('builtins.open', open_or_fail)
    monkeypatch.setattr('io.open', open_or_fail)
    with pytest.raises(UkdBenchError, match=f'{name}:? cannot be read .*{os.strerror(number)}'):
        state_of(state.paths.root, state.plan)
    assert {path for path in state.paths.root.rglob('*')} == before
    monkeypatch.undo()
    assert unfinished(state_of(state.paths.root, state.plan)) == []


@pytest.mark.parametrize('weights', ['as before', 'other ones'])
def test_a_teacher_that_is_made_again_undoes_what_used_another(weights, state, hashed):
    _, teacher, _ = state.plan.pool[0]
    state.folder(teacher).checkpoint.unlink()
    state.refresh()
    assert unfinished(state) == [('teacher', 'i3d-gamma1.8')]
    hashed.clear()

    def end_otherwise(state, run):
        finish(state, run, run.spec.key if weights == 'as before' else weights)

    executor, listener = MadeUp(state, teacher=end_otherwise), Listener()
    outcome = carry_out(state, Places(), executor, listener)
    assert {*outcome.statuses.values()} == {'done'}
    specs = [state.plan.runs[key].spec for key in executor.order]
    again = {('teacher', 'i3d-gamma1.8')}
    if weights != 'as before':
        again |= {('bank', 'i3d-gamma1.8'), ('chain', 1), ('ukd', 1), ('ukd', 2)}
    assert {(spec.method, spec.teacher or spec.num_teachers) for spec in specs} == again
    assert hashed == []


def test_a_stage_that_is_made_again_undoes_the_next(state):
    first = run_of(state.plan, 'chain', 1)
    finish(state, first, 'other weights')
    assert state.look_again(first) and unfinished(state) == [('chain', 2)]


def test_a_record_is_looked_at_where_it_is_new(state, hashed):
    teacher = state.plan.pool[0][1]
    paths = state.folder(teacher)
    paths.checkpoint.write_text('not what was recorded')
    state.refresh()
    hashed.clear()
    # The record stands where it stood, and what is believed of new ones is not of this one.
    assert not state.look_again(teacher) and not state.is_finished(teacher.spec.key)
    finish(state, teacher, 'trained again')
    assert state.look_again(teacher) and state.status(teacher) == 'done' and hashed == []


def test_a_run_that_ended_before_it_could_be_adopted_counts(tmp_path):
    state = state_of(tmp_path / 'results', planned(methods=('ukd',), num_teachers=(1,)))
    teacher = state.plan.pool[0][1]

    class Late(MadeUp):
        def adopt(self, job):
            if job.key == teacher.spec.key:
                done(state, teacher)
            return False

    executor, listener = Late(state), Listener()
    outcome = carry_out(state, Places(), executor, listener)
    assert {*outcome.statuses.values()} == {'done'} and len(outcome.statuses) == 3
    assert teacher.spec.key not in executor.order and len(executor.order) == 2
    assert listener.settled_as[teacher.spec.key] == 'done'


@pytest.mark.parametrize(
    ('told', 'status'),
    [
        ({}, 'running'),
        (dict(pid=2**22 + 1), 'interrupted'),
        (dict(born='another start'), 'interrupted'),
        (dict(born='another start', machine='another of this name'), 'running'),
        (dict(host='elsewhere', pid=2**22 + 1), 'running'),
    ],
)
def test_a_run_whose_process_is_gone_is_not_running(told, status, tmp_path, monkeypatch):
    monkeypatch.setattr(process, '_machine', lambda: 'this one')
    state = state_of(tmp_path / 'results', planned(methods=('plain',)))
    run = run_of(state.plan, 'plain')
    write_json(state.own_folder(run).state, dict(status='running', **this_process() | told))
    assert state.status(run) == status


def test_a_process_that_was_killed_has_failed_by_its_own_words(tmp_path):
    state = state_of(tmp_path / 'results', planned(methods=('plain',)))
    run = run_of(state.plan, 'plain')
    gone = dict(status='running', **this_process() | dict(pid=2**22 + 1))
    write_json(state.own_folder(run).state, gone)
    assert Queue(state).end(run, 'the process was killed') == 'failed'
    assert state.left_state(run)['error'] == dict(type='Killed', message='the process was killed')


def test_a_folder_that_a_process_holds_is_not_cleared(tmp_path):
    state = state_of(tmp_path / 'results', planned(methods=('plain',)))
    run = run_of(state.plan, 'plain')
    paths = state.own_folder(run)
    assert RunFolders(state, Places()).prepare(run)
    before = files_of(paths.root)
    with (
        leased(paths),
        pytest.raises(HeldError, match=f'process {os.getpid()} on .* carries this run out'),
    ):
        RunFolders(state, Places()).prepare(run)
    assert files_of(paths.root) == before == {'config.py', 'run.json'}
    # One that was killed has not given its lease back.
    lease = Lease(paths)
    lease._facts = this_process() | dict(pid=2**22 + 1)
    assert lease.take(Watch())
    assert RunFolders(state, Places()).prepare(run) and files_of(paths.root) == before


def files_of(folder):
    """Names of the files beside the leases."""
    return {path.name for path in folder.iterdir()} - {'.lease'}


def test_a_folder_is_held_until_all_is_written(tmp_path, monkeypatch):
    state = state_of(tmp_path / 'results', planned(methods=('plain',)))
    run = run_of(state.plan, 'plain')
    paths, seen = state.own_folder(run), []

    def write(spec, path):
        seen.append((path, Lease(paths).take(Watch())))

    monkeypatch.setattr(RunSpec, 'write', write)
    assert RunFolders(state, Places()).prepare(run)
    assert seen == [(paths.spec, False)] and paths.config.exists()
    assert Lease(paths).take(Watch())


def test_what_another_sweep_has_just_finished_is_not_cleared(tmp_path):
    plan = planned(methods=('plain',))
    state, other = state_of(tmp_path / 'results', plan), state_of(tmp_path / 'results', plan)
    run = run_of(plan, 'plain')
    done(other, run)
    assert not RunFolders(state, Places()).prepare(run)
    assert state.is_finished(run.spec.key) and state.own_folder(run).record.exists()
