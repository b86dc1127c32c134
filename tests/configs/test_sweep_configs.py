from dataclasses import replace

import pytest

from ukd_bench.files.configs import configs_root
from ukd_bench.methods.config_files import load_config
from ukd_bench.sweep.config import Dataset
from ukd_bench.sweep.planner import make_plan
from ukd_bench.sweep.read_axes import read_axes
from ukd_bench.sweep.videos import sweep_data

SWEEPS = sorted((configs_root() / 'sweeps').glob('*.py'))
ABLATIONS = sorted((configs_root() / 'sweeps' / 'ablations').glob('*.py'))
TUNING = sorted((configs_root() / 'sweeps' / 'tuning').glob('*.py'))
REPORTED = [path for path in SWEEPS if path.stem in ('quick', 'quick_again', 'darkroom')]
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
    lengths = {regime.epochs or axes.full_epochs for regime in axes.regimes}
    assert {run.spec.num_views for run in banks} == lengths


@pytest.mark.parametrize('path', ABLATIONS, ids=name_of)
def test_an_ablation_plans_its_question(path, dark_root):
    axes = read_axes(path)
    assert axes.name == f'ablation-{path.stem.replace("_", "-")}'
    own = replace(axes, dataset=Dataset('some', split=1))
    plan = make_plan(own, sweep_data(own.dataset, dark_root), '0' * 8, 'cpu', 'pool.json')
    # In every regime the student with teachers has plain ones beside it, of every seed.
    for regime, keys in plan.keys_by_regime.items():
        seeds = {
            method: {run.spec.seed for key in keys if (run := plan.runs[key]).spec.method == method}
            for method in ('plain', 'ukd')
        }
        assert seeds['plain'] == seeds['ukd'] == {*axes.seeds}, regime


def test_rooms_are_each_others_strangers():
    """What is tuned or found out on one set of videos is reported of another."""
    names = {path.stem: read_axes(path).dataset.darkroom['seed'] for path in REPORTED}
    tried = {read_axes(path).dataset.darkroom['seed'] for path in (*TUNING, *ABLATIONS)}
    assert len({*names.values()}) == len(names) == 3
    assert not tried & {*names.values()}


def test_the_pools_of_the_reference_have_no_teacher_in_common():
    axes = read_axes(configs_root() / 'sweeps' / 'darkroom.py')
    pools = {regime.teachers for regime in axes.regimes}
    assert len(pools) == 2 and not {*pools.pop()} & {*pools.pop()}
    seeds = [teacher.seed for teacher in axes.teachers]
    assert len({*seeds}) == len(seeds) == 16


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
