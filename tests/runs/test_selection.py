"""The tested epoch follows from the named rule, and looking at it changes no training."""

import copy

import pytest
import torch
from mmengine.hooks import Hook

from ukd_bench.errors import ConfigError
from ukd_bench.files.checkpoints import state_sha256
from ukd_bench.measure import MeasureHook
from ukd_bench.runs.selection import KeepBest, selection_rule
from ukd_bench.sweep.run_config import set_selection

REPLAY = dict(type='ukd_bench.ReplayHook', view_seed=5)


class Scripted(Hook):
    """Puts chosen accuracies in the place of measured ones, and notes each epoch's weights."""

    priority = 'NORMAL'

    def __init__(self, *accuracies):
        self.accuracies = iter(accuracies)
        self.states = []

    def after_val_epoch(self, runner, metrics=None):
        metrics['clips/top1'] = next(self.accuracies)
        self.states.append(state_sha256(runner.model))


@pytest.fixture
def validated(runner_config, train_dataset):
    """A config of three epochs with the oracle's rule."""
    config = runner_config(REPLAY, epochs=3)
    pipeline = copy.deepcopy(train_dataset['pipeline'])
    pipeline[1] = dict(type='ukd_bench.EvaluationViews')
    test_set = dict(train_dataset, subset='test', test_mode=True, pipeline=pipeline)
    config.test_dataloader = dict(
        batch_size=4, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
        dataset=test_set,
    )  # fmt: skip
    config.test_evaluator = dict(type='ukd_bench.ClipScores')
    config.test_cfg = dict(type='TestLoop')
    set_selection(config, 'oracle_best_on_test')
    return config


def train_kept(train, config, path, *accuracies):
    scripted, best = Scripted(*accuracies), KeepBest(path)
    best.priority = 'LOWEST'
    runner = train(config, also=(scripted, best))
    return runner, scripted, best


def test_the_first_of_the_best_epochs_is_restored(train, validated, tmp_path):
    runner, scripted, best = train_kept(train, validated, tmp_path / 'b.pth', 0.2, 0.6, 0.6)
    assert len(set(scripted.states)) == 3
    assert state_sha256(runner.model) == scripted.states[2]
    assert best.restore(runner) == 2
    assert state_sha256(runner.model) == scripted.states[1]
    assert not (tmp_path / 'b.pth').exists()


def test_validation_leaves_the_training_as_it_was(train, validated, tmp_path):
    plain = copy.deepcopy(validated)
    for key in ('val_dataloader', 'val_cfg', 'val_evaluator'):
        plain.pop(key)
    plain.experiment_name += 'plain'
    watched, _, _ = train_kept(train, validated, tmp_path / 'b.pth', 0.1, 0.2, 0.3)
    assert state_sha256(watched.model) == state_sha256(train(plain).model)


def test_a_validation_is_a_point_of_its_epochs_curve(train, validated):
    class Seen(Hook):
        def __init__(self):
            self.top1 = []

        def after_val_epoch(self, runner, metrics=None):
            self.top1.append(metrics['clips/top1'])

    measure, seen = MeasureHook(), Seen()
    train(validated, measure=measure, also=(seen,))
    assert [(point[0], point[-1]) for point in measure.curve] == [*enumerate(seen.top1, 1)]


def test_nothing_validated_is_refused(tmp_path):
    with pytest.raises(ConfigError, match='no epoch was validated'):
        KeepBest(tmp_path / 'b.pth').restore(None)
    with pytest.raises(ConfigError, match='reports no clips/top1'):
        KeepBest(tmp_path / 'b.pth').after_val_epoch(None, {'acc/top1': 1.0})


def test_rules_are_checked(validated):
    assert selection_rule(validated) == 'oracle_best_on_test'
    validated.val_dataloader = None
    with pytest.raises(ConfigError, match="'oracle_best_on_test' needs a val_dataloader"):
        selection_rule(validated)
    validated.selection = 'best'
    with pytest.raises(ConfigError, match="'best' is none of last_epoch"):
        selection_rule(validated)


def test_held_out_groups_leave_the_training_set(validated):
    set_selection(validated, 'best_on_held_out_groups')
    validation = validated.val_dataloader.dataset
    assert (validation.subset, validation.groups, validation.test_mode) == (
        'train',
        'held_out',
        True,
    )
    assert validated.train_dataloader.dataset.groups == 'fit'
    assert validated.test_dataloader.dataset.subset == 'test'
    assert 'groups' not in validated.test_dataloader.dataset


class Hungry(Hook):
    """Allocates while the model is validated."""

    def after_val_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        self.most = torch.zeros(100_000_000)

    def after_val(self, runner):
        del self.most


def test_the_training_peak_leaves_validation_out(train, validated):
    measure = MeasureHook()
    train(validated, measure=measure, also=(Hungry(),))
    assert measure.memory.peaks['train']['allocated_peak_bytes'] < 400_000_000
    assert measure.validation_s > 0 and len(measure.step_seconds) == 9
