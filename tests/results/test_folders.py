from pathlib import Path

import pytest

from ukd_bench.results.folders import folder_names


@pytest.mark.parametrize(
    ('folders', 'names'),
    [
        (['/r/quick', '/r/other'], ['quick', 'other']),
        (['/r/alice/quick', '/r/bob/quick', '/r/full'], ['alice/quick', 'bob/quick', 'full']),
        (['/a/x/quick', '/b/x/quick', '/b/y/quick'], ['a/x/quick', 'b/x/quick', 'y/quick']),
        (['/r/quick', '/r/quick/', '/r/a/../quick'], ['quick', 'quick', 'quick']),
        (['/quick', '/r/quick'], ['//quick', 'r/quick']),
    ],
)
def test_a_name_is_as_long_as_it_must_be(folders, names):
    assert folder_names([Path(folder) for folder in folders]) == names


def test_the_working_folder_has_its_own_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert folder_names([Path('.')]) == [tmp_path.name]
