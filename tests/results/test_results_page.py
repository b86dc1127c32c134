"""The page on results names every file, key and column, and its examples print what it shows."""

import contextlib
import io
import json
import re
from pathlib import Path

import pytest

from ukd_bench.records import record
from ukd_bench.records.folder import RunPaths, SweepPaths
from ukd_bench.results import load
from ukd_bench.results.frames import COLUMNS, RUN_COLUMNS

REPOSITORY = Path(__file__).parents[2]
REFERENCE = REPOSITORY / 'results' / 'reference' / 'quick'
PAGE = (REPOSITORY / 'docs' / 'results.md').read_text()
EXAMPLES = re.findall(r'^```python\n(.*?)^```\n\n```\n(.*?)^```$', PAGE, re.MULTILINE | re.DOTALL)


def section(title: str) -> str:
    """Text below a heading, up to the next."""
    return PAGE.split(f'\n## {title}\n')[1].split('\n## ')[0]


def first_cells(text: str) -> list[str]:
    """All names in code style in the first column of tables."""
    cells = re.findall(r'^\| (`[^|]*`) \|', text, re.MULTILINE)
    return [name for cell in cells for name in re.findall(r'`([^`]+)`', cell)]


@pytest.mark.parametrize(('code', 'printed'), EXAMPLES)
def test_examples_print_what_the_page_shows(monkeypatch, code, printed):
    monkeypatch.chdir(REPOSITORY)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(code, {})
    assert out.getvalue() == printed


def test_there_are_examples():
    assert len(EXAMPLES) == 2


def test_every_file_is_named():
    named = {name.rstrip('/') for name in first_cells(PAGE.split('\n## States')[0])}
    owners = {SweepPaths: Path('sweep'), RunPaths: Path('run')}
    files = {
        getattr(kind(root), name).name
        for kind, root in owners.items()
        for name, value in vars(kind).items()
        if isinstance(value, property)
    }
    assert named - {'KEY-EXECUTION'} == files


def test_every_state_is_named():
    assert sorted(first_cells(section('States'))) == sorted(['status', *record.STATUSES])


def test_every_key_of_a_plan_and_a_record_is_named():
    plan = json.loads((REFERENCE / 'plan.json').read_text())
    # A plan of an earlier release has neither methods of its own nor regimes.
    assert sorted(first_cells(section('`plan.json`'))) == sorted({*plan, 'methods', 'regimes'})
    paths = SweepPaths(REFERENCE).runs()
    assert len(paths) > 20
    for path in paths:
        found = json.loads(path.record.read_text())
        text = section('`record.json`')
        # A record of an earlier release has neither peaks of several processes nor a GPU's use.
        added = 'memory_of_processes', 'gpu_utilization'
        assert sorted(first_cells(text)) == sorted({*found, *added})
        for part in ('schedule', 'metrics', 'time', 'hashes', 'counts', 'knowledge', 'protocol'):
            for name in found[part] or ():
                assert f'`{name}`' in text, (part, name)


def test_every_column_and_its_type():
    rows = re.findall(r'^\| `(\w+)` \| (\w+) \|', section('As a pandas DataFrame'), re.MULTILINE)
    assert rows == [(name, kind) for name, (kind, _) in COLUMNS.items()]
    frame = load(REFERENCE)
    assert [(name, str(kind)) for name, kind in frame.dtypes.items()] == rows
    told = section('As a pandas DataFrame').split('`load_clips` gives')[1].split('of the')[0]
    assert re.findall(r'`(\w+)`', told) == list(RUN_COLUMNS)
