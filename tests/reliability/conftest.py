"""An undisturbed sweep that others are compared with, and folders to disturb one in."""

import shutil
from pathlib import Path

import pytest

from ..sweep.conftest import shared
from . import small


@pytest.fixture(scope='session')
def undisturbed(tmp_path_factory) -> Path:
    """The small sweep, carried out; tests only read it."""

    def make(folder: Path) -> None:
        small.lay_out(folder)
        assert small.carry_out(folder) == 0, (folder / 'sweep.log').read_text()

    return shared(tmp_path_factory, 'undisturbed', make)


@pytest.fixture
def place(undisturbed, tmp_path) -> Path:
    """A folder with the sweep's config and videos, and no results."""
    small.copy_to(undisturbed, tmp_path / 'place')
    return tmp_path / 'place'


@pytest.fixture
def half_done(undisturbed, place) -> Path:
    """The same, with what ran before the students of K = 2."""
    shutil.copytree(undisturbed / 'results', place / 'results')
    for name, record in small.records_in(place).items():
        if record['num_teachers'] == 2:
            shutil.rmtree(small.paths_in(place).root / name)
    return place
