"""A sweep of few short runs that has all kinds of them, for tests that disturb it."""

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from ukd_bench.data.darkroom import PRESETS, make
from ukd_bench.records.folder import RunPaths, SweepPaths

from ..warm import REPOSITORY
from .processes import MARK

SWEEP = """
name = 'small'
dataset = dict(name='darkroom-tiny', darkroom=dict(preset='tiny'), split=1)
students = [dict(name='i3d-r18-w8', epochs=3)]
full_epochs = 3
teacher_epochs = 3
teachers = [
    dict(name='i3d-gamma1.8', student='i3d-r18-w8', seed=101),
    dict(name='slowonly-gamma2.5', student='slowonly-r18-w8', seed=102),
]
methods = ['plain', 'ukd', 'ensemble']
num_teachers = [1, 2]
seeds = [0]
# Processes that load clips, so that there are some to be killed.
regimes = [dict(name='default', cfg_options={
    'train_dataloader.num_workers': 1, 'train_dataloader.persistent_workers': True,
})]
student_config = '{method}/{student}_darkroom-quick.py'
teacher_config = 'teachers/{teacher}_darkroom-quick.py'
"""


def lay_out(folder: Path) -> None:
    """Puts the sweep's config and its videos into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / 'small.py').write_text(SWEEP)
    spec = replace(PRESETS['tiny'], width=64, height=48, train_groups=2, test_groups=1)
    make(folder / 'videos', spec)


def copy_to(source: Path, folder: Path) -> None:
    """A folder with the same config and videos, and no results."""
    folder.mkdir(parents=True)
    shutil.copy(source / 'small.py', folder)
    shutil.copytree(source / 'videos', folder / 'videos')


def start(folder: Path, *options: str, mark: str = '', **variables: str) -> subprocess.Popen:
    """Starts the sweep as a user does; what it prints is added to ``sweep.log``."""
    command = [sys.executable, '-m', 'ukd_bench.sweep', 'small.py']
    command += ['--data-root', 'videos', '--no-report']
    environ = dict(os.environ, PYTHONPATH=str(REPOSITORY), OMP_NUM_THREADS='1', **variables)
    environ[MARK] = mark
    with open(folder / 'sweep.log', 'ab') as log:
        return subprocess.Popen(
            [*command, *options],
            cwd=folder,
            env=environ,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # Who starts the tests by `nohup` has it ignored, and a sweep leaves that as it is.
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
        )


def carry_out(folder: Path, *options: str, **more: str) -> int:
    """Carries the sweep out to its end; returns its exit status."""
    process = start(folder, *options, **more)
    try:
        return process.wait()
    except BaseException:
        process.send_signal(signal.SIGTERM)
        raise


def paths_in(folder: Path) -> SweepPaths:
    """The sweep's results."""
    return SweepPaths(folder / 'results' / 'small')


def records_in(folder: Path) -> dict[str, dict[str, Any]]:
    """All records, by the names of their folders."""
    return {run.root.name: _read(run) for run in paths_in(folder).runs()}


def _read(run: RunPaths) -> dict[str, Any]:
    return json.loads(run.record.read_text())


def outcomes(folder: Path) -> dict[str, dict[str, Any]]:
    """What runs came to: all in their records that no clock and no interruption has a part in."""
    return {name: _outcome(record) for name, record in records_in(folder).items()}


def _outcome(record: dict[str, Any]) -> dict[str, Any]:
    names = 'key', 'execution', 'status', 'hashes', 'metrics', 'config', 'teachers', 'parents'
    # Each process watches its own first steps.
    counts = {name: n for name, n in record['counts'].items() if name != 'watched_steps'}
    peaks = {phase: one['allocated_peak_bytes'] for phase, one in record['memory'].items()}
    return {name: record[name] for name in names} | dict(counts=counts, peaks=peaks)
