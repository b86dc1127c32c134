"""A cluster for the tests of a process, which ask for it by ``cluster``."""

import pytest

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


def pytest_collection_modifyitems(items):
    # Hooks of a folder's conftest get all items.
    for item in items:
        if {'cluster', 'running'} & {*getattr(item, 'fixturenames', ())}:
            item.add_marker(pytest.mark.slow)
