"""Which axes of a sweep are in which keys: each is varied in turn; nothing is trained."""

import re
from dataclasses import fields, replace

import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.files.configs import configs_root
from ukd_bench.methods.distillation import Distillation
from ukd_bench.sweep.config import Axes, Dataset, PoolTeacher, Student
from ukd_bench.sweep.executors import SlurmOptions

from .planned import STUDENT, planned

TEACHERS = (PoolTeacher('first', STUDENT, 101), PoolTeacher('second', STUDENT, 102))
METHODS = ('plain', 'plain_long', 'ukd', 'naive', 'chain', 'self', 'teacher', 'ensemble')
DARKROOM = dict(preset='tiny', seed=0)
BASE = dict(
    methods=METHODS,
    dataset=Dataset('made', darkroom=DARKROOM),
    num_teachers=(1, 2),
    students=(Student('one', 12), Student('two', 6)),
    teachers=TEACHERS,
    student_config='{method}/{student}.py',
    teacher_config='teachers/{teacher}.py',
    distillation=Distillation(rule='mean_probability', weight=0.5, temperature=2.0),
)
EVERY = {*METHODS, 'bank'}
STUDENTS = {'plain', 'plain_long', 'ukd', 'naive', 'chain', 'self'}
DISTILLING = {'ukd', 'naive', 'chain', 'self'}
# What banks take is what students with UKD's compute train longer by.
OF_BANKS = {'bank', 'ukd', 'chain', 'self', 'plain_long'}

VARIED = {
    'name': (dict(name='another'), set()),
    'claims': (dict(claims='mine.toml'), set()),
    'threads': (dict(threads=2), set()),
    'run_limit': (dict(run_limit='2h'), set()),
    'hosts': (dict(hosts={'node*': {'/data': '/scratch'}}), set()),
    # Banks and ensembles are of other teachers then.
    'gpus_per_run': (dict(gpus_per_run=2), EVERY),
    'dataset.name': (dict(dataset=Dataset('another', darkroom=DARKROOM)), set()),
    'dataset.split': (dict(dataset=Dataset('made', 2, DARKROOM)), EVERY),
    'dataset.darkroom.seed': (
        dict(dataset=Dataset('made', darkroom=DARKROOM | dict(seed=1))),
        EVERY,
    ),
    'dataset.darkroom.preset': (
        dict(dataset=Dataset('made', darkroom=dict(preset='quick', seed=0))),
        EVERY,
    ),
    'students.name': (dict(students=(Student('three', 12), Student('two', 6))), set()),
    'students.epochs': (dict(students=(Student('one', 11), Student('two', 5))), STUDENTS),
    'students, turned': (dict(students=BASE['students'][::-1]), set()),
    'full_epochs': (dict(full_epochs=13), OF_BANKS),
    'full_epochs, views given': (dict(full_epochs=13, num_views=12), STUDENTS),
    'num_views': (dict(num_views=4), OF_BANKS | STUDENTS),
    'teacher_epochs': (dict(teacher_epochs=7), EVERY - {'plain', 'plain_long'}),
    'teachers.name': (
        dict(teachers=(replace(TEACHERS[0], name='third'), TEACHERS[1])),
        set(),
    ),
    'teachers.student': (dict(teachers=(replace(TEACHERS[0], student='x'), TEACHERS[1])), set()),
    'teachers.seed': (
        dict(teachers=tuple(replace(one, seed=one.seed + 9) for one in TEACHERS)),
        EVERY - {'plain', 'plain_long', 'self'},
    ),
    # Its name is another's config: the seed alone makes it another teacher.
    'teachers.config': (
        dict(teachers=(replace(TEACHERS[0], name='again', config='first'), TEACHERS[1])),
        set(),
    ),
    'teachers.config, of another': (
        dict(teachers=(replace(TEACHERS[0], config='second'), TEACHERS[1])),
        EVERY - {'plain', 'plain_long', 'self'},
    ),
    'teachers, turned': (dict(teachers=TEACHERS[::-1]), {'ukd', 'naive', 'chain', 'ensemble'}),
    # Teachers of a student's own kind count on from its seed.
    'seeds': (dict(seeds=(3,)), STUDENTS | {'teacher', 'bank'}),
    'view_seed': (dict(view_seed=3), EVERY - {'teacher'}),
    'teacher_view_seed': (dict(teacher_view_seed=3), EVERY - {'plain', 'plain_long'}),
    'protocol': (dict(protocol='clips10_crops3'), EVERY),
    'selection': (dict(selection='best_on_held_out_groups'), EVERY),
    # What is asked of a cluster changes no result.
    'slurm': (dict(slurm=SlurmOptions(time=60, mem='8G', cpus=3)), set()),
    'distillation.rule': (dict(distillation=Distillation('mean_logit', 0.5, 2.0)), DISTILLING),
    'distillation.weight': (
        dict(distillation=Distillation('mean_probability', 0.25, 2.0)),
        DISTILLING,
    ),
    'distillation.temperature': (
        dict(distillation=Distillation('mean_probability', 0.5, 3.0)),
        DISTILLING,
    ),
    'distillation.final_weight': (
        dict(distillation=replace(BASE['distillation'], final_weight=0.0)),
        DISTILLING,
    ),
    'distillation.loss': (
        dict(distillation=replace(BASE['distillation'], loss=dict(type='my.Loss'))),
        DISTILLING,
    ),
}
"""Axes that are changed, and the methods all or some of whose runs are others then."""
NOT_VARIED = {
    # These say which runs there are; each has its place in what the runs' own keys are tested by.
    'methods', 'num_teachers', 'own_methods', 'choices', 'first_regime',
    # What each of them changes is looked at in test_regimes.
    'regimes',
    # Templates of paths count by the configs that they lead to.
    'student_config', 'teacher_config',
    # It says which lists at a root are read, and these count by content.
    'dataset.edition',
}  # fmt: skip


@pytest.fixture(scope='module')
def before(tmp_path_factory):
    """Keys before any change, by method; in a folder where what has another name says the same."""
    root = tmp_path_factory.mktemp('axes')

    def write(folder: str, base: str, *names: str) -> None:
        (root / folder).mkdir(exist_ok=True)
        shipped = configs_root() / f'{base}_darkroom-quick.py'
        for name in names:
            (root / folder / f'{name}.py').write_text(f"_base_ = '{shipped}'\n")

    for method in ('plain', 'ukd'):
        write(method, f'{method}/{STUDENT}', 'one', 'two', 'three')
    write('teachers', 'teachers/i3d-gamma1.8', 'first', 'third')
    write('teachers', 'teachers/slowonly-gamma2.5', 'second')
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        yield keys_by_method()


def keys_by_method(**changes) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for run in planned(**BASE | changes).runs.values():
        found.setdefault(run.spec.method, set()).add(run.spec.key)
    return found


@pytest.mark.parametrize('axis', VARIED)
def test_each_axis_is_in_the_keys_of_the_runs_that_it_changes(before, axis):
    changes, expected = VARIED[axis]
    after = keys_by_method(**changes)
    assert before.keys() == after.keys() == EVERY
    assert {method for method in EVERY if before[method] != after[method]} == expected


def test_no_axis_is_forgotten():
    nested = dict(
        dataset=Dataset, students=Student, teachers=PoolTeacher, distillation=Distillation
    )
    names = {one.name for one in fields(Axes)} - nested.keys()
    names |= {f'{name}.{one.name}' for name, kind in nested.items() for one in fields(kind)}
    varied = {axis.partition(',')[0] for axis in VARIED}
    assert names - NOT_VARIED - {'dataset.darkroom'} <= varied
    assert {'dataset.darkroom.seed', 'dataset.darkroom.preset'} <= varied


@pytest.mark.parametrize(
    ('limit', 'complaint'),
    [
        ('2 hours', "run_limit = '2 hours' is not a length of time like 2h, 90min or 1h30min"),
        ('0h', "run_limit = '0h' is no time at all"),
        (0, 'run_limit = 0 is no number of seconds'),
        (-1.0, 'run_limit = -1.0 is no number of seconds'),
        (float('nan'), 'run_limit = nan is no number of seconds'),
    ],
)
def test_a_limit_that_is_none_is_refused(limit, complaint):
    with pytest.raises(ConfigError, match=f'^{re.escape(complaint)}'):
        planned(**BASE, run_limit=limit)


@pytest.mark.parametrize(('limit', 'seconds'), [(None, None), ('1h30min', 5400.0), (90, 90)])
def test_every_run_is_told_its_limit(limit, seconds):
    runs = planned(run_limit=limit).runs.values()
    assert {run.spec.limit_s for run in runs} == {seconds}


def test_what_trains_nothing_is_one_process():
    plan = planned(**BASE | dict(gpus_per_run=3))
    told = {run.spec.method: run.spec.processes for run in plan.runs.values()}
    assert told == dict.fromkeys(EVERY, 3) | dict(bank=1, ensemble=1)


def test_networks_that_learn_together_do_so_in_one_process():
    with pytest.raises(ConfigError, match='gpus_per_run = 2: method mutual trains its networks in'):
        planned(methods=('plain', 'mutual'), gpus_per_run=2)
