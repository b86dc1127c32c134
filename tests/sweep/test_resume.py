"""Runs killed at any instant and started again end where an undisturbed one does."""

import dataclasses
import json
from pathlib import Path

import pytest
import torch

from ukd_bench.records.folder import RunPaths
from ukd_bench.records.spec import RunSpec

from .single_run import STEPS, carry_out, outcome

pytestmark = pytest.mark.slow


def resumed_at(paths: RunPaths) -> list[int]:
    return json.loads(paths.record.read_text())['environment']['resumed_at_epochs']


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if 'pth' in path.name)


CASES = {
    # In mid-epoch, and after the last one.
    'plain': ('last_epoch', {f'step {STEPS + 2}': 1, 'test': 2}, [1, 2]),
    # Half-way through writing a point, and when the best weights are ahead of the last one.
    'ukd': ('oracle_best_on_test', {'write': 1, 'validation 2': 1}, [1]),
}


@pytest.mark.parametrize('method', CASES)
def test_killed_run_ends_where_an_undisturbed_one_does(method, make_run, request):
    selection, kills, kept = CASES[method]
    hook = dict(type='ukd_bench.ReplayHook', view_seed=5)
    if method == 'ukd':
        pool = request.getfixturevalue('filled_pool')
        hook = request.getfixturevalue('distilling')('UKDHook', pool, 2)
    undisturbed = make_run('undisturbed', hook, method, selection)
    carry_out(undisturbed)
    killed = make_run('killed', hook, method, selection)
    printed = [carry_out(killed, place) for place in kills] + [carry_out(killed)]
    assert 'the run goes on' not in printed[0]
    for text, epoch in zip(printed[1:], kills.values(), strict=True):
        assert f'the run goes on after epoch {epoch}\n' in text
    assert resumed_at(undisturbed) == [] and resumed_at(killed) == kept
    assert outcome(killed) == outcome(undisturbed)
    assert leftovers(killed.root) == leftovers(undisturbed.root) == ['checkpoint.pth']
    times = json.loads(killed.record.read_text())['time']
    assert times['wall_s'] > times['train_s'] > 0


def test_a_run_over_its_limit_goes_on_when_it_is_given_more(make_run):
    hook = dict(type='ukd_bench.ReplayHook', view_seed=5)
    undisturbed = make_run('undisturbed', hook, 'plain', 'last_epoch')
    carry_out(undisturbed)
    paths = make_run('run', hook, 'plain', 'last_epoch')
    carry_out(paths, f'step {STEPS + 2}')
    kept = torch.load(paths.resume, weights_only=False)
    kept['ukd_bench_hooks']['ResumePoint'].update(wall_s=2000.0)
    torch.save(kept, paths.resume)
    spec = RunSpec.read(paths.spec)
    dataclasses.replace(spec, limit_s=1900.0).write(paths.spec)
    carry_out(paths, status='failed')
    state = json.loads(paths.state.read_text())
    assert state['status'] == 'failed' and state['error']['type'] == 'LimitError'
    limit = 'took more than 31 min 40 s, the limit of a run, in epoch 2 of 3;'
    assert state['error']['message'].startswith(limit)
    assert not paths.record.exists() and leftovers(paths.root) == ['resume.pth']
    dataclasses.replace(spec, limit_s=7200.0).write(paths.spec)
    assert 'the run goes on after epoch 1\n' in carry_out(paths)
    assert outcome(paths) == outcome(undisturbed)


@pytest.mark.parametrize('status, steps', [('diverged', 5), ('oom', 4)])
def test_a_run_that_ends_early_tells_what_it_knows(status, steps, make_run, distilling, own_pool):
    paths = make_run('run', distilling('SwapHook', own_pool, 2), 'swap', 'last_epoch')
    carry_out(paths, f'step {STEPS + 2}')
    kept = torch.load(paths.resume, weights_only=False)
    kept['ukd_bench_hooks']['ResumePoint'].update(wall_s=2000.0, train_s=1000.0)
    torch.save(kept, paths.resume)
    carry_out(paths, end_at=f'{status} {STEPS + 2}', status=status)
    record = json.loads(paths.record.read_text())
    assert record['status'] == status and record['metrics'] is None
    reason = 'the loss is nan in iteration 2 of epoch 2' if status == 'diverged' else 'planted'
    assert reason in record['error']['message']
    assert record['environment']['resumed_at_epochs'] == [1]
    assert record['time']['wall_s'] > 2000 and 1000 < record['time']['train_s'] < 2000
    assert record['counts']['train_steps'] == steps
    assert record['counts']['teacher_forwards'] >= 2 * steps
    assert record['schedule']['batch_size'] == 4 and len(record['teachers']) == 2
    assert record['hashes']['initial_state'] and record['hashes']['targets']
    assert (record['knowledge']['divergence'] is None) == (status == 'diverged')
    # Teachers that wait in the host's memory are not apart from the device's on a CPU.
    assert set(record['memory']['train'].values()) == {None}
    assert record['memory']['init']['allocated_peak_bytes'] > 0
