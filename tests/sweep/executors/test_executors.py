from dataclasses import replace

import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.sweep.executors import EXECUTORS, build_executor
from ukd_bench.sweep.executors.base import Executor

from .made_up_jobs import cuda, resources


class OneByOne(Executor):
    """What a user might write, at its least."""

    def start(self, job):
        pass

    def poll(self, job):
        return 'ended'

    def stop(self):
        pass


# Slurm's needs a cluster.
@pytest.mark.parametrize('name', [name for name in EXECUTORS if name != 'slurm'])
def test_every_name_is_an_executor(name):
    assert type(build_executor(name, resources(jobs=1))) is EXECUTORS[name]


def test_a_path_is_a_class_of_the_users():
    executor = build_executor(f'{__name__}.OneByOne', resources())
    assert type(executor) is OneByOne and executor.capacity == 1
    assert build_executor(f'{__name__}.OneByOne', resources(jobs=3)).capacity == 3


@pytest.mark.parametrize(
    ('name', 'why'),
    [
        ('cluster', 'no dotted path'),
        ('absent_module.Mine', "cannot be imported: No module named 'absent_module'"),
        ('json.absent', "cannot be imported: module 'json' has no attribute 'absent'"),
        ('json.JSONDecoder', 'no path of an Executor'),
        ('json.dumps', 'no path of an Executor'),
    ],
)
def test_what_is_no_executor_is_refused(name, why):
    with pytest.raises(ConfigError) as refused:
        build_executor(name, resources())
    assert str(refused.value) == f'executor {name!r} is none of {", ".join(EXECUTORS)} and {why}'


class Impatient(OneByOne):
    def __init__(self, resources):
        super().__init__(resources)
        self.capacity = 0


class Broken(OneByOne):
    def __init__(self, resources):
        super().__init__(resources)
        self.queue = resources.partition


@pytest.mark.parametrize(
    ('name', 'why'),
    [
        ('Impatient', ': capacity = 0 is no number of runs'),
        ('Broken', ": AttributeError: 'Resources' object has no attribute 'partition'"),
    ],
)
def test_one_that_cannot_be_used_is_named(name, why):
    with pytest.raises(ConfigError) as refused:
        build_executor(f'{__name__}.{name}', resources())
    assert str(refused.value) == f"executor '{__name__}.{name}'{why}"


@pytest.mark.parametrize('name', ['local', f'{__name__}.OneByOne'])
def test_only_runs_that_outlive_a_sweep_are_left_alone(name):
    detached = replace(resources(), detach=True)
    with pytest.raises(ConfigError) as refused:
        build_executor(name, detached)
    assert str(refused.value) == f'--detach: runs of the executor {name} end with the sweep'
    assert build_executor(f'{__name__}.Lasting', detached).resources.detach


class Lasting(OneByOne):
    outlives = True


class Sharing(OneByOne):
    shares_gpus = True


@pytest.mark.parametrize('name', ['inline', 'slurm', f'{__name__}.OneByOne'])
def test_only_an_executor_that_can_has_runs_share_a_gpu(name):
    shared = resources(cuda('0'), runs_per_gpu=2)
    with pytest.raises(ConfigError) as refused:
        build_executor(name, shared)
    line = f'--runs-per-gpu 2: the executor {name} has no runs share a GPU'
    assert str(refused.value) == line
    for able in ('local', f'{__name__}.Sharing'):
        assert build_executor(able, shared).shares_gpus
