"""Runs killed at any instant and started again end where an undisturbed one does."""

import copy
import dataclasses
import json
import os
import signal
from pathlib import Path

import pytest
import torch

from ukd_bench.files.hashes import digest
from ukd_bench.methods.table import METHOD_TABLE
from ukd_bench.records.execution import environment, execution_fingerprint
from ukd_bench.records.folder import RunPaths
from ukd_bench.records.key import scientific
from ukd_bench.records.spec import RunSpec
from ukd_bench.runs.carry_out import EXIT_STATUS
from ukd_bench.sweep.run_config import set_selection

from .. import warm

pytestmark = pytest.mark.slow

# Kills its own process where the environment says: no signal from outside hits the same instant.
KILLER = """
import os
import signal
from collections import OrderedDict

import torch
from mmengine.hooks import Hook
from mmengine.registry import HOOKS


def reach(place):
    if os.environ.get('KILL_AT') == place:
        os.kill(os.getpid(), signal.SIGKILL)


class Bomb:
    def __reduce__(self):
        reach('write')
        return OrderedDict, ()


@HOOKS.register_module()
class Killer(Hook):
    priority = 'LOWEST'

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if os.environ.get('END_AT') == f'oom {runner.iter + 1}':
            raise torch.OutOfMemoryError('planted')
        if os.environ.get('END_AT') == f'diverged {runner.iter + 1}':
            next(runner.model.parameters()).data.fill_(float('nan'))

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        reach(f'step {runner.iter + 1}')

    def after_val_epoch(self, runner, metrics=None):
        reach(f'validation {runner.epoch}')

    def before_save_checkpoint(self, runner, checkpoint):
        if runner.epoch == 2:
            checkpoint['bomb'] = Bomb()

    def after_test_epoch(self, runner, metrics=None):
        reach('test')
"""
EPOCHS, STEPS = 3, 3


@pytest.fixture
def make_run(tmp_path, runner_config, train_dataset):
    """Writes the folder of a run of three epochs of three steps, with dropout and momentum."""
    (tmp_path / 'killer.py').write_text(KILLER)

    def make(name: str, hook: dict, method: str, selection: str) -> RunPaths:
        config = runner_config(hook, dict(type='Killer'), epochs=EPOCHS)
        config.custom_imports = dict(imports=['killer'])
        config.model.cls_head.dropout_ratio = 0.5
        config.optim_wrapper.optimizer = dict(type='AdamW', lr=2e-3)
        config.param_scheduler = [
            dict(type='OneCycleLR', eta_max=2e-3, total_steps=EPOCHS, by_epoch=True,
                 convert_to_iter_based=True)
        ]  # fmt: skip
        pipeline = copy.deepcopy(train_dataset['pipeline'])
        pipeline[1] = dict(type='ukd_bench.EvaluationViews')
        config.test_dataloader = dict(
            batch_size=4, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
            dataset=dict(train_dataset, subset='test', test_mode=True, pipeline=pipeline),
        )  # fmt: skip
        config.test_evaluator = dict(type='ukd_bench.ClipScores')
        config.test_cfg = dict(type='TestLoop')
        config.experiment_name = 'run'
        config.pop('work_dir')
        set_selection(config, selection)
        paths = RunPaths(tmp_path / name)
        paths.root.mkdir()
        paths.config.write_text(config.pretty_text)
        spec = RunSpec(
            key='0123', execution=execution_fingerprint(environment('cpu', 1)), method=method,
            student='slowonly-r18-w8', teacher=None,
            num_teachers=2 if method in ('ukd', 'swap') else 0, seed=3, split=1, epochs=EPOCHS,
            full_epochs=EPOCHS, view_seed=5, num_views=2, device='cpu', threads=1, parents=(),
            data_name='tiny', synthetic=True,
            config_sha256=digest(scientific(config.to_dict(), METHOD_TABLE[method].hook)),
            hook=METHOD_TABLE[method].hook,
        )  # fmt: skip
        spec.write(paths.spec)
        return paths

    return make


def carry_out(paths: RunPaths, kill_at: str = '', end_at: str = '', status: str = 'done') -> str:
    """One process of the run; returns what it printed."""
    folder = paths.root.parent
    places = dict(PYTHONPATH=f'{warm.REPOSITORY}{os.pathsep}{folder}')
    planted = dict(KILL_AT=kill_at, END_AT=end_at)
    done = warm.run_module('ukd_bench.runs', paths.root, cwd=folder, env=places | planted)
    expected = -signal.SIGKILL if kill_at else EXIT_STATUS[status]
    assert done.returncode == expected, done.stdout + done.stderr
    return done.stdout


def outcome(paths: RunPaths) -> tuple[dict, str]:
    """Record and curve, without what is no result: times, and memory of the process as a whole."""
    record = json.loads(paths.record.read_text())
    for name in ('started', 'finished', 'resumed_at_epochs'):
        record['environment'].pop(name)
    record.pop('time')
    # Each process watches its first steps.
    assert record['counts'].pop('watched_steps') >= 3
    # It covers all of these.
    record.pop('digest')
    for figures in record['memory'].values():
        figures.pop('process_peak_bytes')
    return record, paths.curve.read_text()


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
