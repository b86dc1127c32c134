"""Every command explains itself at once, within 80 columns, and names what there is."""

import json
import subprocess
import sys

import pytest

from ukd_bench.cli.commands import COMMANDS
from ukd_bench.cli.main import main
from ukd_bench.cli.parser import Room

DOORS = ('data', 'knowledge', 'measure', 'report', 'results', 'runs', 'sweep')
PATHS = [
    [],
    *([name] for name in COMMANDS),
    *(
        [name, sub]
        for name, one in COMMANDS.items()
        if isinstance(one, Room)
        for sub in one.commands
    ),
]
HEAVY = """
import importlib, json, sys
from ukd_bench.cli.main import main

FORBIDDEN = 'torch', 'mmaction', 'mmcv', 'mmengine', 'pandas', 'matplotlib', 'cv2', 'scipy'
found = {}
paths, doors = json.loads(sys.argv[1])
for door in doors:
    importlib.import_module(f'ukd_bench.{door}.__main__')
    found[door] = [name for name in FORBIDDEN if name in sys.modules]
for path in paths:
    try:
        main([*path, '--help'])
    except SystemExit as end:
        assert end.code == 0
    found[' '.join(['ukd-bench', *path])] = [name for name in FORBIDDEN if name in sys.modules]
print(json.dumps(found), file=sys.stderr)
"""


def help_of(capsys, *path: str) -> str:
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        main([*path, '--help'])
    assert end.value.code == 0
    return capsys.readouterr().out


def flat(text: str) -> str:
    return ' '.join(text.split())


def test_no_help_imports_what_takes_long():
    question = json.dumps([PATHS, DOORS])
    answer = subprocess.run(
        [sys.executable, '-c', HEAVY, question], capture_output=True, text=True, check=True
    )
    found = json.loads(answer.stderr)
    assert len(found) == len(PATHS) + len(DOORS) > 20
    assert [name for name, heavy in found.items() if heavy] == []


@pytest.mark.parametrize('path', PATHS, ids=' '.join)
def test_help_has_a_description_and_examples_and_fits(path, capsys, monkeypatch):
    monkeypatch.setenv('COLUMNS', '80')
    text = help_of(capsys, *path)
    name = ' '.join(['ukd-bench', *path])
    assert text.startswith(f'usage: {name} ')
    assert 'example' in text and f'\n  {name} ' in text
    assert [line for line in text.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize('path', PATHS, ids=' '.join)
def test_every_example_can_be_parsed(path, capsys, monkeypatch):
    examples = [
        line.strip().split('  ')[0].split()[1:]
        for line in help_of(capsys, *path).split('example')[-1].splitlines()
        if line.startswith('  ukd-bench ')
    ]
    assert examples
    for command in leaves(COMMANDS):
        monkeypatch.setattr(command, 'run', lambda arguments: 17)
    for example in examples:
        if '--help' not in example:
            assert main(example) == 17, example


def leaves(commands):
    for one in commands.values():
        yield from leaves(one.commands) if isinstance(one, Room) else [one]


def test_sweep_names_its_methods_and_the_shipped_sweeps(capsys):
    from ukd_bench.files.configs import configs_root
    from ukd_bench.sweep.config import SWEEP_METHODS

    text = flat(help_of(capsys, 'sweep'))
    assert f'methods: {", ".join(SWEEP_METHODS)} examples:' in text
    shipped = sorted(path.stem for path in (configs_root() / 'sweeps').glob('*.py'))
    assert 'quick' in shipped and f'a shipped one: {", ".join(shipped)} (default' in text


def test_help_names_what_the_rooms_have(capsys):
    """Such names stand in the help as text, because the tables take long to import."""
    from ukd_bench.data.darkroom import PRESETS
    from ukd_bench.data.flow.settings import PARAMETERS
    from ukd_bench.knowledge.bank.storage import FORMS
    from ukd_bench.measure.speed.fill_rate import FillSetting
    from ukd_bench.measure.speed.method_steps import METHODS
    from ukd_bench.measure.speed.networks import sweep_config

    presets, algorithms = help_of(capsys, 'data', 'make'), help_of(capsys, 'data', 'flow')
    assert all(f'{name} (' in presets for name in PRESETS)
    assert all(name in algorithms.split('algorithms:')[1] for name in PARAMETERS)
    assert FORMS in flat(help_of(capsys, 'knowledge', 'fill'))
    steps = flat(help_of(capsys, 'measure', 'steps'))
    assert f'methods: {", ".join(METHODS)} examples:' in steps
    assert f'(default: its first, of quick {sweep_config().students[0].name})' in steps
    rate, setting = flat(help_of(capsys, 'measure', 'fill')), vars(FillSetting())
    for name, value in setting.items():
        default = 'x'.join(map(str, value)) if isinstance(value, tuple) else value
        option = f'--{name.replace("_", "-")} '
        described = rate.split('options:')[1].split(option)[1].split(' --')[0]
        assert f'(default: {default})' in described
