"""The wheel has everything: commands work outside the clone."""

import os
import subprocess
import sys
import tarfile
import zipfile
from importlib.metadata import distributions
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parents[1]
ROOMS = ('data', 'knowledge', 'measure', 'report', 'results', 'runs', 'sweep')


def build(kind: str, folder: Path) -> Path:
    """The one file that hatchling builds of the clone."""
    subprocess.run(
        [sys.executable, '-m', 'hatchling', 'build', '-t', kind, '-d', folder],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
    )
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope='module')
def installed(tmp_path_factory) -> Path:
    """The wheel's content in a folder that can stand on the path, with its script beside it."""
    wheel = build('wheel', tmp_path_factory.mktemp('built'))
    folder = tmp_path_factory.mktemp('installed')
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    (package,) = distributions(path=[str(folder)])
    (script,) = package.entry_points.select(group='console_scripts')
    # As an installer writes it.
    (folder / script.name).write_text(
        f'import sys\nfrom {script.module} import {script.attr}\nsys.exit({script.attr}())\n'
    )
    return folder


@pytest.fixture
def call(installed, tmp_path):
    """Runs a command with the wheel, in an empty folder; returns what it printed."""

    def run(*arguments: str, status: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env=dict(os.environ, PYTHONPATH=str(installed)),
            capture_output=True,
            text=True,
        )
        assert done.returncode == status, done.stderr
        return done.stdout + done.stderr

    return run


@pytest.mark.parametrize('room', ROOMS)
def test_every_door_explains_itself(call, room):
    assert call('-m', f'ukd_bench.{room}', '--help').startswith(
        f'usage: python -m ukd_bench.{room} '
    )


def test_the_script_has_all_commands(call, installed):
    script = str(installed / 'ukd-bench')
    text = call(script, '--help')
    assert text.startswith('usage: ukd-bench ') and text == call('-m', 'ukd_bench')
    from ukd_bench.cli.commands import COMMANDS

    for command in COMMANDS:
        assert call(script, command, '--help').startswith(f'usage: ukd-bench {command} ')


@pytest.mark.parametrize('entry', [['-m', 'ukd_bench.sweep'], ['-m', 'ukd_bench', 'sweep']])
def test_sweep_plans_with_the_wheels_own_configs(call, entry):
    lines = call(*entry, '--dry-run').splitlines()
    assert any(line.split()[1:2] == ['ukd'] for line in lines)
    assert call(*entry, 'quick', '--dry-run').splitlines() == lines


@pytest.mark.parametrize('name', ['arid_v1', 'arid_v15'])
def test_other_shipped_sweeps_are_found_by_name(call, name):
    """What they lack is videos, not their configs."""
    complaint = call('-m', 'ukd_bench', 'sweep', name, '--dry-run', status=2)
    assert 'data root data/arid-' in complaint and complaint.count('\n') == 1


def test_a_config_that_is_not_there_is_refused_with_the_names_of_those_that_are(call):
    complaint = call('-m', 'ukd_bench', 'sweep', 'arid', status=2)
    assert 'shipped by name are arid_v1, arid_v15, ' in complaint


def test_report_templates_and_claims_are_inside(call, tmp_path):
    reference = REPOSITORY / 'results' / 'reference' / 'quick'
    call('-m', 'ukd_bench', 'report', str(reference), '--out', 'page')
    assert (tmp_path / 'page' / 'index.html').is_file()


def test_videos_are_made_and_checked(call):
    assert 'clips, fingerprint' in call(
        '-m', 'ukd_bench.data', 'make', 'videos', '--preset', 'tiny', '--clips', '33'
    )
    assert 'DarkRoom' in call('-m', 'ukd_bench', 'data', 'check', 'videos')


def test_wheel_and_source_have_every_file_of_the_package(installed, tmp_path):
    tracked = subprocess.run(
        ['git', 'ls-files', '-co', '--exclude-standard', 'ukd_bench', 'configs'],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    if tracked.returncode:
        pytest.skip('this is no clone')
    files = [name for name in tracked.stdout.splitlines() if (REPOSITORY / name).is_file()]
    for part in ('ukd_bench/data/', 'ukd_bench/report/templates/', 'configs/sweeps/'):
        assert any(name.startswith(part) for name in files)
    with tarfile.open(build('sdist', tmp_path)) as archive:
        packed = {name.partition('/')[2] for name in archive.getnames()}
    for name in files:
        inside = f'ukd_bench/{name}' if name.startswith('configs/') else name
        assert (installed / inside).is_file(), name
        assert name in packed
