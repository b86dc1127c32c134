"""The page on sweep configs names every key, and nothing else."""

import re
from dataclasses import MISSING, fields
from pathlib import Path

import pytest
from mmengine.config import Config

from ukd_bench.files.configs import configs_root
from ukd_bench.methods.distillation import Distillation
from ukd_bench.sweep.config import Axes, Dataset, read_axes

PAGE = (Path(__file__).parents[2] / 'docs' / 'sweeps.md').read_text()
TABLES = [
    {name: default.strip(' `') for name, default in rows}
    for rows in (
        re.findall(r'^\| `(\w+)` \|([^|]*)\|', table, re.MULTILINE)
        for table in (
            part.split('\n\n')[0] for part in PAGE.split('| key | default | meaning |')[1:]
        )
    )
]


@pytest.mark.parametrize(
    ('kind', 'table'), [*zip((Axes, Dataset, Distillation), TABLES, strict=True)]
)
def test_every_key_and_its_default(kind, table):
    # The dicts among a config's `methods`.
    keys = [field for field in fields(kind) if field.name != 'own_methods']
    assert sorted(table) == sorted(field.name for field in keys)
    for field in keys:
        told = table[field.name]
        if field.name == 'distillation':
            assert told == 'dict()' and not field.default_factory().given()
        elif field.default is MISSING:
            assert told == ''
        elif field.name == 'num_views':
            assert field.default is None
        else:
            assert told == repr(field.default)


def test_the_example(tmp_path):
    (code,) = re.findall(r'^```python\n(.*?)^```$', PAGE, re.MULTILINE | re.DOTALL)
    quick = configs_root() / 'sweeps' / 'quick.py'
    (tmp_path / 'quick.py').write_text(quick.read_text())
    (tmp_path / 'mine.py').write_text(code)
    given = Config.fromfile(tmp_path / 'mine.py').distillation.to_dict()
    axes = read_axes(tmp_path / 'mine.py')
    assert axes.name == 'confident'
    assert axes.distillation == Distillation(**given)
    assert axes.students == read_axes(quick).students
