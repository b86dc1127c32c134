"""Hands tests the made-up sweep."""

import importlib.util
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location(
    'ukd_bench_made_up', Path(__file__).parent / 'made_up.py'
)
made_up_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made_up_module)


@pytest.fixture
def made_up():
    """The module: ``made_up.MadeUpSweep().write(tmp_path)``."""
    return made_up_module
