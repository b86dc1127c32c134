"""The source that a run's process can import, and nothing else, is hashed."""

import json
import shutil
import subprocess
import sys

import pytest

from ukd_bench.files.configs import PACKAGE
from ukd_bench.files.python import python_path
from ukd_bench.records.source import run_sources, source_sha256


@pytest.fixture
def package(tmp_path):
    """A copy of the suite, to be changed."""
    root = tmp_path / PACKAGE.name
    shutil.copytree(PACKAGE, root, ignore=shutil.ignore_patterns('__pycache__', 'configs'))
    assert run_sources(root) == run_sources()
    return root


def written(root, **files):
    for name, text in files.items():
        path = root / f'{name.replace("__", "/")}.py'
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize(
    'file',
    [
        'cli/main.py',
        'data/check/text.py',
        'data/darkroom/paint.py',
        'data/flow/make.py',
        'knowledge/bank/verify.py',
        'measure/speed/steps.py',
        'methods/looks.py',
        'report/page.py',
        'results/verdicts.py',
        'runs/answers.py',
        'sweep/planner.py',
    ],
)
def test_a_change_to_what_no_run_imports_changes_nothing(package, file):
    before = run_sources(package)
    (package / file).write_text((package / file).read_text() + '# mended\n')
    (package / file).with_name('added.py').write_text('x = 1\n')
    assert run_sources(package) == before


@pytest.mark.parametrize(
    'file',
    [
        '__init__.py',
        'data/__init__.py',
        'data/arid/dataset.py',
        'data/flow/steps.py',
        'data/video/frames.py',
        'distill/losses.py',
        'enhance/lime.py',
        'errors.py',
        'files/hashes.py',
        'knowledge/assembly/aekd.py',
        'knowledge/bank/fill.py',
        'knowledge/teacher.py',
        'measure/prediction.py',
        'models/two_stream.py',
        'registry.py',
        'runs/selection.py',
    ],
)
def test_a_change_to_what_a_run_imports_changes_the_hash(package, file):
    before = run_sources(package)
    (package / file).write_text((package / file).read_text() + '# mended\n')
    after = run_sources(package)
    assert [name for name in after if after[name] != before.get(name)] == [file]
    assert after.keys() == before.keys()


def test_imports_are_followed_wherever_they_stand(tmp_path):
    written(
        tmp_path,
        __init__='',
        registry="A = Registry('a', locations=['ukd_bench.rooms.one', 'ukd_bench.kinds'])",
        runs__carry_out=(
            'import torch, ukd_bench.plain\n'
            'from typing import TYPE_CHECKING\n'
            'from .. import top\n'
            'from ukd_bench.rooms import two\n'
            'if TYPE_CHECKING:\n    from .. import types_alone\n'
            'else:\n    from .. import otherwise\n'
            'def f():\n'
            '    try:\n        from .late import *\n'
            '    except ImportError:\n        from ..rooms.three import name\n'
        ),
        runs____init__='',
        runs__late='class A:\n    from ..deep.est import f',
        deep__est='f = lambda: 1 if True else 2',
        rooms____init__='',
        rooms__one='import typing\nif typing.TYPE_CHECKING:\n    from . import types_alone',
        rooms__two='from .. import top\nfrom ...outside import x',
        rooms__three='',
        rooms__types_alone='',
        kinds____init__='from .listed import A',
        kinds__listed='',
        kinds__unlisted='',
        plain='match 1:\n    case 1:\n        from . import matched',
        matched='',
        top='',
        types_alone='',
        otherwise='',
        unused='from . import top',
    )
    left_out = {'types_alone.py', 'unused.py', 'rooms/types_alone.py', 'kinds/unlisted.py'}
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob('*.py')}
    assert {*run_sources(tmp_path)} == files - left_out
    before = run_sources(tmp_path)
    (tmp_path / 'matched.py').write_text('x = 1')
    assert run_sources(tmp_path) != before


def test_the_hash_is_found_quickly_and_without_torch():
    program = (
        'import sys, time\n'
        'from ukd_bench.records.source import source_sha256\n'
        'began = time.process_time()\n'
        'digits = source_sha256()\n'
        'print(digits, time.process_time() - began, "torch" in sys.modules)'
    )
    told = subprocess.run(
        [sys.executable, '-c', program], capture_output=True, text=True, check=True
    ).stdout.split()
    assert told[0] == source_sha256() and len(told[0]) == 64
    assert float(told[1]) < 0.3
    assert told[2] == 'False'


@pytest.mark.slow
def test_all_that_a_run_loads_is_covered():
    """The closure is static; what a process really has loaded is part of it."""
    program = (
        'import importlib, json, sys\n'
        'import ukd_bench.runs.carry_out, ukd_bench.registry as registry\n'
        'from mmengine.registry import Registry\n'
        'for kind in vars(registry).values():\n'
        '    if isinstance(kind, Registry) and kind.scope == registry.SCOPE:\n'
        '        kind.import_from_location()\n'
        'print(json.dumps([m.__file__ for n, m in sys.modules.items() '
        'if n.partition(".")[0] == "ukd_bench"]))'
    )
    told = subprocess.run(
        [sys.executable, '-P', '-c', program],
        capture_output=True,
        text=True,
        check=True,
        env={'PYTHONPATH': python_path(), 'PATH': ''},
    ).stdout
    loaded = {
        file.removeprefix(f'{PACKAGE}/') for file in json.loads(told.strip().splitlines()[-1])
    }
    assert 'runs/carry_out.py' in loaded and 'models/two_stream.py' in loaded
    assert loaded - {*run_sources()} == set()
