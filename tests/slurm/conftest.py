"""A cluster for the tests of a process, which ask for it by ``cluster``."""

from dataclasses import replace

import pytest

from ukd_bench.sweep.executors import build_executor
from ukd_bench.sweep.executors.slurm import SlurmOptions

from ..sweep.executors.made_up_jobs import CPU, resources
from . import cluster as clusters
from .cluster import Cluster


@pytest.fixture(scope='session')
def running():
    """A cluster that is up; each process of a test session has its own."""
    if (absence := clusters.absence()) is not None:
        pytest.skip(absence)
    with clusters.running_cluster() as cluster:
        yield cluster


@pytest.fixture
def cluster(running: Cluster, monkeypatch):
    """The cluster without any job; Slurm's commands reach it from this process."""
    for name, value in running.variables.items():
        monkeypatch.setenv(name, value)
    running.cancel_all()
    yield running
    running.cancel_all()


@pytest.fixture
def new_executor(cluster, tmp_path, monkeypatch):
    """Makes executors as calls of a sweep do, one after another."""
    monkeypatch.chdir(tmp_path)

    def make(jobs=None, detach=False, devices=CPU, **options):
        asked = SlurmOptions(**{'time': 10, 'mem': '100', 'poll_s': 0.2, **options})
        given = replace(resources(devices, jobs), options=dict(slurm=asked), detach=detach)
        return build_executor('slurm', given)

    return make


def pytest_collection_modifyitems(items):
    # Hooks of a folder's conftest get all items.
    for item in items:
        if {'cluster', 'running'} & {*getattr(item, 'fixturenames', ())}:
            item.add_marker(pytest.mark.slow)
