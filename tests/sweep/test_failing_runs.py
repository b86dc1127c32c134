"""Runs that fail or are cut off: the sweep goes on, and the next call picks up."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ..warm import REPOSITORY

pytestmark = pytest.mark.slow


def test_broken_video_fails_the_run_and_not_the_sweep(empty_sweep):
    victim = empty_sweep.folder / 'videos' / 'Wave' / 'Wave_3_1.avi'
    listed = empty_sweep.folder / 'videos' / 'list_cvt' / 'ARID_split1_test.txt'
    assert 'Wave/Wave_3_1.avi' in listed.read_text()
    (empty_sweep.folder / 'videos' / 'manifest.json').unlink()
    good = victim.read_bytes()
    victim.write_bytes(b'')
    # Without a cache nobody reads it before the runs do.
    failed = empty_sweep.call('--methods', 'teacher', '--teachers', '1', '--cache-gib', '0')
    assert failed.returncode == 1
    assert 'Wave_3_1.avi: cannot be decoded' in failed.stdout
    assert 'Traceback' not in failed.stdout + failed.stderr
    assert '1 without a result' in failed.stdout

    victim.write_bytes(good)
    mended = empty_sweep.call('--methods', 'teacher', '--teachers', '1')
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert '1 carried out, 0 without a result' in mended.stdout


@pytest.mark.parametrize('manifest', [True, False])
def test_broken_video_is_refused_before_the_first_run(empty_sweep, manifest):
    if not manifest:
        (empty_sweep.folder / 'videos' / 'manifest.json').unlink()
    victim = empty_sweep.folder / 'videos' / 'Wave' / 'Wave_3_1.avi'
    victim.write_bytes(victim.read_bytes()[:-500])
    refused = empty_sweep.call('--methods', 'plain')
    assert refused.returncode == 2
    assert 'Wave_3_1.avi' in refused.stderr and refused.stderr.count('\n') == 1
    assert not empty_sweep.records()


def test_failed_teacher_skips_what_needs_it_and_nothing_else(empty_sweep):
    config = empty_sweep.folder / 'small.py'
    (empty_sweep.folder / 'teachers').mkdir()
    shipped = REPOSITORY / 'configs' / 'plain' / 'slowonly-r18-w8_darkroom-quick.py'
    (empty_sweep.folder / 'teachers' / 'odd.py').write_text(
        f"_base_ = '{shipped}'\nmodel = dict(cls_head=dict(dropout_rate=0.1))\n"
    )
    config.write_text(
        config.read_text()
        .replace("name='slowonly-gamma2.5'", "name='odd'")
        .replace('{teacher}_darkroom-quick.py', '{teacher}.py')
        .replace("name='i3d-gamma1.8'", "name='i3d-gamma1.8_darkroom-quick'")
    )
    swept = empty_sweep.call('--methods', 'plain,ukd', '--teachers', '2')
    assert swept.returncode == 1
    assert 'dropout_rate' in swept.stdout
    assert 'Traceback' not in swept.stdout + swept.stderr
    statuses = {(r['method'], r['teacher']): r['status'] for r in empty_sweep.records()}
    assert statuses == {
        ('plain', None): 'done',
        ('teacher', 'i3d-gamma1.8_darkroom-quick'): 'done',
        ('bank', 'i3d-gamma1.8_darkroom-quick'): 'done',
    }


def test_runs_over_the_limit_fail_and_go_on_with_a_higher_one(finished_sweep, empty_sweep):
    ask = ('--methods', 'naive', '--teachers', '1')
    over = empty_sweep.call(*ask, '--run-limit', '0.001s')
    assert over.returncode == 1
    limit = 'took more than 0.0 s, the limit of a run, in epoch 1 of'
    assert limit in over.stdout and 'needs a run that failed' in over.stdout
    assert 'Traceback' not in over.stdout + over.stderr
    enough = empty_sweep.call(*ask, '--run-limit', '2h')
    assert enough.returncode == 0, enough.stdout + enough.stderr
    ended, undisturbed = empty_sweep.record('naive', 1), finished_sweep.record('naive', 1)
    assert (ended['key'], ended['hashes']) == (undisturbed['key'], undisturbed['hashes'])


def test_killed_sweep_ends_where_an_undisturbed_one_does(finished_sweep, empty_sweep):
    process = subprocess.Popen(
        [sys.executable, '-m', 'ukd_bench.sweep', 'small.py', '--data-root', 'videos',
         '--methods', 'naive', '--teachers', '1', '--jobs', '1'],
        cwd=empty_sweep.folder,
        env=dict(os.environ, PYTHONPATH=str(REPOSITORY)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    running = None
    for _ in range(600):
        running = next(empty_sweep.results.glob('*/state.json'), None)
        if running is not None or process.poll() is not None:
            break
        time.sleep(0.1)
    assert running is not None
    run = json.loads(running.read_text())['pid']
    # The hardest way: the sweep cannot stop its run.
    process.kill()
    process.wait()
    for _ in range(100):
        if not Path(f'/proc/{run}').exists():
            break
        time.sleep(0.1)
    assert not Path(f'/proc/{run}').exists(), 'the run outlived its sweep'

    again = empty_sweep.call('--methods', 'naive', '--teachers', '1')
    assert again.returncode == 0, again.stdout + again.stderr
    ended, undisturbed = empty_sweep.record('naive', 1), finished_sweep.record('naive', 1)
    assert ended['key'] == undisturbed['key']
    assert ended['hashes'] == undisturbed['hashes']
