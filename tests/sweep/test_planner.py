"""Which runs the axes ask for, what each needs, and what its key depends on; nothing is trained."""

import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.files.atomic import write_json
from ukd_bench.files.configs import configs_root
from ukd_bench.methods.table import METHOD_TABLE, STUDENT_METHODS
from ukd_bench.records.folder import RunPaths
from ukd_bench.sweep.config import Student
from ukd_bench.sweep.place import Places, placed_config

from .planned import AXES, STUDENT, hook_of, keys_of, parents_of, planned, run_of, runs_of

POOL = [teacher.name for teacher in AXES.teachers]
# How large a wide student is its own files say.
SHIPPED = tuple(method for method in STUDENT_METHODS if method != 'wide')


@pytest.mark.parametrize('method', SHIPPED)
def test_what_a_method_needs(method):
    plan = planned(methods=(method,), num_teachers=(3,))
    kind = METHOD_TABLE[method]
    run = run_of(plan, method, {'self': 1}.get(method, 3 if kind.by_count else 0))
    expected = {
        'checkpoints': [('teacher', name) for name in POOL],
        'banks': [('bank', name) for name in POOL],
        None: [],
    }[kind.reads]
    if method == 'self':
        expected = [('bank', f'self-{STUDENT}-s0')]
    if method == 'chain':
        expected = [('bank', POOL[2]), ('chain', 2)]
    assert parents_of(plan, run) == expected
    order = list(plan.runs)
    for child in plan.runs.values():
        assert all(order.index(p) < order.index(child.spec.key) for p in child.spec.parents)


def test_hooks_take_what_they_are_given(tmp_path):
    from ukd_bench import distill
    from ukd_bench.registry import HOOKS

    entries = [dict(name=n, config='c', checkpoint='w', bank='b') for n in POOL]
    write_json(tmp_path / 'pool.json', dict(teachers=entries))
    plan = planned(str(tmp_path / 'pool.json'), methods=SHIPPED, num_views=4)
    students = [run for run in plan.runs.values() if run.method.distils]
    distilling = {name for name, row in METHOD_TABLE.items() if row.distils}
    assert {run.spec.method for run in students} == distilling
    for run in students:
        config = placed_config(run, plan, lambda run: RunPaths(tmp_path / run.folder), Places())
        hook = HOOKS.build(hook_of(run, config))
        assert isinstance(hook, distill.DistillationHook)
        assert (hook.view_seed, hook.num_views) == (AXES.view_seed, 4)


def test_a_method_without_a_file_of_its_own_has_ukds_with_another_hook():
    ukd = run_of(planned(), 'ukd', 3)
    for method in ('random', 'shuffled', 'swap', 'naive_graph', 'chain', 'self'):
        assert not (configs_root() / method / f'{STUDENT}_darkroom-quick.py').exists()
        plan = planned(methods=(method,))
        hook = hook_of(max(runs_of(plan, method).items())[1])
        assert hook['type'] == METHOD_TABLE[method].hook
        assert hook['temperature'] == hook_of(ukd)['temperature']
        assert hook['pool'] == '/somewhere/pool.json'


def test_a_file_of_its_own_counts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for method, base in (('plain', 'plain'), ('ukd', 'ukd'), ('swap', 'ukd')):
        shipped = configs_root() / base / f'{STUDENT}_darkroom-quick.py'
        (tmp_path / method).mkdir()
        (tmp_path / method / 'own.py').write_text(f"_base_ = '{shipped}'\n")
    with open(tmp_path / 'swap' / 'own.py', 'a') as file:
        file.write("custom_hooks = [dict(type='ukd_bench.SwapHook', pool='p', weight=0.5)]\n")
    plan = planned(student_config='{method}/own.py', methods=('swap', 'random'))
    assert hook_of(run_of(plan, 'swap', 3))['weight'] == 0.5
    assert hook_of(run_of(plan, 'random', 3))['weight'] == 0.9
    assert hook_of(run_of(plan, 'swap', 3))['num_teachers'] == 3
    assert hook_of(run_of(plan, 'random', 3))['type'] == METHOD_TABLE['random'].hook


def test_a_method_that_has_no_config_at_all(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'plain').mkdir()
    shipped = configs_root() / 'plain' / f'{STUDENT}_darkroom-quick.py'
    (tmp_path / 'plain' / 'own.py').write_text(f"_base_ = '{shipped}'\n")
    with pytest.raises(ConfigError, match=r'ukd/own\.py does not exist') as caught:
        planned(student_config='{method}/own.py', methods=('swap',))
    # Where it was looked for.
    assert str(caught.value).endswith(f' does not exist in {configs_root()} or in {tmp_path}')
    with pytest.raises(ConfigError, match=rf'config {tmp_path}/ukd/own\.py does not exist$'):
        planned(student_config=f'{tmp_path}/{{method}}/own.py', methods=('ukd',))
    with pytest.raises(ConfigError, match=r'label_smoothing/own\.py does not exist'):
        planned(student_config='{method}/own.py', methods=('label_smoothing',))


def test_ukd_alone_needs_no_plain_config(tmp_path, monkeypatch):
    """And has the same keys as with one, since they share their views."""
    monkeypatch.chdir(tmp_path)
    for method in ('ukd', 'plain'):
        (tmp_path / method).mkdir()
        shipped = configs_root() / method / f'{STUDENT}_darkroom-quick.py'
        (tmp_path / method / 'own.py').write_text(f"_base_ = '{shipped}'\n")
    options = dict(student_config='{method}/own.py', methods=('ukd',))
    with_plain = planned(**options)
    (tmp_path / 'plain' / 'own.py').unlink()
    assert keys_of(planned(**options)) == keys_of(with_plain)
    with pytest.raises(ConfigError, match=r'plain/own\.py does not exist'):
        planned(**options | dict(methods=('ukd', 'plain')))
    with pytest.raises(ConfigError, match=r'plain/own\.py does not exist'):
        planned(**options | dict(methods=('teacher',)))


def test_a_config_without_a_section_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'plain').mkdir()
    (tmp_path / 'plain' / 'own.py').write_text("model = dict(type='Recognizer3D')\n")
    with pytest.raises(ConfigError, match=r"plain/own\.py: lacks the section 'train_cfg"):
        planned(student_config='{method}/own.py', methods=('plain',))


def test_a_chain_has_all_its_stages():
    plan = planned(methods=('chain',), num_teachers=(3,))
    stages = runs_of(plan, 'chain')
    assert sorted(stages) == [1, 2, 3]
    assert parents_of(plan, stages[1]) == [('bank', POOL[0])]
    before = [run.starts_from for run in stages.values()]
    assert before == [None, stages[1].spec.key, stages[2].spec.key]
    assert {run.spec.epochs for run in stages.values()} == {12}
    # The same stages whoever asks for them.
    shorter = planned(methods=('chain',), num_teachers=(2,))
    assert run_of(shorter, 'chain', 2).spec == stages[2].spec


def test_the_teacher_of_its_own_kind():
    plan = planned(methods=('self', 'plain', 'ukd'), seeds=(0, 4))
    students = [run for run in plan.runs.values() if run.spec.method == 'self']
    assert [(run.spec.seed, run.spec.num_teachers) for run in students] == [(0, 1), (4, 1)]
    for student in students:
        (bank,) = (plan.runs[key] for key in student.spec.parents)
        (teacher,) = (plan.runs[key] for key in bank.spec.parents)
        assert teacher.spec.teacher == bank.spec.teacher == f'self-{STUDENT}-s{student.spec.seed}'
        assert teacher.spec.seed == 1000 + student.spec.seed
        assert (teacher.spec.student, teacher.spec.epochs) == (STUDENT, 6)
        assert hook_of(teacher)['view_seed'] == AXES.teacher_view_seed
        assert teacher.config.model == run_of(plan, 'plain').config.model
        assert bank.spec.view_seed == student.spec.view_seed == AXES.view_seed
    assert [teacher.name for teacher, *_ in plan.pool] == POOL


def test_mutual_learning_takes_two_and_no_pool():
    plan = planned(methods=('mutual',))
    assert list(plan.runs) == [run_of(plan, 'mutual', 3).spec.key]
    hook = hook_of(run_of(plan, 'mutual', 3))
    assert 'pool' not in hook
    assert hook['num_teachers'] == 3
    with pytest.raises(ConfigError, match='no run to plan: methods mutual with num_teachers 1'):
        planned(methods=('mutual',), num_teachers=(1,))


def test_plain_long_has_the_compute_of_ukd_and_its_bank():
    plan = planned(methods=('plain_long', 'plain'), students=(Student(STUDENT, 10),))
    long = runs_of(plan, 'plain_long')
    # A step is three forwards, and a bank holds the 12 views of the full schedule, whatever the
    # student's: 10 x 3 + 12 x K forwards a clip are so many epochs of three.
    assert {k: run.spec.epochs for k, run in long.items()} == {1: 14, 3: 22}
    assert {k: run.spec.full_epochs for k, run in long.items()} == {1: 16, 3: 24}
    assert long[3].config.param_scheduler[0].total_steps == 22
    assert long[3].config.model == run_of(plan, 'plain').config.model
    assert run_of(planned(methods=('plain_long',)), 'plain_long', 3).spec.epochs == 24
    fewer = planned(methods=('plain_long',), num_views=4)
    assert run_of(fewer, 'plain_long', 3).spec.epochs == 16


def test_places_are_in_no_key():
    methods = ('ukd', 'chain', 'self', 'random', 'swap')
    here = planned(methods=methods)
    there = planned(methods=methods, pool='/elsewhere/pool.json')
    assert list(here.runs) == list(there.runs)


def test_every_method_has_keys_of_its_own():
    plan = planned(methods=SHIPPED)
    students = [run for run in plan.runs.values() if run.spec.method in SHIPPED]
    cells = {(run.spec.method, run.spec.num_teachers) for run in students}
    counted = sum(row.by_count for row in METHOD_TABLE.values())
    once, by_count = len(SHIPPED) - counted, 2 * counted
    # A chain has a second stage, mutual learning no K = 1.
    assert len(students) == len(cells) == once + by_count + 1 - 1


def test_views_that_cycle_are_known_to_all_students():
    methods = ('plain', 'ukd', 'naive', 'teacher')
    once, cycling = planned(methods=methods), planned(methods=methods, num_views=4)
    for method in ('plain', 'ukd', 'naive'):
        (before, after) = (max(runs_of(p, method).items())[1] for p in (once, cycling))
        assert 'num_views' not in hook_of(before)
        assert hook_of(after)['num_views'] == 4
        assert before.spec.key != after.spec.key
    assert {run.spec.num_views for run in runs_of(once, 'bank').values()} == {12}
    assert {run.spec.num_views for run in runs_of(cycling, 'bank').values()} == {4}
    # Teachers train on views of their own.
    teachers = [
        {k for k, r in p.runs.items() if r.spec.method == 'teacher'} for p in (once, cycling)
    ]
    assert teachers[0] == teachers[1]


@pytest.mark.parametrize('views', [0, 13])
def test_views_that_no_student_could_see(views):
    with pytest.raises(ConfigError, match=rf'num_views = {views} is not in 1 to full_epochs = 12'):
        planned(num_views=views)
