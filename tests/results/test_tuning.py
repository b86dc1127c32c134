"""The page on tuning holds to the records, and the configs to the page."""

import pytest
from mmengine.config import Config

from ukd_bench.files.configs import configs_root
from ukd_bench.sweep.read_axes import read_axes

from .tuning import BLOCK, PAGE, SCRATCH_BLOCK, scratch_table, scratch_trials, table, trials

STUDENT = 'i3d-r18-w8'


@pytest.fixture(scope='module')
def found():
    return trials()


def test_the_table_is_that_of_the_records():
    assert BLOCK.search(PAGE.read_text())[0] == table()


def test_every_method_has_as_many_trials_on_the_same_rooms_and_seeds(found):
    each = found.groupby('method').apply(
        lambda runs: {*zip(runs['room'], runs['seed'], runs['rate'], strict=True)},
        include_groups=False,
    )
    assert len({frozenset(some) for some in each}) == 1
    assert {*found.groupby('method')['own'].nunique()} == {2}
    assert {*found['room']} == {'tuning-a', 'tuning-b'}


def test_no_room_is_that_of_the_quick_sweep():
    sweeps = configs_root() / 'sweeps'
    names = ('quick', 'quick_again', 'tuning/room_a', 'tuning/room_b')
    paths = [sweeps / f'{name}.py' for name in names]
    seeds = [Config.fromfile(path).dataset.darkroom.seed for path in paths]
    assert len({*seeds}) == 4 and seeds[0] == 0


VALUES = {
    'decay0.05': ('optim_wrapper.optimizer.weight_decay', 0.05),
    'decay0.3': ('optim_wrapper.optimizer.weight_decay', 0.3),
    'eps0.1': ('model.cls_head.label_smooth_eps', 0.1),
    'eps0.3': ('model.cls_head.label_smooth_eps', 0.3),
    'one_norm': ('model.backbone.own_norms', False),
    'own_norms': ('model.backbone.own_norms', True),
    'even': ('model.cls_head.weights', dict(rgb=1.0, flow=1.0)),
    'flow_first': ('model.cls_head.weights', dict(rgb=1.0, flow=2.0)),
    'w0.9_T3': ('custom_hooks.0', dict(weight=0.9, temperature=3.0)),
    'w0.5_T2': ('custom_hooks.0', dict(weight=0.5, temperature=2.0)),
}


@pytest.mark.parametrize(
    'method',
    ['plain', 'label_smoothing', 'ukd', 'two_stream_dark_light', 'two_stream_rgb_flow'],
)
def test_a_methods_config_has_its_best_trial(found, method):
    mine = found[found['method'] == method]
    own, rate = mine.groupby(['own', 'rate'])['top1'].mean().idxmax()
    config = Config.fromfile(configs_root() / method / f'{STUDENT}_darkroom-quick.py')
    assert config.optim_wrapper.optimizer.lr == config.param_scheduler[0].eta_max == rate
    key, value = VALUES[own]
    part = config
    for name in key.split('.'):
        part = part[int(name)] if name.isdigit() else part.get(name)
    if isinstance(value, dict) and part is not None:
        part = {name: part[name] for name in value}
    # Even shares are what a head has that is told none.
    assert part == value or (part is None and own in ('even', 'one_norm'))


class TestFromScratch:
    def test_the_table_is_that_of_the_records(self):
        assert SCRATCH_BLOCK.search(PAGE.read_text())[0] == scratch_table()

    def test_every_method_has_as_many_trials(self):
        found = scratch_trials()
        assert {*found.groupby(['method', 'rate'])['seed'].nunique()} == {2}
        assert {*found.groupby('method')['rate'].nunique()} == {3}

    def test_the_reference_has_the_best_of_each(self):
        axes = read_axes(configs_root() / 'sweeps' / 'darkroom.py')
        means = scratch_trials().groupby(['method', 'rate'])['top1'].mean().unstack()
        for regime in (one for one in axes.regimes if one.start == 'scratch'):
            for method, rate in means.idxmax(axis='columns').items():
                options = regime.options_of(method)
                assert options['optim_wrapper.optimizer.lr'] == rate, method
                assert options['param_scheduler.0.eta_max'] == rate, method

    def test_the_short_schedule_has_what_the_configs_have(self, found):
        axes = read_axes(configs_root() / 'sweeps' / 'darkroom.py')
        best = found.groupby(['method', 'own', 'rate'])['top1'].mean()
        for regime in (one for one in axes.regimes if one.start != 'scratch'):
            for method in ('label_smoothing', 'two_stream_dark_light', 'two_stream_rgb_flow'):
                options = regime.options_of(method)
                assert options['optim_wrapper.optimizer.lr'] == best[method].idxmax()[1]
