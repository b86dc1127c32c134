"""Runs that are trained in two processes, on the CPU."""

import json
from pathlib import Path

import numpy as np
import pytest

from ukd_bench.records.folder import RunPaths

from ..conftest import NUM_VIEWS
from ..reliability.processes import MARK, marked, wait_until
from .single_run import carry_out, outcome

pytestmark = pytest.mark.slow


def read(path: Path) -> dict:
    return json.loads(path.read_text())


def leftovers(paths: RunPaths) -> list[str]:
    return sorted(path.name for path in paths.root.iterdir() if 'pth' in path.name)


@pytest.fixture
def in_two(make_run, distilling, filled_pool):
    """Makes runs of two processes."""
    hooks = dict(ukd='UKDHook', naive='NaiveEnsembleHook')

    def make(name: str, method: str = 'ukd') -> RunPaths:
        # As many as a bank holds.
        hook = distilling(hooks[method], filled_pool, 2, num_views=NUM_VIEWS)
        return make_run(name, hook, method, 'oracle_best_on_test', processes=2)

    return make


def test_two_processes_train_one_student(in_two):
    """By banks or by teachers, cut off or not: it is the same, and every clip is tested once."""
    ukd, naive = in_two('ukd'), in_two('naive', 'naive')
    carry_out(ukd)
    carry_out(naive)
    record, other = read(ukd.record), read(naive.record)
    assert record['schedule']['processes'] == 2 and record['schedule']['batch_size'] == 4
    # Eleven clips in batches of four, of which each process has its own.
    assert record['counts']['train_steps'] == 3 * 2
    scores = np.load(ukd.scores)
    assert len({*scores['samples']}) == len(scores['samples']) == 11
    assert record['dataset']['test_samples'] == 11

    # All processes test by the weights of the best epoch.
    curve = [float(line.split(',')[-1]) for line in ukd.curve.read_text().splitlines()[1:]]
    assert record['selected_epoch'] == 1 + curve.index(max(curve))
    assert record['metrics']['top1'] == max(curve)

    for name in ('student_state', 'initial_state', 'targets', 'scores', 'curve'):
        assert record['hashes'][name] == other['hashes'][name], name
    # Two teachers score in each step of each process.
    assert record['counts']['teacher_forwards'] == 0
    assert other['counts']['teacher_forwards'] == 2 * 2 * 3 * 2

    each = record['memory_of_processes']
    assert len(each) == 2 and each[0].keys() == each[1].keys() == {'init', 'train', 'eval'}
    for phase, figures in record['memory'].items():
        for figure, largest in figures.items():
            told = [peaks[phase][figure] for peaks in each]
            assert largest == (max(told) if None not in told else None)

    killed = in_two('killed')
    carry_out(killed, 'step 3', **{MARK: killed.root.name})
    # The system has killed what was left.
    assert wait_until(lambda: not marked(killed.root.name))
    assert 'the run goes on after epoch 1\n' in carry_out(killed)
    ended, undisturbed = outcome(killed), outcome(ukd)
    for record, _ in (ended, undisturbed):
        # When buffers are free by which processes compare their networks is a matter of chance.
        for peaks in (record['memory'], *record['memory_of_processes']):
            del peaks['init']
    assert ended == undisturbed
    assert leftovers(killed) == leftovers(ukd) == ['checkpoint.pth']


def test_a_process_that_is_killed_ends_the_run(in_two):
    paths = in_two('run')
    mark = {MARK: 'killed one of two'}
    printed = carry_out(paths, 'step 3', status='failed', IN_PROCESS='1', **mark)
    assert not marked(mark[MARK])
    state = read(paths.state)
    assert state['status'] == 'failed' and state['error'] == dict(
        type='ProcessError',
        message='process 2 of 2: the process was killed, as the system does when memory runs out',
    )
    assert 'error: process 2 of 2: ' in printed and 'Traceback' not in printed
    assert not paths.record.exists() and leftovers(paths) == ['best.pth', 'resume.pth']


def test_a_process_that_runs_out_of_memory_tells_for_all(in_two):
    paths = in_two('run')
    carry_out(paths, end_at='oom 2', status='oom', IN_PROCESS='1')
    record = read(paths.record)
    assert record['status'] == 'oom' and record['metrics'] is None
    assert record['error'] == dict(
        type='OutOfMemoryError', message='process 2 of 2: OutOfMemoryError: planted'
    )
    assert all('train' in peaks for peaks in record['memory_of_processes'])
    assert record['counts']['train_steps'] == 1
