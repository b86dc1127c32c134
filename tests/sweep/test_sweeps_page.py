"""The page on sweep configs names every key, and nothing else."""

import json
import re
from dataclasses import MISSING, fields
from pathlib import Path
from types import SimpleNamespace

import pytest
from mmengine.config import Config

from ukd_bench.files.configs import configs_root
from ukd_bench.methods.distillation import Distillation
from ukd_bench.sweep.config import NO_KEYS, Axes, Dataset
from ukd_bench.sweep.parts import Choice, Pretraining, Regime
from ukd_bench.sweep.read_axes import read_axes

DOCS = Path(__file__).parents[2] / 'docs'
PAGE, REGIMES = ((DOCS / name).read_text() for name in ('sweeps.md', 'regimes.md'))


def tables(page: str) -> list[dict[str, str]]:
    """Defaults by key of each table of keys."""
    parts = page.split('| key | default | meaning |')[1:]
    rows = (re.findall(r'^\| `(\w+)` \|([^|]*)\|', part.split('\n\n')[0], re.M) for part in parts)
    return [{name: default.strip(' `') for name, default in some} for some in rows]


@pytest.mark.parametrize(
    ('kind', 'table'),
    [
        *zip((Axes, Dataset, Distillation), tables(PAGE), strict=True),
        *zip((Regime, Pretraining, Choice), tables(REGIMES), strict=True),
    ],
)
def test_every_key_and_its_default(kind, table):
    # The dicts among a config's `methods`.
    keys = [field for field in fields(kind) if field.name not in NO_KEYS]
    assert sorted(table) == sorted(field.name for field in keys)
    for field in keys:
        told = table[field.name]
        dicts = 'cfg_options', 'method_cfg_options', 'slurm', 'hosts'
        if field.name in dicts or (field.name, kind) == ('distillation', Axes):
            made = field.default_factory()
            assert told == 'dict()' and not (made if isinstance(made, dict) else made.given())
        elif field.name == 'regimes' and kind is Axes:
            assert told == 'one' and field.default == (Regime(),)
        elif field.default is MISSING:
            assert told == ''
        elif field.name == 'num_views':
            assert field.default is None
        else:
            assert told == repr(field.default)


def test_the_example(tmp_path):
    every = re.findall(r'^```python\n(.*?)^```$', PAGE, re.MULTILINE | re.DOTALL)
    (code,) = (one for one in every if '_base_' in one)
    quick = configs_root() / 'sweeps' / 'quick.py'
    (tmp_path / 'quick.py').write_text(quick.read_text())
    (tmp_path / 'mine.py').write_text(code)
    given = Config.fromfile(tmp_path / 'mine.py').distillation.to_dict()
    axes = read_axes(tmp_path / 'mine.py')
    assert axes.name == 'confident'
    assert axes.distillation == Distillation(**given)
    assert axes.students == read_axes(quick).students


def test_the_regimes_of_the_example_can_be_planned(tmp_path):
    first, second = re.findall(r'^```python\n(.*?)^```$', REGIMES, re.MULTILINE | re.DOTALL)
    quick = (configs_root() / 'sweeps' / 'quick.py').read_text()
    (tmp_path / 'mine.py').write_text(f'{quick}\n{first}\n{second}')
    axes = read_axes(tmp_path / 'mine.py')
    assert [regime.name for regime in axes.regimes] == ['pretrained', 'scratch', 'noisy']
    assert axes.choice('naive').regimes == ('pretrained',)


def test_the_example_of_another_scheduler(tmp_path, monkeypatch):
    every = re.findall(r'^```python\n(.*?)^```$', PAGE, re.MULTILINE | re.DOTALL)
    (code,) = (one for one in every if 'qsub' in one)
    runs = [
        dict(key='0a', after=[], command=['python', 'a b'], variables=dict(A='1'), log='0a.txt'),
        dict(key='0b', after=['0a'], command=['python'], variables={}, log='0b.txt'),
    ]
    commands = tmp_path / 'results' / 'my_sweep' / 'commands.jsonl'
    commands.parent.mkdir(parents=True)
    commands.write_text(''.join(f'{json.dumps(run)}\n' for run in runs))
    monkeypatch.chdir(tmp_path)
    asked = []

    def submit(command, input, **_):
        asked.append((command, input))
        return SimpleNamespace(stdout=f'{len(asked)}.server\n')

    monkeypatch.setattr('subprocess.run', submit)
    exec(code, dict(DIRECTORY='/my work'))
    (first, script), (second, _) = asked
    assert script == "cd '/my work' && env A=1 python 'a b'"
    assert first[-4:] == ['-o', '0a.txt', '-j', 'oe'] and second[-1] == 'depend=afterok:1.server'
    # Older releases take no name that begins with a digit.
    assert all(one[one.index('-N') + 1].isidentifier() for one in (first, second))
