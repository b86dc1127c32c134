"""A run that the disk has no room for is not started; a file system is looked at once a start."""

from collections import namedtuple
from types import SimpleNamespace

import pytest

from ukd_bench.errors import HeldError, NoRoomError
from ukd_bench.records.lease import leased
from ukd_bench.sweep import disk_room, place
from ukd_bench.sweep.disk_room import DiskRoom, require_room_for_flow
from ukd_bench.sweep.place import Places, RunFolders
from ukd_bench.sweep.schedule import carry_out

from .left_runs import finish, state_of
from .made_up_executor import Listener, MadeUp
from .planned import planned, run_of

GIB, MIB = 2**30, 2**20
# 5 views of 22 clips, 11 classes, 4 bytes each.
BANK = 5 * 22 * 11 * 4
Usage = namedtuple('Usage', 'total used free')


@pytest.fixture
def disk(monkeypatch):
    """Stands for the file system: its free bytes, and the folders that were asked for."""

    class Disk:
        def __init__(self):
            self.free, self.asked = 10**15, []

        def usage(self, folder):
            self.asked.append(folder)
            return Usage(0, 0, self.free)

    stand_in = Disk()
    monkeypatch.setattr('shutil.disk_usage', stand_in.usage)
    return stand_in


@pytest.fixture
def state(tmp_path):
    plan = planned(methods=('ukd', 'plain'), num_teachers=(1, 2), num_views=5)
    return state_of(tmp_path / 'results', plan)


def sweep(state, executor):
    listener = Listener()
    return carry_out(state, Places(), executor, listener, DiskRoom(state)), listener


def test_what_cannot_fit_is_not_started_and_the_others_go_on(state, disk):
    disk.free = BANK - 1
    executor = MadeUp(state)
    outcome, listener = sweep(state, executor)
    seen = {}
    for key, run in state.plan.runs.items():
        seen.setdefault(run.spec.method, set()).add(outcome.statuses[key])
    assert seen == {
        'teacher': {'done'}, 'bank': {'failed'}, 'ukd': {'skipped'}, 'plain': {'done'},
    }  # fmt: skip
    banks = [run for run in state.plan.runs.values() if run.spec.method == 'bank']
    for bank in banks:
        root = state.paths.root
        reason = f'{root}: the run needs 0.0 MiB of disk, and 0.0 MiB are free; make room, and the '
        assert listener.told[bank.spec.key] == reason + 'same command goes on'
        error = dict(type='NoRoomError', message=listener.told[bank.spec.key])
        assert state.left_state(bank) == dict(status='failed', error=error)
        assert bank.spec.key not in executor.order
    disk.free = 10**9
    again, _ = sweep(state, MadeUp(state))
    assert {*again.statuses.values()} == {'done'}


def test_runs_that_fit_one_at_a_time_wait_for_each_other(state, disk):
    disk.free = BANK * 3 // 2

    class OneBank(MadeUp):
        def start(self, job):
            super().start(job)
            banks = [key for key in self.polled if state.plan.runs[key].spec.method == 'bank']
            assert len(banks) <= 1

    executor = OneBank(state)
    outcome, _ = sweep(state, executor)
    assert {*outcome.statuses.values()} == {'done'}
    assert sorted(executor.order) == sorted(state.plan.runs) and executor.most == 2


def test_one_look_at_the_file_system_a_start_at_the_most(state, disk):
    executor = MadeUp(state)
    sweep(state, executor)
    assert 0 < len(disk.asked) <= len(executor.order)
    assert {*disk.asked} == {state.paths.root}


@pytest.mark.parametrize(
    ('optimizer', 'selection', 'times'),
    [
        # Two points of weights alone; of weights and a momentum; of weights and Adam's two.
        (dict(type='SGD', lr=0.1), 'last_epoch', 2),
        (dict(type='SGD', lr=0.1, momentum=0.9), 'last_epoch', 4),
        (dict(type='AdamW', lr=0.1), 'last_epoch', 6),
        # The best weights are in both points, and in a file.
        (dict(type='AdamW', lr=0.1), 'oracle_best_on_test', 9),
    ],
)
def test_a_training_needs_what_is_known_of_its_model(tmp_path, optimizer, selection, times):
    plan = planned(methods=('plain',), seeds=(0, 1))
    state = state_of(tmp_path / 'results', plan)
    first, second = plan.runs.values()
    finish(state, first, 'weights')
    second.shared.optim_wrapper.optimizer = optimizer
    second.shared.selection = selection
    room = DiskRoom(state)
    assert room.needed(second) is None
    assert DiskRoom(state, {second.spec.key: 77}).needed(second) == times * 77
    assert state.look_again(first)
    assert room.needed(second) == times * len('weights')


def test_what_is_under_way_of_an_unknown_size_is_looked_through_once(tmp_path, monkeypatch, disk):
    seeds = tuple(range(40))
    state = state_of(tmp_path / 'results', planned(methods=('plain', 'ukd'), seeds=seeds))
    looked, is_finished = [], state.is_finished
    monkeypatch.setattr(state, 'is_finished', lambda key: looked.append(key) or is_finished(key))
    runs = [*state.plan.runs.values()]
    bank = next(run for run in runs if run.spec.method == 'bank')
    assert DiskRoom(state).lack(bank, runs) is None
    # Not all of them for each of them.
    assert 0 < len(looked) <= len(runs)


def test_an_unknown_size_refuses_nothing_and_asks_no_disk(state, disk):
    disk.free = 0
    plain = run_of(state.plan, 'plain')
    assert DiskRoom(state).lack(plain, []) is None and disk.asked == []


def test_a_file_system_that_does_not_answer_refuses_nothing(state, monkeypatch):
    def stale(folder):
        raise OSError(116, 'Stale file handle')

    monkeypatch.setattr('shutil.disk_usage', stale)
    bank = state.plan.pool[0][2]
    assert DiskRoom(state).lack(bank, []) is None


def test_what_a_run_has_left_already_counts_for_nothing(tmp_path, disk):
    plan = planned(methods=('plain',))
    (run,) = plan.runs.values()
    state = state_of(tmp_path / 'results', plan)
    room = DiskRoom(state, {run.spec.key: 10 * MIB})
    needed = room.needed(run)
    disk.free = needed - MIB
    lack = room.lack(run, [])
    assert lack.is_final and lack.words.startswith(
        f'{state.paths.root}: the run needs {needed / MIB:.1f} MiB of disk, and '
        f'{disk.free / MIB:.1f} MiB are free; '
    )
    paths = state.own_folder(run)
    paths.root.mkdir(parents=True)
    paths.resume.write_bytes(b'x' * (2 * MIB))
    assert room.lack(run, []) is None
    # A file with holes takes no room yet.
    paths.resume.unlink()
    with paths.resume.open('wb') as file:
        file.truncate(2 * MIB)
    assert room.lack(run, []) is not None


def test_a_run_that_another_process_holds_is_said_to_be(state, disk):
    bank = state.plan.pool[0][2]
    folder, folders = state.own_folder(bank), RunFolders(state, Places())
    folder.root.mkdir(parents=True)
    with leased(folder), pytest.raises(HeldError, match='carries this run out'):
        folders.refuse(bank, 'no room')
    assert not folder.state.exists()
    with pytest.raises(NoRoomError, match=r'^no room$'):
        folders.refuse(bank, 'no room')
    assert state.left_state(bank)['status'] == 'failed'


def test_a_disk_without_room_for_the_reason_does_not_end_the_sweep(state, disk, monkeypatch):
    disk.free = 0
    write = place.write_json

    def full(path, value):
        if value.get('status') == 'failed':
            raise NoRoomError(f'{path}: cannot be written (No space left on device)')
        write(path, value)

    monkeypatch.setattr(place, 'write_json', full)
    outcome, listener = sweep(state, MadeUp(state))
    banks = [key for key, run in state.plan.runs.items() if run.spec.method == 'bank']
    assert {outcome.statuses[key] for key in banks} == {'failed'}
    assert all('of disk, and 0.0 MiB are free' in listener.told[key] for key in banks)


def test_flow_that_cannot_fit_is_refused_before_it_is_begun(tmp_path, disk, monkeypatch):
    wanted = SimpleNamespace(data=None, folder=tmp_path / 'data' / 'flow')
    monkeypatch.setattr(disk_room, 'wanted_flow', lambda plan: [wanted])
    # Only records tell how large it is, the last time none.
    sizes = iter([None, 3 * GIB, None, 3 * GIB, None, None])
    monkeypatch.setattr(disk_room, 'flow_bytes', lambda one, videos, earlier: next(sizes))
    monkeypatch.setattr(disk_room, 'Videos', lambda data: data)
    disk.free = 3 * GIB
    require_room_for_flow(None, tmp_path)
    disk.free = 2 * GIB
    with pytest.raises(NoRoomError) as caught:
        require_room_for_flow(None, tmp_path)
    assert str(caught.value) == (
        f'{wanted.folder}: optical flow needs 3.0 GiB of disk, and 2.0 GiB are free; make room, '
        'and the same command goes on'
    )
    # Nobody knows before some was made.
    require_room_for_flow(None, tmp_path)
    assert disk.asked == [tmp_path] * 2


def test_a_plan_without_flow_asks_nothing(state, monkeypatch):
    monkeypatch.setattr(disk_room, 'earlier_runs', lambda root: pytest.fail('records are read'))
    require_room_for_flow(state.plan, state.paths.root)
