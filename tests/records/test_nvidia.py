import subprocess

import pytest

from ukd_bench.records import nvidia
from ukd_bench.records.nvidia import ask_driver, driver_version


@pytest.fixture
def answers(monkeypatch):
    """Has ``nvidia-smi`` print a text, or end with an error."""

    def give(result):
        def run(command, **options):
            assert command[0] == 'nvidia-smi' and command[-1] == '--format=csv,noheader,nounits'
            if isinstance(result, Exception):
                raise result
            return subprocess.CompletedProcess(command, 0, stdout=result)

        monkeypatch.setattr(nvidia.subprocess, 'run', run)

    driver_version.cache_clear()
    yield give
    driver_version.cache_clear()


def test_cells_of_lines(answers):
    answers('5, 100\n\n7, [N/A]\n')
    assert ask_driver('--query-compute-apps=pid,used_memory') == [['5', '100'], ['7', '[N/A]']]


def test_the_driver_of_the_first_gpu(answers):
    answers('580.1\n580.1\n')
    assert driver_version() == '580.1'


@pytest.mark.parametrize(
    'problem', [FileNotFoundError(), subprocess.TimeoutExpired('nvidia-smi', 20)], ids=type
)
def test_no_driver(answers, problem):
    answers(problem)
    assert ask_driver('--query') is None and driver_version() is None
