import pytest

from tests.measure.memory.small import small_config
from ukd_bench.cli.main import main
from ukd_bench.cli.measure import memory

from .memory_rows import SETTING


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp('memory')


@pytest.fixture(scope='module')
def mine(folder):
    return small_config(folder)


@pytest.fixture
def call(capsys):
    """Calls the command; the status, and what it printed on stdout and on stderr."""

    def run(*words):
        capsys.readouterr()
        try:
            status = main(['measure', 'memory', *map(str, words)])
        except SystemExit as end:
            status = end.code
        out, err = capsys.readouterr()
        return status, out, err

    return run


@pytest.fixture
def made_up(monkeypatch):
    """Has the command find these rows, and no process started."""

    def give(*rows):
        monkeypatch.setattr(memory, '_predicted', lambda *_: list(rows))
        monkeypatch.setattr(memory, '_setting', lambda *_: SETTING)

    return give
