"""A cluster for the tests of a process, which ask for it by ``cluster``."""

from dataclasses import replace
from pathlib import Path

import pytest

from ukd_bench.sweep.executors import build_executor
from ukd_bench.sweep.executors.slurm import SlurmOptions

from ..sweep.executors.made_up_jobs import CPU, resources
from . import cluster as clusters
from .cluster import Cluster


@pytest.fixture(scope='session')
def slurm_cluster():
    """A cluster that is up; each process of a test session has its own."""
    if (absence := clusters.absence()) is not None:
        pytest.skip(absence)
    with clusters.running_cluster() as cluster:
        yield cluster


@pytest.fixture
def cluster(slurm_cluster: Cluster, monkeypatch):
    """The cluster without any job; Slurm's commands reach it from this process."""
    for name, value in slurm_cluster.variables.items():
        monkeypatch.setenv(name, value)
    slurm_cluster.cancel_all()
    yield slurm_cluster
    slurm_cluster.cancel_all()


@pytest.fixture
def new_executor(cluster, tmp_path, monkeypatch):
    """Makes executors as calls of a sweep do, one after another."""
    monkeypatch.chdir(tmp_path)

    def make(jobs=None, detach=False, devices=CPU, **options):
        asked = SlurmOptions(**{'time': 10, 'mem': '100', 'poll_s': 0.2, **options})
        given = replace(resources(devices, jobs), options=dict(slurm=asked), detach=detach)
        return build_executor('slurm', given)

    return make


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Puts the one test first that takes longest of all; items are those of all folders."""
    items.sort(key=lambda item: item.path != Path(__file__).with_name('test_sweep.py'))
