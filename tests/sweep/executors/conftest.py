"""A server of runs that is ready at once."""

import sys

import pytest

QUICK = """
import sys
from ukd_bench.runs import server
server._preload = server._begin = lambda: None
server.main(float(sys.argv[1]))
"""


@pytest.fixture
def quick_server(monkeypatch):
    """Has servers import nothing of what runs need."""

    def command(module: str, *arguments: str) -> list[str]:
        assert module == 'runs.server'
        return [sys.executable, '-c', QUICK, *arguments]

    monkeypatch.setattr('ukd_bench.sweep.executors.forked.module_command', command)
