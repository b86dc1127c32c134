"""A run that takes too long ends between two iterations, and its last epoch is kept."""

import dataclasses

import pytest
from mmengine.hooks import Hook

from ukd_bench.errors import LimitError
from ukd_bench.measure import MeasureHook
from ukd_bench.runs.limit import EndAtLimit, require_within_limit
from ukd_bench.runs.resume import ResumePoint, set_resume

from .test_resume_point import REPLAY, SPEC


class Spend(Hook):
    """Has every iteration take a hundred seconds."""

    def __init__(self, monkeypatch):
        self.clock, self.steps = 0.0, 0
        monkeypatch.setattr('ukd_bench.runs.resume.time.perf_counter', lambda: self.clock)

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        self.clock += 100
        self.steps += 1


@pytest.fixture
def attempt(train, runner_config, tmp_path, monkeypatch):
    """Trains two epochs of three steps by a limit; returns steps and the last hash."""

    def run(limit_s):
        spec, spend, measure = (
            dataclasses.replace(SPEC, limit_s=limit_s),
            Spend(monkeypatch),
            MeasureHook(),
        )
        config = runner_config(REPLAY)
        set_resume(config, tmp_path / 'resume.pth', spec)
        point = ResumePoint(tmp_path / 'resume.pth', spec)
        try:
            train(config, measure=measure, also=(EndAtLimit(spec, point), point, spend))
        except LimitError as error:
            return spend.steps, str(error)
        return spend.steps, measure.final_sha256

    return run


def test_it_ends_at_the_next_iteration_and_goes_on_with_more(attempt, train, runner_config):
    reason = 'took more than 6 min 40 s, the limit of a run, in epoch 2 of 2; '
    remedy = 'with a higher --run-limit the same command goes on'
    # The limit is reached with the fourth step, and passed with the fifth.
    assert attempt(400) == (5, reason + remedy)
    # What the first epoch took is counted: two more steps pass the limit again.
    assert attempt(400) == (2, reason + remedy)
    alone = MeasureHook()
    train(runner_config(REPLAY), measure=alone)
    assert attempt(1000) == (3, alone.final_sha256)


def test_no_limit_is_none():
    require_within_limit(SPEC, 1e9, 'at the end')


@pytest.mark.parametrize('spent_s, is_over', [(400.0, False), (400.1, True)])
def test_a_test_counts_too(spent_s, is_over):
    spec = dataclasses.replace(SPEC, limit_s=400.0)

    class Point:
        wall_s = spent_s

    class Runner:
        max_epochs = 6

    hook = EndAtLimit(spec, Point())
    if not is_over:
        hook.before_test_iter(Runner(), batch_idx=0)
        return
    with pytest.raises(LimitError, match='in the test after epoch 6 of 6'):
        hook.before_test_iter(Runner(), batch_idx=0)
