"""A training tells how far it is, and nothing that is recorded hangs on that."""

import json

import pytest

from ukd_bench.files.atomic import write_json
from ukd_bench.measure import MeasureHook
from ukd_bench.runs.progress import TellProgress
from ukd_bench.runs.resume import ResumePoint, set_resume

from .test_resume_point import REPLAY, SPEC, Stop


class Watched(TellProgress):
    """Keeps what was told, one entry a time."""

    def _tell(self, runner, epoch):
        super()._tell(runner, epoch)
        self.told = [*getattr(self, 'told', ()), json.loads(self.path.read_text())]


@pytest.fixture
def hooks(tmp_path):
    """A measurement, and the hooks beside it."""
    write_json(tmp_path / 'state.json', dict(status='running', pid=5))

    def make(*more):
        measure, point = MeasureHook(), ResumePoint(tmp_path / 'resume.pth', SPEC)
        progress = Watched(tmp_path / 'state.json', measure, point)
        return measure, (point, progress, *more)

    return make


def test_each_epoch_is_told_and_changes_nothing(train, runner_config, hooks):
    measure, also = hooks()
    train(runner_config(REPLAY), measure=measure, also=also)
    told = also[1].told
    assert [(one['epoch'], one['epochs']) for one in told] == [(0, 2), (1, 2), (2, 2)]
    assert [one['loss'] for one in told] == [None, *(row[1] for row in measure.curve)]
    assert all((one['status'], one['pid']) == ('running', 5) for one in told)
    assert 0 < told[1]['train_s'] < told[2]['train_s']
    peak = measure.memory.peaks['train']['allocated_peak_bytes']
    assert told[-1]['memory']['train']['allocated_peak_bytes'] == peak

    alone = MeasureHook()
    train(runner_config(REPLAY), measure=alone)
    assert alone.final_sha256 == measure.final_sha256
    assert alone.memory.peaks['train']['allocated_peak_bytes'] == peak


def test_a_training_that_goes_on_tells_from_where(train, runner_config, hooks, tmp_path):
    measure, also = hooks(Stop(5))
    with pytest.raises(ZeroDivisionError):
        train(runner_config(REPLAY), measure=measure, also=also)
    config = runner_config(REPLAY)
    set_resume(config, tmp_path / 'resume.pth', SPEC)
    measure, also = hooks()
    train(config, measure=measure, also=also)
    assert [one['epoch'] for one in also[1].told] == [1, 2]
    assert also[1].told[0]['loss'] == measure.curve[0][1]


def test_what_is_told_takes_no_time_of_the_training(train, runner_config, hooks, monkeypatch):
    measure, (point, progress) = hooks()
    clock = [0.0]
    monkeypatch.setattr('ukd_bench.runs.resume.time.perf_counter', lambda: clock[0])

    def slow(path, value):
        clock[0] += 1000

    monkeypatch.setattr('ukd_bench.runs.progress.write_json', slow)
    train(runner_config(REPLAY), measure=measure, also=(point, progress))
    assert clock[0] >= 3000 and point.train_s == 0


def test_a_state_that_cannot_be_written_does_not_end_the_training(train, runner_config, tmp_path):
    measure, point = MeasureHook(), ResumePoint(tmp_path / 'resume.pth', SPEC)
    blocked = TellProgress(tmp_path / 'state.json', measure, point)
    runner = train(runner_config(REPLAY), measure=measure, also=(point, blocked))
    assert runner.epoch == 2 and not (tmp_path / 'state.json').exists()
