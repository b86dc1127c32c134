"""The page names tests that exist, and every test of a fault is on it."""

import ast
import re
from pathlib import Path

import pytest

from ukd_bench.files.configs import PACKAGE
from ukd_bench.records.lease import BEAT_S, DEAD_AFTER_BEATS
from ukd_bench.runs.heartbeat import LOST
from ukd_bench.sweep.queue import MOST_ATTEMPTS

PAGE = (PACKAGE.parent / 'docs' / 'reliability.md').read_text()
TESTS = PACKAGE.parent / 'tests'
NAMED = re.findall(r'`([\w/]+/test_\w+\.py)(?:::(\w+))?`', PAGE)


def functions_in(path: Path) -> set[str]:
    return {
        one.name for one in ast.parse(path.read_text()).body if isinstance(one, ast.FunctionDef)
    }


@pytest.mark.parametrize(('file', 'name'), NAMED)
def test_a_test_that_the_page_names_exists(file, name):
    found = functions_in(TESTS / file)
    assert (name in found) if name else any(one.startswith('test_') for one in found)


def test_every_test_of_a_fault_is_on_the_page():
    tests = {n for n in functions_in(TESTS / 'reliability/test_faults.py') if n.startswith('test_')}
    assert tests == {name for file, name in NAMED if file == 'reliability/test_faults.py'}


def test_the_numbers_are_those_of_the_code():
    assert f'every {BEAT_S:g} s' in PAGE and f'for {DEAD_AFTER_BEATS} of its own' in PAGE
    assert f'exit status {LOST}' in PAGE and MOST_ATTEMPTS == 3 and PAGE.count('three times') == 1
