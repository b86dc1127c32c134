"""One small sweep, carried out once and looked at by many tests."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ukd_bench.data.darkroom import PRESETS, make
from ukd_bench.files.locks import alone

from ..warm import run_module
from .single_run import run_maker

SWEEP = """
name = 'small'
dataset = dict(name='darkroom-tiny', darkroom=dict(preset='tiny'), split=1)
students = [dict(name='i3d-r18-w8', epochs=2)]
full_epochs = 2
teacher_epochs = 2
teachers = [
    dict(name='i3d-gamma1.8', student='i3d-r18-w8', seed=101),
    dict(name='slowonly-gamma2.5', student='slowonly-r18-w8', seed=102),
]
methods = [
    'plain', 'label_smoothing', 'ukd', 'naive', 'two_stream_dark_light', 'two_stream_rgb_flow',
    'teacher', 'ensemble',
]
num_teachers = [1, 2]
seeds = [0]
student_config = '{method}/{student}_darkroom-quick.py'
teacher_config = 'teachers/{teacher}_darkroom-quick.py'
"""


def call_sweep(*options: str | Path, cwd: Path) -> subprocess.CompletedProcess:
    """Calls the small sweep; its runs need not wait for imports."""
    executor = ('--executor', 'tests.warm.ForkingExecutor')
    # The last one given counts, so that a test may ask for another.
    return run_module('ukd_bench.sweep', 'small.py', *executor, *options, cwd=cwd)


@dataclass
class Sweep:
    """A folder in which the small sweep was carried out."""

    folder: Path

    def call(self, *more: str | Path, report: bool = False) -> subprocess.CompletedProcess:
        """Calls the sweep again, the same way; its report takes longer than some runs."""
        last = () if report else ('--no-report',)
        return call_sweep('--data-root', 'videos', *more, *last, cwd=self.folder)

    @property
    def results(self) -> Path:
        return self.folder / 'results' / 'small'

    @property
    def report(self) -> Path:
        return self.folder / 'reports' / 'small'

    def records(self) -> list[dict]:
        return [json.loads(path.read_text()) for path in sorted(self.results.glob('*/record.json'))]

    def record(self, method: str, num_teachers: int = 0, teacher: str | None = None) -> dict:
        """The one record of a cell."""
        (found,) = [
            record
            for record in self.records()
            if record['method'] == method
            and record['num_teachers'] == num_teachers
            and record['teacher'] == teacher
        ]
        return found

    def run_folder(self, record: dict) -> Path:
        return self.results / f'{record["key"]}-{record["execution"]}'

    def copy_to(self, folder: Path) -> 'Sweep':
        """A copy that a test may break."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return Sweep(folder)


def shared(tmp_path_factory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that all processes of a test session share; the first that needs it makes it."""
    base = tmp_path_factory.getbasetemp()
    # With xdist each process has a folder of its own in the session's.
    folder = (base.parent if 'PYTEST_XDIST_WORKER' in os.environ else base) / name
    with alone(folder.with_suffix('.lock')):
        made = folder.with_suffix('.made')
        if not made.exists():
            # What another process failed in.
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            made.touch()
    return folder


@pytest.fixture(scope='session')
def small_videos(tmp_path_factory) -> Path:
    """Two groups a class to train on, one to test on."""
    spec = replace(PRESETS['tiny'], width=64, height=48, train_groups=2, test_groups=1)
    return shared(tmp_path_factory, 'small_videos', lambda root: make(root, spec))


@pytest.fixture
def empty_sweep(tmp_path, small_videos) -> Sweep:
    """The small sweep, not carried out yet, on videos that a test may damage."""
    (tmp_path / 'small.py').write_text(SWEEP)
    shutil.copytree(small_videos, tmp_path / 'videos')
    return Sweep(tmp_path)


@pytest.fixture(scope='session')
def finished_sweep(tmp_path_factory, small_videos) -> Sweep:
    """The small sweep, carried out; tests only read it."""

    def carry_out(folder: Path) -> None:
        folder.mkdir()
        (folder / 'small.py').write_text(SWEEP)
        shutil.copytree(small_videos, folder / 'videos')
        done = Sweep(folder).call(report=True)
        assert done.returncode == 0, done.stdout + done.stderr

    return Sweep(shared(tmp_path_factory, 'finished', carry_out))


@pytest.fixture
def make_run(tmp_path, runner_config, train_dataset):
    """Writes the folder of a run of three epochs, with dropout and momentum."""
    return run_maker(tmp_path, runner_config, train_dataset)
