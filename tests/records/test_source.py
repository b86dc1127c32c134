"""The source that a run's process can import, and nothing else, is hashed."""

import json
import shutil
import subprocess
import sys

import pytest

from ukd_bench.files.configs import PACKAGE
from ukd_bench.files.python import python_path
from ukd_bench.records.source import run_sources, source_sha256

UNREAD = (
    'cli/main.py',
    'data/cache/build.py',
    'data/cache/estimate.py',
    'data/check/text.py',
    'data/darkroom/paint.py',
    'data/flow/algorithms.py',
    'data/flow/make.py',
    'data/flow/raft.py',
    'data/processes.py',
    'knowledge/bank/verify.py',
    'measure/speed/step_times.py',
    'methods/looks.py',
    'records/questions.py',
    'report/page.py',
    'results/verdicts.py',
    'runs/answers.py',
    'sweep/planner.py',
)
READ = (
    '__init__.py',
    'data/__init__.py',
    'data/arid/dataset.py',
    'data/cache/store.py',
    'data/flow/open_flow.py',
    'data/video/frames.py',
    'distill/losses.py',
    'enhance/lime.py',
    'errors.py',
    'files/hashes.py',
    'knowledge/assembly/aekd.py',
    'knowledge/bank/fill_one.py',
    'knowledge/teacher.py',
    'measure/prediction.py',
    'models/two_stream.py',
    'registry.py',
    'runs/selection.py',
)


def written(root, files):
    for name, text in files.items():
        path = root / f'{name}.py'
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_what_runs_import_is_hashed_and_nothing_else(tmp_path):
    root = tmp_path / PACKAGE.name
    shutil.copytree(PACKAGE, root, ignore=shutil.ignore_patterns('__pycache__', 'configs'))
    before = run_sources(root)
    assert before == run_sources()

    def mend(files):
        for file in files:
            with open(root / file, 'a') as source:
                source.write('# mended\n')
        return run_sources(root)

    # No run has them, so a change to them leaves all runs reusable.
    assert mend(UNREAD) == before
    (root / 'enhance' / 'unlisted.py').write_text('x = 1\n')
    assert run_sources(root) == before
    after = mend(READ)
    assert after.keys() == before.keys()
    assert {file for file in after if after[file] != before[file]} == {*READ}


def test_imports_are_followed_wherever_they_stand(tmp_path):
    files = {
        '__init__': '',
        'registry': "A = Registry('a', locations=['ukd_bench.rooms.one', 'ukd_bench.kinds'])",
        'runs/carry_out': (
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
        'runs/__init__': '',
        'runs/late': 'class A:\n    from ..deep.est import f',
        'deep/est': 'f = lambda: 1 if True else 2',
        'rooms/__init__': '',
        'rooms/one': 'import typing\nif typing.TYPE_CHECKING:\n    from . import types_alone',
        'rooms/two': 'from .. import top',
        'rooms/three': '',
        'rooms/types_alone': '',
        'kinds/__init__': 'from .listed import A',
        'kinds/listed': '',
        'kinds/unlisted': '',
        'plain': 'match 1:\n    case 1:\n        from . import matched',
        'matched': '',
        'top': 'from . import registry',
        'types_alone': '',
        'otherwise': '',
        'unused': 'from . import top',
    }
    written(tmp_path, files)
    left_out = {'types_alone.py', 'unused.py', 'rooms/types_alone.py', 'kinds/unlisted.py'}
    assert {*run_sources(tmp_path)} == {f'{name}.py' for name in files} - left_out
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
