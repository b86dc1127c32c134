"""Imports go one way, and what plans or presents starts without torch."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from ukd_bench.paths import PACKAGE

LEAVES = {
    'command_line',
    'distillation',
    'downloads',
    'errors',
    'locks',
    'methods',
    'paths',
    'provenance',
    'records',
    'registry',
    'spec',
    'state',
    'user_code',
}
DATA = {'datasets', 'enhance', 'models'}
MAY_IMPORT = {
    **dict.fromkeys(LEAVES, LEAVES),
    **dict.fromkeys(DATA, LEAVES),
    'knowledge': LEAVES | DATA,
    'distill': LEAVES | DATA | {'knowledge'},
    'measure': LEAVES | DATA | {'knowledge', 'distill'},
    'runs': LEAVES | DATA | {'knowledge', 'distill', 'measure'},
    'sweep': LEAVES,
    'results': LEAVES,
    'report': LEAVES | {'results'},
}
_LIGHT = (
    'cache darkroom editions fingerprint flow flow_settings groups layout lists protocols '
    'rendering video'
)
LIGHT_DATA = tuple(f'datasets.{name}' for name in _LIGHT.split())
"""What a sweep may use of the data sets: it is free of torch."""


def module_name(path: Path) -> str:
    parts = list(path.relative_to(PACKAGE).with_suffix('').parts)
    return '.'.join(parts[:-1] if parts[-1] == '__init__' else parts)


def imported(source: str, name: str, is_package: bool) -> set[str]:
    """Names below ``ukd_bench`` that a module imports, wherever in the file it does."""
    package = name.split('.') if is_package else name.split('.')[:-1]
    package = [part for part in package if part]
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith('ukd_bench.'):
                    found.add(alias.name.removeprefix('ukd_bench.'))
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                base = package[: len(package) - node.level + 1]
            elif node.module and node.module.split('.')[0] == 'ukd_bench':
                base, node.module = [], node.module.removeprefix('ukd_bench').removeprefix('.')
            else:
                continue
            base = [*base, *(node.module.split('.') if node.module else [])]
            # `from . import x` may name a module or not; the longer name holds the shorter.
            found |= {'.'.join([*base, alias.name]) for alias in node.names}
    return found


def modules():
    for path in sorted(PACKAGE.rglob('*.py')):
        if path.relative_to(PACKAGE).parts[0] != 'configs':
            name = module_name(path)
            yield name, imported(path.read_text(), name, path.name == '__init__.py')


IMPORTS = dict(modules())


def room(name: str) -> str:
    return name.split('.')[0]


def within(name: str, module: str) -> bool:
    return name == module or name.startswith(f'{module}.')


def test_the_parser_sees_all_ways_to_import():
    source = '\n'.join(
        (
            'import ukd_bench.runs.build',
            'from ukd_bench.state import load_weights',
            'from ..errors import DataError',
            'from .bank import Bank',
            'from . import pool',
            'def f():',
            '    from ..measure import MeasureHook',
            'import torch',
        )
    )
    assert imported(source, 'knowledge.fill', False) == {
        'runs.build',
        'state.load_weights',
        'errors.DataError',
        'knowledge.bank.Bank',
        'knowledge.pool',
        'measure.MeasureHook',
    }


def test_every_room_is_known():
    unknown = {room(name) for name in IMPORTS} - set(MAY_IMPORT) - {'', '__main__', 'data'}
    assert not unknown, f'say in MAY_IMPORT what {unknown} may import'


@pytest.mark.parametrize('name', sorted(name for name in IMPORTS if room(name) in MAY_IMPORT))
def test_imports_go_one_way(name):
    if name.endswith('__main__'):
        return  # The composition roots.
    allowed = MAY_IMPORT[room(name)] | {room(name)}
    for other in IMPORTS[name]:
        if room(name) == 'sweep' and any(within(other, light) for light in LIGHT_DATA):
            continue
        assert room(other) in allowed, f'ukd_bench.{name} imports ukd_bench.{other}'


@pytest.mark.parametrize('name', ['distill.ukd_hook', 'knowledge.bank'])
def test_the_banks_side_never_reaches_a_teacher(name):
    """Follows imports, `__init__` modules of packages on the way included, to their end."""
    reached, ahead = set(), {name}
    while ahead:
        module = ahead.pop()
        reached.add(module)
        for other in IMPORTS[module]:
            parts = other.split('.')
            ahead |= {
                prefix
                for prefix in ('.'.join(parts[:n]) for n in range(1, len(parts) + 1))
                if prefix in IMPORTS
                and prefix not in reached
                # Its siblings are there when it is, but it must not need them.
                and prefix != room(name)
            }
    assert 'knowledge.pool' in reached
    assert not {'knowledge.teacher', 'knowledge.fill'} & reached


LIGHT = """
import sys
import {module}
heavy = [name for name in ('torch', 'mmaction', 'mmcv', 'torchvision') if name in sys.modules]
print('heavy:', *heavy)
"""


@pytest.mark.parametrize(
    'module',
    [
        'ukd_bench.sweep.planner',
        'ukd_bench.sweep.__main__',
        'ukd_bench.results.load',
        'ukd_bench.report.render',
        'ukd_bench.report.__main__',
        'ukd_bench.data',
    ],
)
def test_what_plans_or_presents_starts_without_torch(module):
    answer = subprocess.run(
        [sys.executable, '-c', LIGHT.format(module=module)], capture_output=True, text=True
    )
    assert answer.stdout.strip() == 'heavy:', answer.stdout + answer.stderr[-2000:]
