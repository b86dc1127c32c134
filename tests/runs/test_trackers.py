"""What trackers are told of a training, and that it changes nothing."""

import random
import sys
import types

import numpy as np
import pytest
import torch
from mmengine.hooks import Hook

from ukd_bench.measure import MeasureHook
from ukd_bench.records.trackers import BACKEND, backend_name, tracked_by
from ukd_bench.runs.resume import ResumePoint, set_resume
from ukd_bench.runs.trackers import TellTrackers

from .test_resume_point import REPLAY, SPEC, Stop

FACTS = dict(key='0123', method='plain', network='small', num_teachers=0, seed=3, regime='default')


def backend(tracker, folder):
    return dict(
        type=BACKEND, name=backend_name(tracker), tracker=tracker, save_dir=str(folder / tracker),
        sweep='quick', cell='plain small seed=3', facts=dict(FACTS),
    )  # fmt: skip


def draw():
    """What a package may do: draw from every global generator."""
    random.random(), np.random.rand(), torch.rand(1)


@pytest.fixture
def stand_in(monkeypatch):
    """Modules in the place of wandb and mlflow, which note how they are called."""
    calls = []

    def noting(name, answer=None):
        def call(*given, **named):
            draw()
            calls.append((name, given, named))
            return answer

        return call

    wandb, mlflow = types.ModuleType('wandb'), types.ModuleType('mlflow')
    for name in ('init', 'define_metric', 'log', 'finish'):
        setattr(wandb, name, noting(name))
    for name in ('set_tracking_uri', 'create_experiment', 'set_experiment', 'set_tag'):
        setattr(mlflow, name, noting(name))
    for name in ('log_params', 'log_metrics', 'end_run', 'get_experiment_by_name'):
        setattr(mlflow, name, noting(name))
    monkeypatch.setitem(sys.modules, 'wandb', wandb)
    monkeypatch.setitem(sys.modules, 'mlflow', mlflow)
    for name in ('WANDB_MODE', 'MLFLOW_TRACKING_URI', 'MLFLOW_ALLOW_FILE_STORE'):
        monkeypatch.delenv(name, raising=False)
    return calls


@pytest.fixture
def tracked(train, runner_config, tmp_path):
    """Trains, validating, and tells trackers; returns the measurement."""

    def run(*trackers, also=(), resumed=False):
        config = runner_config(REPLAY)
        config.visualizer.vis_backends = [backend(one, tmp_path) for one in trackers]
        # MMEngine's logger tells every iteration to whom it can.
        config.default_hooks.logger.interval = 1
        assert tracked_by(config) == [*trackers]
        if resumed:
            set_resume(config, tmp_path / 'resume.pth', SPEC)
        measure, point = MeasureHook(), ResumePoint(tmp_path / 'resume.pth', SPEC)
        tell = TellTrackers(config, measure, point)
        runner = train(config, measure=measure, also=(point, tell, *also))
        tell.end(runner, dict(top1=0.25, mean_class=0.5))
        return measure

    return run


def curve_of(measure):
    return {epoch: (loss, rate, top1) for epoch, loss, rate, top1, _ in measure.curve}


def test_tensorboard_has_every_epoch_and_the_test(tracked, tmp_path):
    accumulator = pytest.importorskip('tensorboard.backend.event_processing.event_accumulator')
    measure = tracked('tensorboard')
    (folder,) = (tmp_path / 'tensorboard').iterdir()
    assert folder.name == 'plain small seed=3 0123'
    events = accumulator.EventAccumulator(str(folder))
    events.Reload()
    assert sorted(events.Tags()['scalars']) == [
        'epoch', 'learning_rate', 'loss', 'memory/allocated_peak_mib', 'test/mean_class',
        'test/top1', 'train/top1',
    ]  # fmt: skip
    told = {one.step: one.value for one in events.Scalars('loss')}
    assert told == {epoch: pytest.approx(row[0]) for epoch, row in curve_of(measure).items()}
    assert [(one.step, one.value) for one in events.Scalars('test/top1')] == [(2, 0.25)]
    peak = measure.memory.peaks['train']['allocated_peak_bytes'] / 2**20
    assert events.Scalars('memory/allocated_peak_mib')[-1].value == pytest.approx(peak)
    assert events.Tags()['images'] == [] and events.Tags()['tensors'] == []


def test_nothing_that_is_recorded_depends_on_it(tracked, stand_in):
    alone = tracked()
    told = tracked('tensorboard', 'wandb', 'mlflow')
    assert told.final_sha256 == alone.final_sha256
    assert curve_of(told) == curve_of(alone)
    assert (
        told.memory.peaks['train']['allocated_peak_bytes']
        == (alone.memory.peaks['train']['allocated_peak_bytes'])
    )


@pytest.mark.parametrize(('asked', 'mode'), [(None, 'offline'), ('online', 'online')])
def test_wandb_is_told_by_epoch_and_offline_unless_it_is_asked_for(
    tracked, stand_in, tmp_path, monkeypatch, asked, mode
):
    if asked:
        monkeypatch.setenv('WANDB_MODE', asked)
    measure = tracked('wandb')
    names = [name for name, *_ in stand_in]
    assert names == ['init', 'define_metric', 'log', 'log', 'log', 'finish']
    assert stand_in[0][2] == dict(
        project='quick', group='plain', name='plain small seed=3', config=FACTS, mode=mode,
        dir=str(tmp_path / 'wandb'),
    )  # fmt: skip
    assert stand_in[1][2] == dict(name='*', step_metric='epoch')
    first, second, last = (given[0] for _, given, _ in stand_in[2:5])
    assert [one['epoch'] for one in (first, second, last)] == [1, 2, 2]
    assert (first['loss'], first['learning_rate'], first['train/top1']) == curve_of(measure)[1]
    assert last == {'epoch': 2, 'test/top1': 0.25, 'test/mean_class': 0.5}


@pytest.mark.parametrize('uri', [None, 'http://somewhere'])
def test_mlflow_is_told_by_epoch(tracked, stand_in, tmp_path, monkeypatch, uri):
    if uri:
        monkeypatch.setenv('MLFLOW_TRACKING_URI', uri)
    tracked('mlflow')
    calls = {name: (given, named) for name, given, named in stand_in}
    assert calls['set_tracking_uri'][0] == (uri or f'file://{tmp_path / "mlflow"}',)
    assert calls['set_experiment'][0] == ('quick',)
    assert calls['set_tag'][0] == ('mlflow.runName', 'plain small seed=3')
    assert calls['log_params'][0] == (FACTS,)
    told = [given for name, given, _ in stand_in if name == 'log_metrics']
    assert [step for _, step in told] == [1, 2, 2] and 'loss' in told[0][0]
    assert stand_in[-1][0] == 'end_run'


def test_a_training_that_goes_on_tells_its_earlier_epochs_again(tracked, stand_in):
    with pytest.raises(ZeroDivisionError):
        tracked('wandb', also=(Stop(5),))
    assert [given[0]['epoch'] for name, given, _ in stand_in if name == 'log'] == [1]
    stand_in.clear()
    tracked('wandb', resumed=True)
    assert [given[0]['epoch'] for name, given, _ in stand_in if name == 'log'] == [1, 2, 2]


@pytest.mark.parametrize('fails', ['init', 'log', 'finish'])
def test_a_tracker_that_fails_is_left_alone(tracked, stand_in, monkeypatch, fails, capsys):
    tries = []

    def fail(*given, **named):
        tries.append(fails)
        raise ConnectionError('no route to host')

    monkeypatch.setattr(sys.modules['wandb'], fails, fail)
    measure = tracked('wandb', 'mlflow')
    assert len(measure.curve) == 2 and tries == [fails]
    assert 'wandb: is told no more (no route to host)\n' in capsys.readouterr().out
    assert len([name for name, *_ in stand_in if name == 'log_metrics']) == 3


def test_what_a_tracker_takes_is_no_time_of_the_training(tracked, stand_in, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr('ukd_bench.runs.resume.time.perf_counter', lambda: clock[0])

    def slow(*given, **named):
        clock[0] += 1000

    monkeypatch.setattr(sys.modules['wandb'], 'log', slow)
    seconds = []

    class Note(Hook):
        priority = 'LOWEST'

        def after_train(self, runner):
            (point,) = (hook for hook in runner.hooks if isinstance(hook, ResumePoint))
            seconds.append((clock[0], point.train_s))

    tracked('wandb', also=(Note(),))
    assert seconds == [(2000, 0)]
