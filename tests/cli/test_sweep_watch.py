"""What a sweep's display is told of runs: from the states of some and the records of others."""

import pytest

from ukd_bench.cli import sweep_watch
from ukd_bench.cli.sweep_watch import SweepWatch
from ukd_bench.files.atomic import write_json
from ukd_bench.records.process import this_process
from ukd_bench.records.record import MEMORY_FIGURES
from ukd_bench.sweep.display import HowFar, Seen

from ..sweep.left_runs import finish, state_of
from ..sweep.planned import planned

MIB = 2**20


def memory(peak):
    return dict(train=dict.fromkeys(MEMORY_FIGURES) | dict(allocated_peak_bytes=peak))


def test_a_watch_reads_states_and_records(tmp_path):
    plan = planned(methods=('ukd', 'plain'), num_teachers=(1,), seeds=(0, 1))
    state = state_of(tmp_path, plan)
    watch = SweepWatch(state, jobs=1)
    assert watch.look([]) == Seen({}, None, None)
    by_label = {run.label: run for run in plan.runs.values()}
    teacher = next(run for run in by_label.values() if run.spec.method == 'teacher')
    bank = next(run for run in by_label.values() if run.spec.method == 'bank')
    watch.started(teacher)
    assert watch.look([teacher]).runs == {teacher.spec.key: HowFar()}
    state.own_folder(teacher).root.mkdir(parents=True)
    told = dict(status='running', **this_process(), epoch=3, epochs=6, loss=0.5, train_s=30.0)
    write_json(state.own_folder(teacher).state, told | dict(memory=memory(5 * MIB)))
    seen = watch.look([teacher])
    assert seen.runs == {teacher.spec.key: HowFar(3, 6, 0.5, 5 * MIB)}
    assert seen.peak == (5 * MIB, teacher.label)
    # Thirty seconds of it are left, and the others by the work of each.
    scale = 60.0 / teacher.work
    others = sum(run.work for run in plan.runs.values() if run is not teacher)
    assert seen.left_s == pytest.approx(30.0 + others * scale, rel=0.01)

    finish(state, teacher, 'a', memory=memory(7 * MIB), time=dict(wall_s=90.0))
    assert state.look_again(teacher)
    watch.ended(teacher, 'done')
    watch.started(bank)
    state.own_folder(bank).root.mkdir(parents=True)
    write_json(state.own_folder(bank).state, dict(status='running', **this_process()))
    write_json(state.own_folder(bank).fill_progress, dict(num_views=4, fill_s=8.0))
    bank.spec.write(state.own_folder(bank).spec)
    seen = watch.look([bank])
    assert seen.runs == {bank.spec.key: HowFar(4, bank.spec.num_views, None, None, True)}
    assert seen.peak == (7 * MIB, teacher.label)
    for run in plan.runs.values():
        watch.ended(run, 'skipped')
    assert watch.look([]).left_s == 0


def test_runs_of_earlier_calls_tell_how_long_others_take(tmp_path, monkeypatch):
    plan = planned(methods=('plain',), seeds=tuple(range(8)))
    state = state_of(tmp_path, plan)
    *before, last = plan.runs.values()
    for run in before:
        finish(state, run, run.spec.key, memory=memory(9 * MIB), time=dict(wall_s=20.0))
        state.look_again(run)
    watch, read = SweepWatch(state, jobs=2), []
    original = sweep_watch.read_record

    def noting(path):
        read.append(path)
        return original(path)

    monkeypatch.setattr(sweep_watch, 'read_record', noting)
    for run in before:
        watch.ended(run, 'done')
    seen = watch.look([])
    # Theirs is no peak of this call.
    assert (seen.left_s, seen.peak, len(read)) == (20.0, None, 3)
    assert last.spec.key not in seen.runs
