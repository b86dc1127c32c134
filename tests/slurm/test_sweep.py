"""The small sweep on a real Slurm, by the commands of the page: records are those of ``local``."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ukd_bench.files.configs import PACKAGE
from ukd_bench.records.folder import RunPaths

from ..pages import DOCS, code_of
from ..sweep.conftest import SWEEP, finished_sweep, small_videos  # noqa: F401

REPOSITORY = PACKAGE.parent
COMMAND = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m ukd_bench "$@"\n'
RUNS = 8


@pytest.fixture
def terminal(tmp_path, small_videos, cluster, monkeypatch):  # noqa: F811
    """A login node: the page's config, videos, and ``ukd-bench`` on the path."""
    (tmp_path / 'quick.py').write_text(SWEEP)
    (tmp_path / 'my_sweep.py').write_text(code_of('cluster.md', '_base_'))
    (tmp_path / 'videos').symlink_to(small_videos)
    script = tmp_path / 'bin' / 'ukd-bench'
    script.parent.mkdir()
    script.write_text(COMMAND)
    script.chmod(0o755)
    monkeypatch.setenv('PATH', os.pathsep.join((str(script.parent), os.environ['PATH'])))
    monkeypatch.setenv('PYTHONPATH', str(REPOSITORY))
    monkeypatch.setenv('OMP_NUM_THREADS', '1')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(line: str, status: int = 0) -> str:
    """What a command says."""
    done = subprocess.run(shlex.split(line), capture_output=True, text=True, timeout=300)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def find_run(results: Path, method: str, teacher: str | None = None) -> RunPaths | None:
    """The folder of a run that is ready."""
    for path in results.glob('*/run.json'):
        spec = json.loads(path.read_text())
        if (spec['method'], spec['teacher']) == (method, teacher):
            return RunPaths(path.parent)
    return None


def read(path: Path) -> dict:
    """What a file holds; nothing where it is not there."""
    return json.loads(path.read_text()) if path.exists() else {}


def until(is_so, seconds: float):
    """Waits for something, and returns it."""
    end = time.monotonic() + seconds
    while not (found := is_so()):
        assert time.monotonic() < end, 'it has not come'
        time.sleep(0.005)
    return found


def frozen_in_mid_run(results: Path, wanted: list[tuple[str, str | None]]) -> list[RunPaths]:
    """Stops the process of each run after its first epoch, so that it stays in mid-run."""
    frozen: dict[tuple[str, str | None], RunPaths] = {}

    def all_are_frozen() -> bool:
        for one in wanted:
            paths = None if one in frozen else find_run(results, *one)
            state = {} if paths is None else read(paths.state)
            # What it goes on from is there when the first epoch's validation is over.
            if state.get('status') == 'running' and paths.resume.exists():
                os.kill(state['pid'], signal.SIGSTOP)
                frozen[one] = paths
        return len(frozen) == len(wanted)

    until(all_are_frozen, 120)
    return [frozen[one] for one in wanted]


def test_the_page_from_sbatch_to_the_report(terminal, cluster, finished_sweep):  # noqa: F811
    follow, detach, status, squeue, batch, with_options = commands()
    results = terminal / 'results' / 'my_sweep'
    submitting = subprocess.Popen(shlex.split(follow), stderr=subprocess.PIPE, text=True)
    teachers = [('teacher', 'i3d-gamma1.8'), ('teacher', 'slowonly-gamma2.5')]
    put_back, cancelled, too_long = frozen_in_mid_run(results, [*teachers, ('plain', None)])
    submitting.kill()
    assert 'asking a machine of the cluster for its device' in submitting.communicate()[1]
    numbers = [read(one.job)['job'] for one in (put_back, cancelled, too_long)]

    cluster.call('scontrol', 'requeue', numbers[0])
    cluster.call('scancel', numbers[1])
    # It began some seconds ago, and is told to end a minute and a half before its limit.
    cluster.call('scontrol', 'update', f'JobId={numbers[2]}', 'TimeLimit=1')
    told = call(detach)
    assert re.search(r'^\d jobs? goe?s? on in Slurm; ', told, re.MULTILINE) and 'C1' not in told
    assert {read(put_back.job)['job'], read(too_long.job)['job']} == {numbers[0], numbers[2]}
    # It tells of the two that were interrupted.
    assert 'plain i3d-r18-w8 seed=0' in call(status, 1)
    assert 'plain_i3d-r18-w8_seed=0' in call(squeue)

    (number,) = re.findall(r'Submitted batch job (\d+)', call(batch))
    until(lambda: number not in call('squeue --noheader --format=%i').split(), 300)
    said = (terminal / f'slurm-{number}.out').read_text()
    assert re.search(rf'^{RUNS} runs: \d reused, \d carried out, 0 without a result$', said, re.M)
    assert (terminal / 'reports' / 'my_sweep' / 'index.html').is_file()
    for paths in (put_back, cancelled, too_long):
        assert read(paths.record)['environment']['resumed_at_epochs'] == [1]
    assert read(cancelled.job)['job'] != numbers[1]
    (log,) = too_long.slurm.glob('*.out')
    assert 'Requeued job' in log.read_text()

    # The results are those of a sweep that nothing has disturbed.
    others = {record['key']: record for record in finished_sweep.records()}
    records = [read(path) for path in results.glob('*/record.json')]
    assert len(records) == RUNS
    for record in records:
        for name in ('execution', 'status', 'hashes', 'metrics', 'config'):
            assert record[name] == others[record['key']][name], (record['method'], name)
    assert not cluster.jobs()
    # What jobs ask for makes no run another one.
    assert f'{RUNS} runs: {RUNS} reused, 0 carried out, ' in call(with_options)


def commands() -> list[str]:
    """The commands on the page, in order."""
    lines = (DOCS / 'cluster.md').read_text().splitlines()
    return [line for line in lines if re.match(r'(ukd-bench|squeue|sbatch) ', line)]
