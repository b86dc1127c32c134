"""Values of other types in the files of a sweep: whoever reads them says so in a line."""

import json
import math
import shutil
from pathlib import Path

import pytest

from ukd_bench.errors import ResultsError
from ukd_bench.knowledge.bank.manifest import Manifest
from ukd_bench.knowledge.pool import read_pool
from ukd_bench.records.plan_file import read_plan
from ukd_bench.records.record import read_record
from ukd_bench.records.sealed import read_sealed
from ukd_bench.records.spec import RunSpec

from .. import fuzz
from . import whole_sweep

VALUES = (
    fuzz.ABSENT,
    None,
    True,
    -1,
    0,
    2**63,
    1e308,
    float('inf'),
    '',
    [],
    {},
    'x' * 5000,
    '\ud800',
)
FILES = {
    'ukd': 'record.json',
    'bank': 'record.json',
    'plan': 'plan.json',
    'pool': 'pool.json',
    'manifest': 'manifest.json',
    'specification': 'run.json',
}
"""What is mangled, and the name of its file."""
ONLY = {'bank': ('hashes', 'knowledge', 'teachers', 'metrics')}
"""Parts of a record that are looked at, where those of another tell the rest."""


@pytest.fixture(scope='module')
def whole(tmp_path_factory) -> Path:
    return whole_sweep.write(tmp_path_factory.mktemp('whole') / 'results').paths.root


@pytest.fixture(scope='module')
def scratch(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp('scratch')


@pytest.fixture
def folder(whole, tmp_path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / 'results'))


def find(root: Path, what: str) -> Path:
    """The file of a kind, of the last run that has one."""
    folders = {run.spec.method: root / run.folder for run in whole_sweep.plan().runs.values()}
    parent = {
        'plan': root,
        'pool': root,
        'manifest': folders['bank'] / 'bank',
        'specification': folders['ukd'],
    }.get(what) or folders[what]
    return parent / FILES[what]


READ = {
    'record.json': read_record,
    'plan.json': read_plan,
    'pool.json': read_pool,
    'manifest.json': Manifest.read,
    'run.json': RunSpec.read,
}
"""The one place that checks files of each name, from which every reader has them."""


def is_refused(path: Path) -> bool:
    """Whether a file is refused where all readers have it from."""
    return whole_sweep.complaint(lambda: READ[path.name](path)) is not None


@pytest.mark.slow
@pytest.mark.parametrize('what', FILES)
@pytest.mark.parametrize('every', [False, pytest.param(True, marks=pytest.mark.exhaustive)])
def test_no_leaf_of_another_type_is_met_by_a_traceback(folder, scratch, what, every):
    """What is not refused all readers read: of each leaf one value, or every one."""
    path = find(folder, what)
    whole = json.loads(path.read_text())
    # Of several like each other in a list the first stands for all.
    places = [place for place in fuzz.leaves(whole) if {0} >= {k for k in place if type(k) is int}]
    places = [place for place in places if place[0] in ONLY.get(what, place)]
    # Readers compare the digest of a config as a whole, so one of its leaves stands for all.
    of_config = [place for place in places if place[0] == 'config']
    places = [place for place in places if place not in of_config[1:]]
    refused = []
    for number, place in enumerate(places):
        mangled = [fuzz.mangled(whole, place, value) for value in VALUES]
        passed = []
        for content in mangled:
            fuzz.write(path, content)
            (refused if is_refused(path) else passed).append(content)
        for content in passed if every else passed[number % max(1, len(passed)) :][:1]:
            read_all(content, path, folder, scratch)
    # Now and then all readers show that they go by it.
    for content in refused[:: len(refused) // (50 if every else 5)]:
        read_all(content, path, folder, scratch)
    assert len(refused) > len(places)


def read_all(content: object, path: Path, folder: Path, scratch: Path) -> None:
    """Has all readers read a folder with that content of one of its files."""
    plan = (folder / 'plan.json').read_bytes()
    fuzz.write(path, content)
    try:
        whole_sweep.read_all(folder, scratch)
    except BaseException as error:
        error.add_note(f'{path.name}: {content!s:.2000}')
        raise
    # The sweep has written its plan anew.
    (folder / 'plan.json').write_bytes(plan)


@pytest.mark.slow
@pytest.mark.parametrize('what', FILES)
def test_no_whole_file_is_met_by_a_traceback(folder, scratch, what):
    path = find(folder, what)
    for content in fuzz.CONTENTS:
        path.write_bytes(content)
        whole_sweep.read_all(folder, scratch)
    path.unlink()
    path.mkdir()
    whole_sweep.read_all(folder, scratch)


@pytest.mark.parametrize('what', ['ukd', 'plan'])
def test_a_file_that_seals_itself_is_nothing_else(folder, what):
    """Neither a wrong digest nor a right one makes values of other types pass."""
    path = find(folder, what)
    content = json.loads(path.read_text()) | {'name': 5, 'seed': 'many'}
    path.write_text(json.dumps(content))
    with pytest.raises(ResultsError, match='edited or damaged'):
        read_sealed(path, 'file', lambda value, where: None)


def test_random_changes_are_met_by_no_traceback():
    """A few of them here; ``python -m tests.fuzz`` goes on for as long as it is told."""
    made, wrong = fuzz.fuzz(math.inf, iter(range(8)), drawn=False)
    assert made == 8 and wrong == []


def test_an_untouched_sweep_is_read_without_complaint(folder, tmp_path):
    assert whole_sweep.complaint(lambda: whole_sweep.report(folder, tmp_path / 'page')) is None
    assert whole_sweep.complaint(lambda: whole_sweep.sweep(folder)) is None
    assert 'UKD' in (tmp_path / 'page' / 'report.md').read_text()
