"""The published report is what the published records give, file by file, structure and numbers."""

import math
import re
import shutil
from difflib import unified_diff
from itertools import zip_longest

import cv2
import numpy as np
import pytest

from ukd_bench.files.configs import configs_root
from ukd_bench.report.page import write_report

ROOT = configs_root().parent
REPORTS = ROOT / 'reports' / 'reference'
SWEEPS = ('quick', 'darkroom')
NUMBER = re.compile(r'-?\d+(?:\.\d+)?(?:e[-+]?\d+)?')
AGAIN = (
    'ukd-bench report results/reference/SWEEP --out reports/reference/SWEEP, and read the '
    'difference before it is committed'
)


@pytest.fixture(scope='module')
def made(tmp_path_factory):
    # In the same place beside the records, to which pages link.
    root = tmp_path_factory.mktemp('clone')
    reference = ROOT / 'results' / 'reference'
    for sweep in SWEEPS:
        results = root / 'results' / 'reference' / sweep
        shutil.copytree(reference / sweep, results)
        write_report(results, root / 'reports' / 'reference' / sweep, memory=reference / 'memory')
    return root / 'reports' / 'reference'


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob('*') if path.is_file())


def alike(line, other):
    """Whether two lines are equal, but for last bits of numbers, which differ between machines."""
    if line == other:
        return True
    if line is None or other is None or NUMBER.split(line) != NUMBER.split(other):
        return False
    numbers = zip(NUMBER.findall(line), NUMBER.findall(other), strict=True)
    return all(math.isclose(float(a), float(b), rel_tol=1e-9, abs_tol=2e-6) for a, b in numbers)


def test_it_has_the_same_files(made):
    assert names(made) == names(REPORTS), AGAIN


def of_kind(picture):
    return [name for name in names(REPORTS) if name.endswith('.png') == picture]


@pytest.mark.parametrize('name', of_kind(picture=True))
def test_a_picture_is_the_same(made, name):
    found, wanted = (cv2.imread(str(folder / name)) for folder in (made, REPORTS))
    assert found is not None and found.shape == wanted.shape, AGAIN
    assert np.abs(found.astype(float) - wanted).mean() < 0.5, AGAIN


@pytest.mark.parametrize('name', of_kind(picture=False))
def test_a_file_is_the_same(made, name):
    found, wanted = (
        (folder / name).read_text().splitlines() if (folder / name).exists() else []
        for folder in (made, REPORTS)
    )
    if not all(alike(line, other) for line, other in zip_longest(found, wanted)):
        different = unified_diff(wanted, found, 'published', 'made now', lineterm='', n=0)
        pytest.fail('\n'.join([f'{name}: {AGAIN}', *(f'{line:.300}' for line in different)][:30]))


@pytest.mark.parametrize(
    ('line', 'other', 'equal'),
    [
        ('"value": 68.48484848484848,', '"value": 68.4848484848485,', True),
        ('"value": 68.48484848484848,', '"value": 68.4848594848485,', False),
        ('<td>68.5 ± 2.4</td>', '<td>68.6 ± 2.4</td>', False),
        ('K = 4', 'K = 5', False),
        ('<td>a</td>', '<th>a</th>', False),
        ('seed 1', None, False),
    ],
)
def test_what_counts_as_alike(line, other, equal):
    assert alike(line, other) is equal
