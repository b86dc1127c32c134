from dataclasses import replace

import pytest

from ukd_bench.files.configs import configs_root
from ukd_bench.methods.config_files import load_config
from ukd_bench.sweep.config import Dataset
from ukd_bench.sweep.planner import make_plan
from ukd_bench.sweep.read_axes import read_axes
from ukd_bench.sweep.videos import sweep_data

SWEEPS = sorted((configs_root() / 'sweeps').glob('*.py'))
ARID = [path for path in SWEEPS if path.stem.startswith('arid_')]


def name_of(path):
    return path.stem


@pytest.mark.parametrize('path', SWEEPS, ids=name_of)
def test_every_run_of_a_sweep_has_its_config(path, dark_root):
    axes = read_axes(path)
    own = replace(axes, dataset=Dataset('some', split=1))
    plan = make_plan(own, sweep_data(own.dataset, dark_root), '0' * 8, 'cpu', 'pool.json')
    planned = {run.spec.method for run in plan.runs.values()}
    assert set(axes.methods) <= planned
    trained = {run.spec.student for run in plan.runs.values() if run.spec.method == 'ukd'}
    assert trained == {student.name for student in axes.students}
    banks = [run for run in plan.runs.values() if run.spec.method == 'bank']
    assert {run.spec.teacher for run in banks} >= {teacher.name for teacher in axes.teachers}
    assert all(run.spec.num_views == axes.full_epochs for run in banks)


@pytest.mark.parametrize('path', ARID, ids=name_of)
def test_teachers_on_arid_differ_in_all_that_they_may_differ_in(path):
    axes = read_axes(path)
    # Every network is student and teacher.
    students = {student.name for student in axes.students}
    assert {teacher.student for teacher in axes.teachers} == students
    configs = [
        load_config(axes.teacher_config.format(teacher=teacher.name)) for teacher in axes.teachers
    ]
    for values in (
        [teacher.seed for teacher in axes.teachers],
        [teacher.student for teacher in axes.teachers],
        [str(config.model.data_preprocessor.streams) for config in configs],
    ):
        assert len(set(values)) == len(values)


@pytest.mark.parametrize('path', ARID, ids=name_of)
def test_a_config_is_made_for_the_epochs_of_the_sweep(path):
    axes = read_axes(path)
    assert axes.students
    for student in axes.students:
        config = load_config(axes.student_config.format(method='plain', student=student.name))
        assert config.train_cfg.max_epochs == student.epochs == axes.full_epochs


def test_the_sweeps_on_arid_differ_in_the_data_alone():
    v10, v15 = (read_axes(configs_root() / 'sweeps' / f'arid_{name}.py') for name in ('v1', 'v15'))
    assert v10.dataset == Dataset('arid-v1', 1, None, 'v1.0')
    assert v15.dataset == Dataset('arid-v1.5', 0, None, 'v1.5')
    assert replace(v15, name=v10.name, dataset=v10.dataset) == v10
