"""Trainings that are rehearsed: what each part takes by hand, and against the CPU's own account."""

import gc
import os

import pytest
import torch

from ukd_bench.errors import ConfigError
from ukd_bench.measure.memory.fake.stage import FakeStage
from ukd_bench.measure.memory.fake.trace import KINDS
from ukd_bench.measure.memory.real.stage import RealStage
from ukd_bench.measure.memory.rehearsal import training
from ukd_bench.measure.memory.rehearsal.stand_in import make_stand_in
from ukd_bench.measure.memory.workers import workers

from .perceptrons import config_of, predicted, weights_of

WIDE, LONG = dict(width=512, depth=2), dict(width=256, depth=6, batch_size=8, frames=64)
SGD = dict(type='SGD', lr=0.1)
MOMENTUM = dict(SGD, momentum=0.9)
ADAMW = dict(type='AdamW', lr=0.1)
AMP = dict(type='AmpOptimWrapper', dtype='float16')


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp('rehearsals')


@pytest.fixture(scope='module')
def stage():
    return FakeStage('cuda')


@pytest.fixture
def train(folder, stage):
    """The peak of a training on CUDA, by kind."""

    def peak(**options):
        return predicted(config_of(**options), folder, stage)['train']

    return peak


OPTIMIZERS = {
    # What an optimizer keeps, and takes while it updates, in weights of the network.
    'sgd': (SGD, 0, 0),
    'momentum': (MOMENTUM, 1, 0),
    'momentum_one_by_one': (dict(MOMENTUM, foreach=False), 1, 0),
    'adamw': (ADAMW, 2, 1),
    'fused_adamw': (dict(ADAMW, fused=True), 2, 0),
}


@pytest.mark.parametrize('name', OPTIMIZERS)
def test_what_an_optimizer_takes(train, name):
    optimizer, keeps, takes = OPTIMIZERS[name]
    peak = train(**WIDE, optimizer=optimizer)
    weights = 4 * weights_of(**WIDE)
    found = peak.breakdown
    assert found['weights'] == found['gradients'] == weights
    # A fused optimizer counts its steps on the device, 4 bytes for each of 8 weights.
    steps = 32 if optimizer.get('fused') else 0
    assert found['optimizer'] == keeps * weights + steps
    assert takes * weights <= found['temporaries'] < takes * weights + 50_000
    assert found['activations'] < 50_000 and found['teachers'] == 0
    assert sum(found.values()) == peak.allocated_peak_bytes
    assert {*found} == {*KINDS, 'rounding'}


def test_activations_grow_by_a_layer(train):
    """The peak is where backward begins, and each layer keeps what its ReLU made."""
    shallow, deep = (train(**LONG | dict(depth=depth)).breakdown for depth in (6, 8))
    assert deep['activations'] - shallow['activations'] == 2 * 4 * 512 * 256
    assert deep['weights'] - shallow['weights'] == 2 * 4 * 257 * 256
    dropped = train(**LONG, dropout=0.5).breakdown
    # It keeps a result and a byte a number more.
    assert dropped['activations'] - shallow['activations'] == 6 * 5 * 512 * 256


@pytest.mark.parametrize('dtype', ['float16', 'bfloat16'])
def test_mixed_precision_keeps_halves_and_casts_of_weights(train, dtype):
    shallow, deep = (
        train(**LONG | dict(depth=depth), wrapper=dict(AMP, dtype=dtype)).breakdown
        for depth in (6, 8)
    )
    # Each layer keeps its result and its weight, which backward needs, of two bytes a number.
    assert deep['activations'] - shallow['activations'] == 2 * 2 * (512 * 256 + 256 * 256)
    assert deep['weights'] - shallow['weights'] == 2 * 4 * 257 * 256


def test_the_scale_of_mixed_precision_is_kept_on_the_device(folder, stage, train):
    """The scale and the number of steps since it grew are two numbers, of a block each."""
    config = config_of(**WIDE, wrapper=AMP)
    mixed = predicted(config, folder, stage)['eval'].allocated_peak_bytes
    config.optim_wrapper.type = 'OptimWrapper'
    config.optim_wrapper.pop('dtype')
    assert mixed - predicted(config, folder, stage)['eval'].allocated_peak_bytes == 2 * 512
    # To clip, gradients are brought to their scale first, in place.
    plain = train(**WIDE, wrapper=AMP)
    clipped = train(**WIDE, wrapper=dict(AMP, clip_grad=dict(max_norm=1.0)))
    weights = 4 * weights_of(**WIDE)
    assert clipped.breakdown['gradients'] <= weights
    assert 0 <= clipped.allocated_peak_bytes - plain.allocated_peak_bytes < weights / 20


def test_gradients_that_are_accumulated_live_through_the_forwards(train):
    weights = 4 * weights_of(256, 6)
    assert train(**LONG).breakdown['gradients'] < weights / 6
    found = train(**LONG, wrapper=dict(accumulative_counts=2)).breakdown
    assert found['gradients'] == weights


def test_as_many_steps_as_two_updates_take(folder, stage, monkeypatch):
    from .perceptrons import Perceptron

    modes, forward = [], Perceptron.forward

    def counted(*args, **kwargs):
        modes.append(kwargs['mode'])
        return forward(*args, **kwargs)

    monkeypatch.setattr(Perceptron, 'forward', counted)
    predicted(config_of(wrapper=dict(accumulative_counts=3)), folder, stage)
    assert modes == ['loss'] * 6 + ['predict'] * 2


def test_frozen_layers_have_no_gradients_and_keep_nothing(train):
    whole, part = train(**LONG).breakdown, train(**LONG, frozen=4).breakdown
    assert whole['weights'] == part['weights']
    assert whole['activations'] - part['activations'] >= 4 * 4 * 512 * 256
    found = train(**WIDE | dict(frozen=1), optimizer=MOMENTUM).breakdown
    trained = 513 * 512 + 513 * 5
    assert found['gradients'] == found['optimizer'] == 4 * trained


def test_a_moving_average_is_a_copy_of_the_weights(train):
    with_copy = train(**WIDE, hooks=[dict(type='EMAHook')]).breakdown
    assert with_copy['teachers'] == 4 * weights_of(**WIDE)
    assert with_copy['weights'] == 4 * weights_of(**WIDE)


UPDATED = {
    'adamw': dict(optimizer=ADAMW),
    'mixed': dict(optimizer=ADAMW, wrapper=AMP),
    'accumulated': dict(wrapper=dict(accumulative_counts=2, clip_grad=dict(max_norm=1.0))),
    'averaged': dict(optimizer=MOMENTUM, hooks=[dict(type='EMAHook')]),
}


@pytest.mark.parametrize('name', UPDATED)
def test_more_updates_take_no_more(train, name, monkeypatch):
    options = dict(WIDE, **UPDATED[name])
    two = train(**options)
    monkeypatch.setattr(training, 'UPDATES', 4)
    assert train(**options) == two


def measured(config, folder):
    # The account begins anew, and must not hear of what earlier trainings give back.
    gc.collect()
    stage = RealStage(torch.device('cpu'))
    training.rehearse_training(config, stage, make_stand_in(folder / 'clips'), folder)
    return {phase: found['allocated_peak_bytes'] for phase, found in stage.peaks.items()}


@pytest.mark.parametrize(
    'kind', ['reentrant', 'again', pytest.param(None, marks=pytest.mark.exhaustive)]
)
def test_computing_again_takes_what_the_cpu_says(folder, kind):
    config = config_of(**LONG, checkpoint=kind)
    found = predicted(config, folder, device='cpu')
    account = measured(config, folder)
    for phase in ('train', 'eval'):
        assert found[phase].allocated_peak_bytes == pytest.approx(account[phase], rel=0.006)


def test_computing_again_takes_less(train):
    whole = train(**LONG).breakdown['activations']
    for kind in ('reentrant', 'again'):
        again = train(**LONG, checkpoint=kind).breakdown
        # What each layer gets is kept; the ReLU's result is what the next one gets.
        assert again['activations'] < whole + 4 * 512 * 256
    dropped = train(**LONG, dropout=0.5).breakdown['activations']
    again = train(**LONG, dropout=0.5, checkpoint='again').breakdown['activations']
    assert dropped - again >= 5 * 5 * 512 * 256


@pytest.mark.parametrize('kind', ['reentrant', 'again'])
def test_what_is_computed_again_is_in_mixed_precision_too(train, kind):
    shallow, deep = (
        train(**LONG | dict(depth=depth), checkpoint=kind, wrapper=AMP).breakdown
        for depth in (6, 8)
    )
    # What each layer gets, and the casts of its weights, which are kept for the forward.
    assert deep['activations'] - shallow['activations'] == 2 * 2 * (512 * 256 + 257 * 256)


def test_a_training_by_iterations_is_rehearsed(folder, stage):
    config = config_of(**WIDE)
    expected = predicted(config, folder, stage)
    config.train_cfg = dict(type='IterBasedTrainLoop', max_iters=90_000, val_interval=5)
    assert predicted(config, folder, stage) == expected


REFUSED = {
    'compile': (dict(compile=dict(backend='eager')), r"compile = .*'eager'.* cannot be rehearsed"),
    'runner': (dict(runner_type='FlexibleRunner'), "runner_type = 'FlexibleRunner' cannot be"),
    'hook': (dict(custom_hooks=[dict(type='NoSuchHook')]), 'cannot be rehearsed .*NoSuchHook'),
    'data': (
        dict(train_dataloader=dict(batch_size=2, dataset=dict(type='ConcatDataset', datasets=[]))),
        'train_dataloader.dataset: has no pipeline',
    ),
}


@pytest.mark.parametrize('name', REFUSED)
def test_what_cannot_be_rehearsed_is_named_in_one_line(folder, stage, name):
    changes, message = REFUSED[name]
    config = config_of()
    for key, value in changes.items():
        config[key] = value
    with pytest.raises(ConfigError, match=message) as caught:
        predicted(config, folder, stage)
    assert len(str(caught.value).splitlines()) == 1


def test_a_gpu_that_is_there_changes_nothing(train, monkeypatch):
    alone = train(optimizer=ADAMW)
    # The driver that torch would ask is not there.
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    monkeypatch.setattr(torch.cuda, 'device_count', lambda: 1)
    assert train(optimizer=ADAMW) == alone


def test_workers_see_no_gpu(monkeypatch):
    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '3')
    with workers(1) as pool:
        assert pool.submit(os.getenv, 'CUDA_VISIBLE_DEVICES').result() == ''
    assert os.environ['CUDA_VISIBLE_DEVICES'] == '3'
