import sys

import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.files.python import import_by_path, working_folder_on_path


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working folder that is not on the path, as for an installed command."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, 'path', [place for place in sys.path if place != ''])
    (tmp_path / 'of_mine.py').write_text('class Thing: pass\n')
    (tmp_path / 'broken_of_mine.py').write_text('1 / 0\n')
    yield tmp_path
    for name in ('of_mine', 'broken_of_mine'):
        sys.modules.pop(name, None)


def test_modules_are_found_where_the_command_starts(here):
    assert import_by_path('of_mine.Thing', 'thing').__name__ == 'Thing'
    assert sys.path[0] == str(here)


def test_the_folder_is_put_on_the_path_once(here):
    working_folder_on_path()
    working_folder_on_path()
    assert sys.path.count(str(here)) == 1
    sys.path[0] = ''
    working_folder_on_path()
    assert str(here) not in sys.path


@pytest.mark.parametrize(
    ('path', 'message'),
    [
        ('none_of_mine.Thing', "'none_of_mine.Thing' cannot be imported: No module named"),
        ('of_mine.Other', "'of_mine.Other' cannot be imported: .*has no attribute 'Other'"),
        ('broken_of_mine.Thing', 'cannot be imported: division by zero'),
        ('Thing', "'Thing' cannot be imported: Empty module name"),
    ],
)
def test_what_cannot_be_imported_is_one_line(here, path, message):
    with pytest.raises(ConfigError, match=message) as caught:
        import_by_path(path, f'thing {path!r}')
    assert '\n' not in str(caught.value)
