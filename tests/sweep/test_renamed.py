"""Whatever of a sweep's axes is changed, the sweep and the report believe the same runs."""

from pathlib import Path

import pytest

from ukd_bench.files.configs import configs_root
from ukd_bench.methods.distillation import Distillation
from ukd_bench.results.loading import load_sweep
from ukd_bench.sweep.config import PoolTeacher, Student
from ukd_bench.sweep.doubts import doubts

from .left_runs import finish, state_of
from .planned import planned, run_of

FIRST, SECOND = PoolTeacher('first', 'i3d', 101), PoolTeacher('second', 'slowonly', 102)
BEFORE = dict(
    methods=('ensemble', 'naive', 'ukd', 'plain'), num_teachers=(1, 2), num_views=4,
    students=(Student('student', 12),), student_config='{method}/{student}.py',
    teachers=(FIRST, SECOND), teacher_config='teachers/{teacher}.py',
)  # fmt: skip
CLIPS = dict(fingerprint='clips', classes=['Run', 'Sit'], test_samples=2)


@pytest.fixture(autouse=True)
def configs(tmp_path, monkeypatch):
    """Configs of students and teachers, each under a second name."""
    monkeypatch.chdir(tmp_path)
    own = {f'{method}/{name}': f'{method}/i3d-r18-w8' for method in ('plain', 'ukd', 'naive')
           for name in ('student', 'renamed')}  # fmt: skip
    own |= {f'teachers/{name}': 'teachers/i3d-gamma1.8' for name in ('first', 'once-first')}
    own['teachers/second'] = 'teachers/slowonly-gamma2.5'
    for name, base in own.items():
        Path(f'{name}.py').parent.mkdir(exist_ok=True)
        Path(f'{name}.py').write_text(f"_base_ = '{configs_root()}/{base}_darkroom-quick.py'\n")


def left_by(plan):
    """The folder in which all runs of a plan were finished."""
    state = state_of(Path('results'), plan)
    for run in plan.runs.values():
        finish(state, run, run.spec.key, dataset=CLIPS)
    return state.paths.root


def read_by_both(root, plan):
    """What the sweep believes of a folder, and what the report does: the plan, and what it shows.

    Returns:
        The state, and the report's runs by key.
    """
    state = state_of(root, plan)
    state.write_plan(dict(name='darkroom-tiny'), 'rules', {})
    shown = load_sweep(root).by_key
    believed = {key for key in plan.runs if state.is_finished(key)}
    assert {key for key, run in shown.items() if run.done} == believed
    return state, shown


@pytest.mark.parametrize(
    ('change', 'is_in_keys'),
    [
        # Names, and the number by which short schedules are marked, are the plan's to say.
        (dict(students=(Student('renamed', 12),)), False),
        (dict(teachers=(PoolTeacher('once-first', 'i3d', 101), SECOND)), False),
        (dict(teachers=(PoolTeacher('first', 'another', 101), SECOND)), False),
        (dict(full_epochs=24), False),
        (dict(threads=4), False),
        (dict(students=(Student('student', 11),)), True),
        (dict(seeds=(1,)), True),
        (dict(view_seed=3), True),
        (dict(num_views=5), True),
        (dict(teacher_epochs=5), True),
        (dict(teacher_view_seed=2), True),
        (dict(protocol='clips10_crops3'), True),
        (dict(selection='oracle_best_on_test'), True),
        (dict(teachers=(SECOND, FIRST)), True),
        (dict(distillation=Distillation(weight=0.5)), True),
    ],
)
def test_sweep_and_report_agree_on_what_stands(change, is_in_keys):
    before = planned(**BEFORE)
    root = left_by(before)
    plan = planned(**BEFORE | change)
    state, shown = read_by_both(root, plan)
    new = {key for key in plan.runs if not state.is_finished(key)}
    assert new == plan.runs.keys() - before.runs.keys() and bool(new) == is_in_keys
    assert [*doubts(state)] == []
    for key, run in plan.runs.items():
        names = shown[key].student, shown[key].teacher, shown[key].epochs, shown[key].full_epochs
        spec = run.spec
        assert names == (spec.student, spec.teacher, spec.epochs, spec.full_epochs)
        if shown[key].record:
            told = [teacher['name'] for teacher in shown[key].record['teachers']]
            assert told == [teacher.spec.teacher for teacher in plan.teachers_of(run)]


@pytest.mark.parametrize('method', ['plain', 'teacher', 'bank', 'ensemble'])
@pytest.mark.parametrize(
    'change',
    [
        dict(seed=99),
        dict(num_teachers=7),
        dict(parents=['another']),
        dict(schedule=dict(epochs=1)),
        dict(config=dict(optim_wrapper=dict(optimizer=dict(lr=10)))),
    ],
)
def test_neither_believes_the_record_of_another_run(change, method):
    plan = planned(**BEFORE)
    root = left_by(plan)
    run = run_of(plan, method, 2 if method == 'ensemble' else 0)
    finish(state_of(root, plan), run, run.spec.key, dataset=CLIPS, **change)
    state, shown = read_by_both(root, plan)
    (name,) = change
    # Their keys cover neither: a bank's views are counted apart, and an ensemble trains nothing.
    believed = method in ('bank', 'ensemble') and name in ('schedule', 'config')
    assert shown[run.spec.key].done == believed
    assert [str(state.own_folder(run).root) in line for line in doubts(state)] == [True] * (
        not believed
    )


def test_teachers_of_a_record_are_those_of_the_plan_in_order():
    plan = planned(**BEFORE)
    root = left_by(plan)
    state = state_of(root, plan)
    first, second = (teacher for _, teacher, _ in plan.pool)
    for method in ('naive', 'ukd'):
        run = run_of(plan, method, 2)
        whole = [dict(name='x', key=one.spec.key, checkpoint_sha256='') for one in (first, second)]
        for teachers in ([], whole[::-1], whole[:1], [dict(whole[0], key=''), whole[1]]):
            finish(state, run, 'w', dataset=CLIPS, teachers=teachers)
            again = state_of(root, plan)
            assert not again.is_finished(run.spec.key)
            told = f'{state.own_folder(run).root}: it learned from other teachers than the plan'
            assert sum(line.startswith(told) for line in doubts(again)) == 1
