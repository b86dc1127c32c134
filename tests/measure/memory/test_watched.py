"""Some steps of every epoch are watched; what they show is what watching all of them shows."""

import gc

import pytest
import torch
from mmengine.hooks import Hook

from ukd_bench.measure import MeasureHook, measure_hook
from ukd_bench.measure.memory.watched import FIRST_STEPS, watched_steps

REPLAY = dict(type='ukd_bench.ReplayHook', view_seed=5)


def test_the_first_the_last_and_one_that_is_drawn():
    drawn = set()
    for epoch in range(40):
        watched = watched_steps(3, epoch, 20)
        assert {0, 19} <= watched <= {*range(20)} and len(watched) in (2, 3)
        assert watched == watched_steps(3, epoch, 20)
        drawn |= watched - {0, 19}
    assert len(drawn) > 10
    assert {*range(FIRST_STEPS), 19} <= watched_steps(3, 0, 20, FIRST_STEPS)
    assert any(watched_steps(seed, 0, 20) != watched_steps(3, 0, 20) for seed in range(3))
    assert watched_steps(3, 0, 1, FIRST_STEPS) == {0}


def test_the_draw_leaves_all_streams_as_they_were():
    import random

    random.seed(1)
    before = random.getstate(), torch.get_rng_state()
    watched_steps(3, 0, 20)
    assert random.getstate() == before[0] and torch.equal(torch.get_rng_state(), before[1])


@pytest.fixture
def measured(train, runner_config):
    """Trains two epochs of six steps, and returns the hook that measured."""

    def run(*hooks, also=(), **changes):
        config = runner_config(*hooks)
        config.train_dataloader.batch_size = 2
        config.merge_from_dict(changes)
        measure = MeasureHook()
        train(config, measure=measure, also=also)
        return measure

    return run


def peak(measure):
    return measure.memory.peaks['train']['allocated_peak_bytes']


@pytest.mark.parametrize('source', [None, 'UKDHook', 'NaiveEnsembleHook'])
def test_peaks_are_those_of_watching_every_step(
    measured, distilling, filled_pool, monkeypatch, source
):
    hook = distilling(source, filled_pool, 2) if source else REPLAY
    # MMEngine keeps parts of one Runner while the next one trains: one goes ahead of both.
    measured(hook)
    for _ in range(3):
        gc.collect()
    some = measured(hook)
    monkeypatch.setattr(measure_hook, 'watched_steps', lambda seed, epoch, steps, first: range(6))
    every = measured(hook)
    assert every.watched == [*range(12)]
    assert {0, 1, 2, 5, 6, 11} <= {*some.watched} < {*range(12)}
    # What other tests left may go in between: some KiB.
    assert abs(peak(some) - peak(every)) < 2**14
    assert some.final_sha256 == every.final_sha256


class Plant(Hook):
    """Allocates for the length of one step, or for what is done between two epochs."""

    def __init__(self, step=None, place=None):
        self.step, self.place = step, place

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        self.kept = torch.zeros(2**22) if runner.iter == self.step else None

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        self.kept = None

    def after_train_epoch(self, runner):
        if self.place == 'end of an epoch' and runner.epoch == 0:
            torch.zeros(2**23)

    def before_train_epoch(self, runner):
        if self.place == 'beginning of an epoch' and runner.epoch == 1:
            torch.zeros(2**23)


@pytest.fixture
def plain_peak(measured):
    return peak(measured(REPLAY))


def test_an_allocation_in_a_step_of_any_kind_is_seen(measured, plain_peak):
    (drawn,) = watched_steps(3, 1, 6) - {0, 5} or {0}
    for step in (0, 5, 6 + drawn, 11):
        grown = peak(measured(REPLAY, also=[Plant(step)])) - plain_peak
        assert grown == pytest.approx(2**24, rel=0.02), step
    for place in ('end of an epoch', 'beginning of an epoch'):
        assert peak(measured(REPLAY, also=[Plant(place=place)])) > 2**25


def test_the_median_step_is_one_that_was_not_watched():
    measure = MeasureHook()
    measure.step_seconds = [9.0, 9.0, 9.0, 1.0, 2.0, 7.0, 7.0, 3.0, 7.0]
    measure.watched = [0, 1, 2, 5, 6, 8]
    assert measure.step_median_s == 2.0
    measure.watched = [*range(9)]
    assert measure.step_median_s == 5.0
