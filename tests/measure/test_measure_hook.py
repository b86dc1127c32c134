import time

import numpy as np
import pytest
import torch
from mmengine.hooks import Hook

from ukd_bench.errors import ConfigError, DivergedError
from ukd_bench.files.checkpoints import state_sha256
from ukd_bench.measure import MeasureHook
from ukd_bench.measure.measure_hook import WARM_UP_STEPS
from ukd_bench.measure.memory.phases import PhaseMemory
from ukd_bench.records.record import CURVE

REPLAY = dict(type='ukd_bench.ReplayHook', view_seed=5)


class Plant(Hook):
    """Allocates within every step of the first epoch, as a hook that feeds the student might."""

    def __init__(self, count):
        self.count = count

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        self.kept = torch.zeros(self.count)

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        del self.kept


@pytest.fixture
def measured(train):
    def run(*hooks, **options):
        measure = MeasureHook()
        return train(REPLAY, measure=measure, also=hooks, **options), measure

    return run


def test_steps_curve_and_hashes(measured):
    runner, measure = measured()
    assert len(measure.step_seconds) == 6 and min(measure.step_seconds) > 0
    ordered = sorted(measure.step_seconds[WARM_UP_STEPS:])
    assert measure.step_median_s == ordered[1]
    assert [(epoch, rate) for epoch, _, rate, *_ in measure.curve] == [(1, 0.05), (2, 0.05)]
    # 11 classes at chance.
    assert all(1.5 < loss < 4 for _, loss, *_ in measure.curve)
    assert measure.final_sha256 == state_sha256(runner.model) != measure.initial_sha256
    assert list(measure.memory.peaks) == ['train']


def test_the_curve_is_the_mean_of_the_steps(measured):
    class Seen(Hook):
        def __init__(self):
            self.steps = []

        def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
            self.steps.append((outputs['loss'].item(), float(outputs['top1_acc'])))

    seen = Seen()
    _, measure = measured(seen)
    means = [np.mean(seen.steps[:3], axis=0), np.mean(seen.steps[3:], axis=0)]
    told = [(loss, top1) for _, loss, _, top1, _ in measure.curve]
    np.testing.assert_allclose(told, means, rtol=1e-6)
    # Nothing was validated.
    assert [point[-1] for point in measure.curve] == [None, None]
    assert len(measure.curve[0]) == len(CURVE)


def test_what_a_hook_allocates_in_a_step_is_in_the_phase(measured):
    peaks = [
        measured(Plant(count), epochs=1)[1].memory.peaks['train']['allocated_peak_bytes']
        for count in (1, 2**22)
    ]
    assert peaks[1] - peaks[0] == pytest.approx(2**24, rel=0.02)


@pytest.mark.parametrize('priority, counts', [('VERY_HIGH', True), ('BELOW_NORMAL', False)])
def test_what_a_source_does_after_the_update_is_part_of_the_step(measured, priority, counts):
    class Late(Hook):
        def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
            time.sleep(0.5)

    late = Late()
    late.priority = priority
    _, measure = measured(late, epochs=1)
    assert all((seconds > 0.5) == counts for seconds in measure.step_seconds)


def test_cudas_peaks_are_read_before_the_logger_resets_them(measured, monkeypatch):
    order = []
    monkeypatch.setattr(PhaseMemory, 'update', lambda self: order.append('update'))

    class Peer(Hook):
        priority = 'VERY_HIGH'

        def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
            order.append('peer')

    class Logger(Hook):
        priority = 'BELOW_NORMAL'

        def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
            order.append('logger')

    measured(Logger(), Peer(), epochs=1)
    assert order[:6] == ['peer', 'update', 'logger'] * 2


def test_a_second_training_of_a_runner_counts_its_steps_once(train):
    measure = MeasureHook()
    runner = train(REPLAY, measure=measure, epochs=1)
    measure.before_train(runner)
    assert sum(type(hook).__name__ == '_StepEnd' for hook in runner.hooks) == 1


def test_too_few_steps_have_no_median(measured):
    _, measure = measured(epochs=1)
    assert len(measure.step_seconds) == WARM_UP_STEPS
    assert measure.step_median_s is None


def test_a_training_that_diverges_ends_in_that_step(measured):
    class Diverge(Hook):
        steps = 0

        def before_train_iter(self, runner, batch_idx, data_batch=None):
            self.steps += 1
            # The epoch has a third step, and there is a third epoch.
            if (runner.epoch, batch_idx) == (1, 1):
                next(runner.model.parameters()).data.fill_(float('nan'))

    diverge = Diverge()
    with pytest.raises(DivergedError, match=r'^the loss is nan in iteration 2 of epoch 2$'):
        measured(diverge, epochs=3)
    assert diverge.steps == 5


def test_losses_too_large_for_their_mean_are_no_result(runner_config, train):
    class Huge(Hook):
        priority = 'VERY_HIGH'

        def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
            outputs['loss'] = torch.tensor(3e38)

    with pytest.raises(DivergedError, match=r'^the loss is inf over epoch 1$'):
        train(runner_config(REPLAY), measure=MeasureHook(), also=[Huge()])


def test_compiled_code_is_not_measured_on_the_cpu(runner_config, train):
    config = runner_config(REPLAY)
    config.compile = True
    with pytest.raises(ConfigError, match='compiled code cannot be measured on the CPU'):
        train(config, measure=MeasureHook())


def test_figures_go_on_from_those_of_an_earlier_process():
    earlier, later, again = (MeasureHook(PhaseMemory(torch.device('cpu'))) for _ in range(3))
    earlier.step_seconds = [9.0, 9.0, 9.0, 1.0, 2.0]
    earlier.curve, earlier.validation_s, earlier.initial_sha256 = (
        [[1, 2.5, 0.1, 0.3, 0.2]],
        4.0,
        'abc',
    )
    later.load_state_dict(None, earlier.state_dict(None))
    # The second process warms up as the first did.
    later.step_seconds += [8.0, 8.0, 8.0, 3.0]
    assert later.step_median_s == 2.0
    assert (later.curve, later.validation_s, later.initial_sha256) == (
        [[1, 2.5, 0.1, 0.3, 0.2]],
        4.0,
        'abc',
    )
    again.load_state_dict(None, later.state_dict(None))
    again.step_seconds += [7.0]
    assert again.step_median_s == 2.0
