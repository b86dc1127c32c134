"""The point that a training resumes from: what it holds, and when it is left aside."""

import dataclasses
from types import SimpleNamespace

import pytest
import torch
from mmengine.hooks import Hook

from ukd_bench.distill import ReplayHook
from ukd_bench.measure import MeasureHook
from ukd_bench.measure.measure_hook import WARM_UP_STEPS
from ukd_bench.records.spec import RunSpec
from ukd_bench.runs import resume
from ukd_bench.runs.resume import ResumePoint, discard, set_resume

REPLAY = dict(type='ukd_bench.ReplayHook', view_seed=5)
SPEC = RunSpec(
    key='0123', execution='4567', method='plain', student='slowonly-r18-w8', teacher=None,
    num_teachers=0, seed=3, split=1, epochs=2, full_epochs=2, view_seed=5, num_views=2,
    device='cpu', threads=1, parents=(), data_name='tiny', synthetic=True, config_sha256='c',
)  # fmt: skip


class Stop(Hook):
    """Ends a training as abruptly as is possible within a process."""

    def __init__(self, step):
        self.step = step

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        if runner.iter + 1 == self.step:
            raise ZeroDivisionError


@pytest.fixture
def cut_off(train, tmp_path):
    """Trains until step 5 of 6, and returns the file that is left."""

    def run(config):
        path = tmp_path / 'resume.pth'
        with pytest.raises(ZeroDivisionError):
            train(config, measure=MeasureHook(), also=(ResumePoint(path, SPEC), Stop(5)))
        return path

    return run


def resumes(config, path, spec=SPEC):
    config = config.copy()
    set_resume(config, path, spec)
    return bool(config.resume)


def test_it_holds_the_end_of_the_epoch_and_the_hooks(runner_config, cut_off):
    path = cut_off(runner_config(REPLAY))
    kept = torch.load(path, weights_only=True)
    assert (kept['meta']['epoch'], kept['meta']['iter']) == (1, 3)
    hooks = kept['ukd_bench_hooks']
    assert set(hooks) == {'ReplayHook', 'MeasureHook', 'ResumePoint'}
    assert len(hooks['MeasureHook']['step_seconds']) == len(hooks['MeasureHook']['curve']) * 3 == 3
    assert hooks['ResumePoint']['identity']['key'] == SPEC.key
    assert hooks['ReplayHook']['gradients'] == {}


def test_measurements_go_on(runner_config, cut_off, train):
    config = runner_config(REPLAY, epochs=3)
    path = cut_off(config)
    set_resume(config, path, SPEC)
    measure, point = MeasureHook(), ResumePoint(path, SPEC)
    train(config, measure=measure, also=(point,))
    assert len(measure.step_seconds) == 9 and [row[0] for row in measure.curve] == [1, 2, 3]
    # Both processes warm up.
    after = range(3 + WARM_UP_STEPS, 9)
    assert {*range(3 + WARM_UP_STEPS), 6, 8} <= {*measure.watched}
    counted = sorted(measure.step_seconds[n] for n in {*after} - {*measure.watched} or after)
    assert measure.step_median_s == counted[len(counted) // 2]
    assert point.resumed_at == [1]
    assert point.train_s > sum(measure.step_seconds)


def test_another_runs_is_left_aside_before_any_clip_is_read(runner_config, cut_off, monkeypatch):
    config = runner_config(REPLAY)
    path = cut_off(config)
    monkeypatch.setattr(resume, 'build_dataset', None)
    assert not resumes(config, path, dataclasses.replace(SPEC, execution='other'))


def test_what_is_not_of_this_run_is_left_aside(runner_config, cut_off, rewrite, capsys):
    config = runner_config(REPLAY)
    path = cut_off(config)
    assert resumes(config, path)
    for field in ('key', 'execution'):
        assert not resumes(config, path, dataclasses.replace(SPEC, **{field: 'other'}))
        assert (
            f'resume.pth: does not fit, it differs in {field}; the run starts over'
            in capsys.readouterr().out
        )
    config.train_dataloader.dataset.subset = 'test'
    assert not resumes(config, path)
    assert (
        'resume.pth: does not fit, it differs in dataset; the run starts over'
        in capsys.readouterr().out
    )


def test_another_teacher_is_noticed(runner_config, cut_off, distilling, own_pool, capsys):
    config = runner_config(distilling('NaiveEnsembleHook', own_pool, 2))
    path = cut_off(config)
    assert resumes(config, path)
    checkpoint = own_pool.parent / 'bright.pth'
    content = torch.load(checkpoint, weights_only=True)
    content['state_dict']['cls_head.fc_cls.bias'][3] += 1e-3
    torch.save(content, checkpoint)
    assert not resumes(config, path)
    assert 'it differs in teachers; the run starts over' in capsys.readouterr().out


@pytest.mark.parametrize('damage', ['half', 'flipped', 'empty', 'foreign'])
def test_a_damaged_one_is_left_aside(runner_config, cut_off, capsys, damage):
    config = runner_config(REPLAY)
    path = cut_off(config)
    whole = path.read_bytes()
    if damage == 'foreign':
        torch.save(dict(state_dict={}), path)
    else:
        content = bytearray(whole)
        content[len(whole) // 2] ^= 1
        path.write_bytes(
            {'half': whole[: len(whole) // 2], 'flipped': content, 'empty': b''}[damage]
        )
    assert not resumes(config, path)
    printed = capsys.readouterr().out
    assert 'resume.pth: cannot be read (' in printed and printed.count('\n') == 1


def test_a_full_disk_does_not_end_the_training(train, runner_config, tmp_path):
    blocked = tmp_path / 'file'
    blocked.write_text('')
    runner = train(runner_config(REPLAY), also=(ResumePoint(blocked / 'resume.pth', SPEC),))
    assert runner.epoch == 2


def test_the_end_leaves_nothing(tmp_path):
    for name in ('resume.pth', '.resume.pth.abc'):
        (tmp_path / name).write_text('')
    discard(tmp_path / 'resume.pth')
    discard(tmp_path / 'resume.pth')
    assert not list(tmp_path.iterdir())


def test_gradients_that_wait_for_the_next_epoch_are_kept(runner_config, cut_off, train):
    def config():
        made = runner_config(REPLAY)
        made.optim_wrapper.accumulative_counts = 2
        return made

    whole = MeasureHook()
    train(config(), measure=whole)
    path = cut_off(config())
    kept = torch.load(path, weights_only=True)['ukd_bench_hooks']['ReplayHook']['gradients']
    assert any(bool(gradient.any()) for gradient in kept.values())
    resumed, rest = config(), MeasureHook()
    set_resume(resumed, path, SPEC)
    train(resumed, measure=rest, also=(ResumePoint(path, SPEC),))
    assert rest.final_sha256 == whole.final_sha256


def test_weights_that_a_training_starts_from_bring_no_state(runner_config, cut_off, train):
    path = cut_off(runner_config(REPLAY))
    config = runner_config(REPLAY, epochs=1)
    config.load_from = str(path)
    measure = MeasureHook()
    runner = train(config, measure=measure)
    assert len(measure.step_seconds) == 3 and len(measure.curve) == 1
    assert any(isinstance(hook, ReplayHook) for hook in runner.hooks)


def test_a_training_that_goes_on_alone_remembers_that_it_shared_a_gpu(tmp_path, monkeypatch):
    spec, runner = dataclasses.replace(SPEC, device='cuda'), SimpleNamespace(epoch=1)
    monkeypatch.setenv('UKD_BENCH_RUNS_PER_GPU', '3')
    kept = ResumePoint(tmp_path / 'resume.pth', spec).state_dict(runner)
    monkeypatch.delenv('UKD_BENCH_RUNS_PER_GPU')
    point = ResumePoint(tmp_path / 'resume.pth', spec)
    assert point.runs_per_gpu == 1
    point.load_state_dict(runner, kept)
    assert point.runs_per_gpu == 3
