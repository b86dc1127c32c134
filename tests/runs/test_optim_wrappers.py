"""Mixed precision and accumulated gradients change the student's arithmetic, never its targets."""

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.optim.optimizer import amp_optimizer_wrapper

from ukd_bench.distill import DistillationHook
from ukd_bench.errors import ConfigError
from ukd_bench.measure import MeasureHook
from ukd_bench.records.spec import RunSpec
from ukd_bench.runs.build import build_runner, find_hook, precision


class Watch(Hook):
    """Notes in what type the first convolution computes, and what the parameters are."""

    def __init__(self):
        self.computed, self.stored, self.weights = set(), set(), []

    def before_train(self, runner):
        first = next(m for m in runner.model.modules() if isinstance(m, torch.nn.Conv3d))
        first.register_forward_hook(lambda _, __, result: self.computed.add(result.dtype))

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        self.stored |= {value.dtype for value in runner.model.parameters()}
        self.weights.append(next(runner.model.parameters()).detach().clone())


@pytest.fixture
def trained(train, runner_config, distilling, filled_pool):
    def run(source, **wrapper):
        config = runner_config(distilling(source, filled_pool, 2))
        config.optim_wrapper.update(wrapper)
        measure, watch = MeasureHook(), Watch()
        runner = train(config, measure=measure, also=(watch,))
        targets = find_hook(runner, DistillationHook).target_hash.hexdigest()
        return targets, measure, watch

    return run


@pytest.fixture
def amp_on_cpu(monkeypatch):
    """MMEngine mixes precisions on a GPU alone; torch does so on the CPU too, in bfloat16."""
    monkeypatch.setattr(amp_optimizer_wrapper, 'is_cuda_available', lambda: True)
    return dict(type='AmpOptimWrapper', dtype='bfloat16', loss_scale=1.0)


@pytest.mark.filterwarnings('ignore:.*GradScaler.*')
def test_mixed_precision_leaves_the_targets_alone(trained, amp_on_cpu):
    targets, measure, watch = trained('UKDHook')
    mixed_targets, mixed, mixed_watch = trained('UKDHook', **amp_on_cpu)
    naive_targets, naive, _ = trained('NaiveEnsembleHook', **amp_on_cpu)
    assert (naive_targets, naive.final_sha256) == (mixed_targets, mixed.final_sha256)
    assert mixed_targets == targets
    assert watch.computed == {torch.float32} and mixed_watch.computed == {torch.bfloat16}
    assert mixed_watch.stored == {torch.float32}
    assert mixed.initial_sha256 == measure.initial_sha256
    assert mixed.final_sha256 != measure.final_sha256
    losses, mixed_losses = ([row[1] for row in one.curve] for one in (measure, mixed))
    assert mixed_losses == pytest.approx(losses, rel=0.1)


def test_accumulated_gradients_leave_the_targets_alone(trained):
    targets, measure, watch = trained('UKDHook')
    summed_targets, summed, summed_watch = trained('UKDHook', accumulative_counts=2)
    naive_targets, naive, _ = trained('NaiveEnsembleHook', accumulative_counts=2)
    assert (naive_targets, naive.final_sha256) == (summed_targets, summed.final_sha256)
    assert summed_targets == targets
    assert summed.initial_sha256 == measure.initial_sha256
    # Six steps; the third and fourth span the end of the first epoch.
    changes = [
        not torch.equal(*pair)
        for pair in zip(summed_watch.weights, summed_watch.weights[1:], strict=False)
    ]
    assert changes == [True, False, True, False, True]
    assert not torch.equal(watch.weights[0], watch.weights[1])
    assert len(summed.step_seconds) == 6


@pytest.mark.parametrize(
    ('wrapper', 'device', 'expected'),
    [
        (dict(type='OptimWrapper'), 'cuda', 'float32'),
        (dict(optimizer=dict(type='SGD')), 'cpu', 'float32'),
        (dict(type='AmpOptimWrapper'), 'cuda', 'mixed float16'),
        (dict(type='AmpOptimWrapper', dtype='bfloat16'), 'cuda', 'mixed bfloat16'),
        (dict(type='mmengine.AmpOptimWrapper'), 'cpu', 'mixed bfloat16'),
    ],
)
def test_the_record_names_the_arithmetic(wrapper, device, expected):
    assert precision(Config(dict(optim_wrapper=wrapper)), device) == expected


def test_a_run_on_the_cpu_refuses_what_mmengine_does_not_offer(runner_config, tmp_path):
    config = runner_config(dict(type='ukd_bench.ReplayHook'))
    config.optim_wrapper.type = 'AmpOptimWrapper'
    spec = RunSpec(
        key='0123', execution='4567', method='plain', student='slowonly-r18-w8', teacher=None,
        num_teachers=0, seed=3, split=1, epochs=2, full_epochs=2, view_seed=5, num_views=2,
        device='cpu', threads=1, parents=(), data_name='tiny', synthetic=True, config_sha256='c',
    )  # fmt: skip
    with pytest.raises(ConfigError, match=r'AmpOptimWrapper needs a GPU, .* planned for cpu'):
        build_runner(tmp_path, config, spec, ())
