"""What makes a run another one, in plans; nothing is trained."""

import re
import shutil

import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.files.configs import configs_root
from ukd_bench.files.hashes import file_sha256
from ukd_bench.sweep import planner, run_maker
from ukd_bench.sweep.config import Dataset, PoolTeacher, Student
from ukd_bench.sweep.videos import SweepData, sweep_data

from .planned import AXES, STUDENT, hook_of, keys_of, planned, run_of


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """Writes configs that derive from the shipped ones; returns a function that plans with them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(name: str, text: str, base: str | None = None) -> None:
        path = tmp_path / f'{name}.py'
        path.parent.mkdir(exist_ok=True)
        shipped = configs_root() / f'{base or name.partition("/")[0] + "/" + STUDENT}'
        path.write_text(f"_base_ = '{shipped}_darkroom-quick.py'\n{text}\n")

    def plan(text: str = '', teacher: str = '', **changes):
        for method in ('plain', 'ukd'):
            write(f'{method}/mine', text)
        write('teachers/first', teacher, 'teachers/i3d-gamma1.8')
        write('teachers/second', '', 'teachers/slowonly-gamma2.5')
        axes = dict(
            students=(Student('mine', 12),),
            teachers=(PoolTeacher('first', STUDENT, 101),),
            num_teachers=(1,),
            student_config='{method}/mine.py',
            teacher_config='teachers/{teacher}.py',
        )
        return planned(**axes | changes)

    return plan


def keys(plan) -> dict[str, str]:
    return {run.spec.method: run.spec.key for run in plan.runs.values()}


def changed(before, after) -> set[str]:
    """Methods whose runs are others in another plan of the same runs."""
    assert keys(before).keys() == keys(after).keys()
    return {method for method, key in keys(before).items() if keys(after)[method] != key}


def test_models_that_differ_in_an_argument_called_like_a_place(mine):
    text = "model = dict(backbone=dict(pool='{}'))"
    first, second = (mine(text.format(pool)) for pool in ('max', 'avg'))
    assert changed(first, second) == {'ukd'}
    assert changed(first, mine(text.format('max'))) == set()
    same = mine(text.format('max'), pool='/elsewhere/pool.json')
    assert hook_of(run_of(same, 'ukd', 1))['pool'] != hook_of(run_of(first, 'ukd', 1))['pool']
    assert changed(first, same) == set()


@pytest.mark.parametrize('argument', ['cache', 'previous', 'flow_root', 'num_workers'])
def test_arguments_of_a_hook_of_ones_own_count(mine, argument):
    text = "custom_hooks = [*_base_.custom_hooks, dict(type='my.Hook', {}='{}')]"
    first, second = (mine(text.format(argument, value)) for value in 'ab')
    assert changed(first, second) == {'ukd'}


@pytest.mark.parametrize('method', ['plain', 'ukd'])
def test_arguments_of_classes_of_ones_own_count(mine, method):
    text = """
step = dict(type='my.Step', cache='{0}', flow_root='/a')
train_dataloader = dict(dataset=dict(pipeline=[_base_.train_pipeline[0], step,
                                               *_base_.train_pipeline[1:]]))
"""
    first, second = (mine(text.format(value), methods=(method,)) for value in 'ab')
    # Its step is part of the student's rendering, and no teacher's.
    assert changed(first, second) == {method}


def test_places_of_the_suites_own_steps_do_not(mine):
    text = """
opens = dict(type='ukd_bench.OpenVideo', short_side=72, cache='{0}')
flow = dict(type='ukd_bench.OpenFlow', algorithm='farneback', flow_root='{0}')
steps = [opens, flow, *_base_.train_pipeline[1:]]
train_dataloader = dict(num_workers={1}, dataset=dict(pipeline=steps, ann_file='{0}'))
log_level = '{0}'
"""
    first, second = (mine(text.format(*values)) for values in (('a', 1), ('b', 2)))
    assert changed(first, second) == set()
    assert changed(first, mine(text.replace('farneback', 'tvl1').format('a', 1))) == {'ukd'}


def test_a_teachers_key_is_its_banks_and_its_students(mine):
    first = mine()
    second = mine(teacher="model = dict(backbone=dict(pool='max'))")
    assert changed(first, second) == {'teacher', 'bank', 'ukd'}


def test_class_names_are_in_every_key(tmp_path):
    for name, text in (('train', 'a.mp4 0\nb.mp4 1\n'), ('test', 'b.mp4 0\na.mp4 1\n')):
        (tmp_path / f'{name}.txt').write_text(text)
    for name in 'ab':
        (tmp_path / f'{name}.mp4').write_text(name)

    def planned_with(*classes):
        (tmp_path / 'classes.txt').write_text('\n'.join(classes))
        data = sweep_data(Dataset('mine'), tmp_path)
        return planner.make_plan(AXES, data, 'cafe', 'cpu', '/pool.json'), data

    first, data = planned_with('mop', 'wipe')
    assert data.identity()['classes'] == ['mop', 'wipe']
    renamed, turned, again = (
        planned_with(*names)[0] for names in (('mop', 'dust'), ('wipe', 'mop'), ('mop', 'wipe'))
    )
    assert not keys_of(first) & keys_of(renamed)
    assert not keys_of(first) & keys_of(turned)
    assert keys_of(first) == keys_of(again)


def test_a_darkroom_has_arids_class_names(small_videos):
    made = SweepData('made', small_videos, 1, {}, None)
    to_make = sweep_data(AXES.dataset, None)
    assert made.identity()['classes'] == to_make.identity()['classes']
    assert len(to_make.identity()['classes']) == 11


def test_initial_weights_are_known_by_content(mine, tmp_path):
    text = """
model = dict(backbone=dict(_delete_=True, type='ukd_bench.PretrainedBackbone',
                           checkpoint='{}', backbone=dict(type='X3D')))
"""
    for name, content in (('a', 'one'), ('b', 'one'), ('c', 'two')):
        (tmp_path / f'{name}.pth').write_text(content)
    plans = [mine(text.format(f'{name}.pth')) for name in 'abc']
    assert changed(*plans[:2]) == set() and changed(*plans[1:]) == {'ukd'}
    sha256 = file_sha256(tmp_path / 'c.pth')
    assert run_of(plans[2], 'ukd', 1).spec.weights == {'c.pth': sha256}
    (tmp_path / 'c.pth').write_text('three')
    assert changed(plans[2], mine(text.format('c.pth'))) == {'ukd'}
    with pytest.raises(ConfigError) as caught:
        mine(text.format('absent.pth'))
    assert str(caught.value) == (
        "config of plain of mine: model.backbone.checkpoint = 'absent.pth' is no file to read"
    )
    with pytest.raises(ConfigError, match=r"config of teacher of first: load_from = 'absent\.pth'"):
        mine(teacher="load_from = 'absent.pth'")


def test_modules_of_ones_own_are_in_the_key_and_the_specification(mine, tmp_path):
    (tmp_path / 'my_norm.py').write_text('a = 1')
    text = "model = dict(backbone=dict(norm_cfg=dict(activation='my_norm.Swish')))"
    first = mine(text)
    assert run_of(first, 'ukd', 1).spec.sources.keys() == {'my_norm'}
    assert run_of(first, 'bank').spec.sources == {}
    (tmp_path / 'my_norm.py').write_text('a = 2')
    assert changed(first, mine(text)) == {'ukd'}


def test_what_a_run_needs_is_in_its_specification_too(mine, tmp_path):
    """Its process refuses where a teacher's module or initial weights have changed since."""
    for name in ('my_net', 'my_norm'):
        (tmp_path / f'{name}.py').write_text('a = 1')
    for name in ('first', 'mine'):
        (tmp_path / f'{name}.pth').write_text(name)
    start = "load_from = '{}.pth'\nmodel = dict(backbone=dict(norm_cfg=dict(type='{}.It')))"
    both = dict(
        methods=('plain', 'ukd', 'naive', 'chain', 'ensemble'),
        teachers=(PoolTeacher('first', STUDENT, 101), PoolTeacher('second', STUDENT, 102)),
        num_teachers=(1, 2),
    )
    plan = mine(start.format('mine', 'my_norm'), start.format('first', 'my_net'), **both)
    teachers = [teacher for _, teacher, _ in plan.pool]
    assert [run.spec.sources.keys() for run in teachers] == [{'my_net'}, set()]
    assert [run.spec.weights.keys() for run in teachers] == [{'first.pth'}, set()]
    sha256 = teachers[0].spec.sources['my_net']
    needing = [run.spec for run in plan.runs.values() if run.spec.parents]
    assert {spec.method for spec in needing} == {'bank', 'ukd', 'naive', 'chain', 'ensemble'}
    for spec in needing:
        # The second teacher's bank alone has nothing of the first.
        of_first = (spec.method, spec.teacher) != ('bank', 'second')
        assert spec.sources.get('my_net') == (sha256 if of_first else None)
        assert ('first.pth' in spec.weights) == of_first
        # A bank has a student's config, whose weights are hashed, but none of its network.
        assert ('mine.pth' in spec.weights) == (spec.method != 'ensemble')
        assert ('my_norm' in spec.sources) == (spec.method not in ('bank', 'ensemble'))
    assert run_of(plan, 'plain').spec.sources.keys() == {'my_norm'}
    # Keys have what a run's own config names, and the keys of what it needs.
    (tmp_path / 'my_net.py').write_text('a = 2')
    after = mine(start.format('mine', 'my_norm'), start.format('first', 'my_net'), **both)
    kept = {run.label for run in plan.runs.values() if run.spec.key in after.runs}
    assert kept == {
        'plain mine seed=0',
        'teacher second seed=102',
        'bank second seed=102',
    }


def test_two_students_of_equal_configs_are_refused(mine, tmp_path):
    mine()
    for method in ('plain', 'ukd'):
        shutil.copy(f'{method}/mine.py', f'{method}/yours.py')
    both = dict(students=(Student('mine', 12), Student('yours', 12)))
    template = '{method}/{student}.py'
    with pytest.raises(ConfigError) as caught:
        mine(**both, student_config=template)
    assert str(caught.value) == (
        'ukd K=1 mine seed=0 and ukd K=1 yours seed=0 are one run: their configs say the same; '
        'leave one of the two out'
    )
    shutil.copy('teachers/first.py', 'teachers/same.py')
    same = (PoolTeacher('first', STUDENT, 101), PoolTeacher('same', STUDENT, 101))
    with pytest.raises(ConfigError, match='teachers first and same are one run: their configs'):
        mine(teachers=same)
    # Whoever trains longer, or from another seed, is another.
    longer = (Student('mine', 12), Student('yours', 6))
    other = (same[0], PoolTeacher('same', STUDENT, 102))
    plan = mine(students=longer, student_config=template, teachers=other)
    assert sum(run.spec.method == 'ukd' for run in plan.runs.values()) == 2


@pytest.mark.parametrize(
    ('text', 'complaint'),
    [
        (
            "optim_wrapper = dict(clip_grad=dict(max_norm=float('inf')))",
            'optim_wrapper.clip_grad.max_norm = inf is no value of a config',
        ),
        ('model = dict(backbone=dict(table={1: 2}))', 'model.backbone.table.1: a key of a config'),
        ('train_dataloader = dict(dataset=dict(pipeline=[dict(a={3})]))', 'pipeline.0.a = {3} is'),
        (r"load_from = 'a\0b'", r"load_from = 'a\x00b' is no value of a config"),
    ],
)
def test_what_no_config_can_hold_is_named(mine, text, complaint):
    with pytest.raises(ConfigError, match=re.escape(complaint)) as caught:
        mine(text)
    assert str(caught.value).startswith('config of plain of mine: ')
    with pytest.raises(ConfigError, match='config of teacher of first: .*' + re.escape(complaint)):
        mine(teacher=text)


def test_imports_may_be_none(mine):
    text = 'custom_imports = dict(imports=None, allow_failed_imports=True)'
    assert run_of(mine(text), 'ukd', 1).spec.sources == {}


def test_the_version_of_flow_is_in_the_keys_of_what_reads_it(monkeypatch):
    methods = ('plain', 'two_stream_rgb_flow')
    before = planned(methods=methods)
    monkeypatch.setattr(run_maker, 'FLOW_VERSION', 2)
    assert changed(before, planned(methods=methods)) == {'two_stream_rgb_flow'}
