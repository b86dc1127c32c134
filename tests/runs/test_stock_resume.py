"""MMEngine's own resuming (``tools/train.py --resume``) with the suite's hooks in a config."""

import collections
from pathlib import Path

import pytest
import torch

from ukd_bench.distill import DistillationHook
from ukd_bench.errors import ConfigError
from ukd_bench.files.checkpoints import load_weights, save_weights, state_sha256
from ukd_bench.files.unpickling import allow_history
from ukd_bench.measure import MeasureHook
from ukd_bench.runs.build import find_hook


@pytest.fixture
def stock(runner_config, tmp_path):
    """A config with MMEngine's own checkpoint hook, dropout and a schedule by epochs."""

    def make(hook, epochs, name, **changes):
        config = runner_config(hook, dict(type='ukd_bench.MeasureHook'), epochs=epochs)
        config.default_hooks.checkpoint = dict(type='CheckpointHook', interval=1)
        config.model.cls_head.dropout_ratio = 0.5
        config.optim_wrapper.optimizer = dict(type='SGD', lr=0.05, momentum=0.9)
        config.param_scheduler = [
            dict(type='OneCycleLR', eta_max=0.1, total_steps=9, end=9, by_epoch=False)
        ]
        config.work_dir = str(tmp_path / name)
        config.update(changes)
        return config

    return make


def outcome(runner):
    source = find_hook(runner, DistillationHook)
    return (
        state_sha256(runner.model),
        source and source.target_hash.hexdigest(),
        find_hook(runner, MeasureHook).curve,
        find_hook(runner, MeasureHook).initial_sha256,
    )


@pytest.mark.parametrize(
    'kind',
    [
        *('ReplayHook', 'UKDHook', 'MutualHook', 'ChainHook', 'RandomTeacherHook'),
        # They keep what UKD does.
        *(
            pytest.param(kind, marks=pytest.mark.exhaustive)
            for kind in ('NaiveEnsembleHook', 'SwapHook')
        ),
    ],
)
def test_one_epoch_and_two_more_are_three(
    kind, stock, train, distilling, filled_pool, build_model, tmp_path
):
    options = dict(num_views=2)
    if kind == 'ChainHook':
        options['previous'] = str(tmp_path / 'previous.pth')
        save_weights(build_model(seed=3), tmp_path / 'previous.pth')
    hook = {
        'ReplayHook': dict(type='ukd_bench.ReplayHook', view_seed=5),
        'MutualHook': dict(type='ukd_bench.MutualHook', num_teachers=2, view_seed=5),
    }.get(kind) or distilling(kind, filled_pool, 2, **options)
    whole = train(stock(hook, 3, 'whole'))
    train(stock(hook, 1, 'parts'))
    resumed = train(stock(hook, 3, 'parts', resume=True))
    assert resumed.iter == 9 and len(find_hook(resumed, MeasureHook).step_seconds) == 9
    assert outcome(resumed) == outcome(whole)


def test_a_checkpoint_within_an_epoch_is_refused(stock, train):
    hook = dict(type='ukd_bench.ReplayHook', view_seed=5)
    config = stock(hook, 1, 'parts')
    config.default_hooks.checkpoint.update(interval=2, by_epoch=False)
    train(config)
    kept = Path(config.work_dir) / 'iter_2.pth'
    with pytest.raises(ConfigError, match='of iteration 2, within an epoch'):
        train(stock(hook, 3, 'parts', resume=True, load_from=str(kept)))


def test_a_checkpoint_without_the_optimizer_is_refused(stock, train):
    hook = dict(type='ukd_bench.ReplayHook', view_seed=5)
    config = stock(hook, 1, 'parts')
    config.default_hooks.checkpoint.save_optimizer = False
    train(config)
    with pytest.raises(ConfigError, match='holds no state of the optimizer'):
        train(stock(hook, 3, 'parts', resume=True))
    # Its weights are still good to start from.
    train(stock(hook, 1, 'other', load_from=str(Path(config.work_dir) / 'epoch_1.pth')))


def test_its_checkpoints_serve_as_weights_too(stock, train, build_model, tmp_path):
    runner = train(stock(dict(type='ukd_bench.ReplayHook', view_seed=5), 1, 'one'))
    for _ in range(2):
        model = build_model(seed=9)
        load_weights(model, tmp_path / 'one' / 'epoch_1.pth')
        assert state_sha256(model) == state_sha256(runner.model)
        allow_history()


class Sly:
    def __reduce__(self):
        return getattr, (collections.OrderedDict, 'fromkeys')


def test_the_allow_list_gets_no_further_than_history(tmp_path):
    allow_history()
    torch.save(dict(state_dict={}, sly=Sly()), tmp_path / 'sly.pth')
    loaded = torch.load(tmp_path / 'sly.pth', weights_only=True)
    assert not callable(loaded['sly'])


def test_what_is_on_no_list_is_still_refused(tmp_path, build_model):
    allow_history()
    torch.save(dict(state_dict={}, path=tmp_path), tmp_path / 'odd.pth')
    with pytest.raises(ConfigError, match=r'cannot be read \(it holds pathlib'):
        load_weights(build_model(), tmp_path / 'odd.pth')
