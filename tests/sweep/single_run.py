"""One run in a folder of its own, which can be killed at any instant and started again."""

import copy
import json
import os
import signal
from pathlib import Path

from ukd_bench.files.hashes import digest
from ukd_bench.methods.table import METHOD_TABLE
from ukd_bench.records.execution import environment, execution_fingerprint
from ukd_bench.records.folder import RunPaths
from ukd_bench.records.key import scientific
from ukd_bench.records.spec import RunSpec
from ukd_bench.runs.carry_out import EXIT_STATUS
from ukd_bench.sweep.run_config import set_selection

from .. import warm

# Kills its own process where the environment says: no signal from outside hits the same instant.
KILLER = """
import os
import signal
from collections import OrderedDict

import torch
from mmengine.hooks import Hook
from mmengine.registry import HOOKS


def is_meant():
    return os.environ.get('RANK', '0') == os.environ.get('IN_PROCESS', '0')


def reach(place):
    if os.environ.get('KILL_AT') == place and is_meant():
        os.kill(os.getpid(), signal.SIGKILL)


class Bomb:
    def __reduce__(self):
        reach('write')
        return OrderedDict, ()


@HOOKS.register_module()
class Killer(Hook):
    priority = 'LOWEST'

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if os.environ.get('END_AT') == f'oom {runner.iter + 1}' and is_meant():
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


def run_maker(tmp_path: Path, runner_config, train_dataset):
    """See the fixture ``make_run``."""
    (tmp_path / 'killer.py').write_text(KILLER)

    def make(
        name: str, hook: dict, method: str, selection: str = 'last_epoch', processes: int = 1
    ) -> RunPaths:
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
            num_teachers=2 if METHOD_TABLE[method].distils else 0, seed=3, split=1, epochs=EPOCHS,
            full_epochs=EPOCHS, view_seed=5, num_views=2, device='cpu', threads=1, parents=(),
            data_name='tiny', synthetic=True,
            config_sha256=digest(scientific(config.to_dict(), METHOD_TABLE[method].hook)),
            hook=METHOD_TABLE[method].hook, processes=processes,
        )  # fmt: skip
        spec.write(paths.spec)
        return paths

    return make


def carry_out(
    paths: RunPaths, kill_at: str = '', end_at: str = '', status: str = 'done', **variables: str
) -> str:
    """Calls the run; returns what it printed.

    Args:
        paths: Its folder.
        kill_at: Where it is killed.
        end_at: Where it ends by itself, and how.
        status: What it ends in, unless it is killed.
        **variables: Of its environment; IN_PROCESS is the number of the process that is meant.
    """
    folder = paths.root.parent
    places = dict(PYTHONPATH=f'{warm.REPOSITORY}{os.pathsep}{folder}')
    planted = dict(KILL_AT=kill_at, END_AT=end_at) | variables
    done = warm.run_module('ukd_bench.runs', paths.root, cwd=folder, env=places | planted)
    is_killed = kill_at and variables.get('IN_PROCESS', '0') == '0'
    expected = -signal.SIGKILL if is_killed else EXIT_STATUS[status]
    assert done.returncode == expected, done.stdout + done.stderr
    return done.stdout + done.stderr


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
    for peaks in (record['memory'], *record['memory_of_processes']):
        for figures in peaks.values():
            figures.pop('process_peak_bytes')
    return record, paths.curve.read_text()
