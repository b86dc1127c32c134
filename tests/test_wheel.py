"""The wheel has everything: commands work outside the clone."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope='module')
def unpacked_wheel(tmp_path_factory) -> Path:
    """The wheel's content in a folder that can stand on the path."""
    built, unpacked = tmp_path_factory.mktemp('built'), tmp_path_factory.mktemp('unpacked')
    subprocess.run(
        [sys.executable, '-m', 'hatchling', 'build', '-t', 'wheel', '-d', built],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
    )
    (wheel,) = built.glob('*.whl')
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(unpacked)
    return unpacked


def call(unpacked: Path, cwd: Path, *arguments: str) -> str:
    """``python -m ...`` with the wheel, far from the clone."""
    done = subprocess.run(
        [sys.executable, '-m', *arguments],
        cwd=cwd,
        env=dict(os.environ, PYTHONPATH=str(unpacked)),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_sweep_plans_with_the_wheels_own_configs(unpacked_wheel, tmp_path):
    lines = call(unpacked_wheel, tmp_path, 'ukd_bench.sweep', '--dry-run').splitlines()
    assert any(line.split()[1] == 'ukd' for line in lines)


def test_report_templates_and_claims_are_inside(unpacked_wheel, tmp_path):
    reference = REPOSITORY / 'results' / 'reference' / 'quick'
    call(unpacked_wheel, tmp_path, 'ukd_bench.report', str(reference), '--out', 'page')
    assert (tmp_path / 'page' / 'index.html').is_file()


@pytest.mark.parametrize('module', ['data', 'knowledge', 'results', 'runs', 'report', 'sweep'])
def test_every_command_explains_itself(unpacked_wheel, tmp_path, module):
    assert 'usage:' in call(unpacked_wheel, tmp_path, f'ukd_bench.{module}', '--help')
