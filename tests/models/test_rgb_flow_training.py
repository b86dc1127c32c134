"""The shipped network of picture and flow, from video files to the suite's test metric."""

import pytest
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmengine.runner import Runner

from ukd_bench.data.arid.layout import find_layout
from ukd_bench.data.flow.make import FlowSettings, make_flow
from ukd_bench.files.configs import configs_root


@pytest.mark.slow
@pytest.mark.parametrize('protocol', ['center', 'clips10_crops3'])
def test_it_trains_and_is_tested(dark_root, tmp_path, protocol):
    config = Config.fromfile(configs_root() / 'two_stream_rgb_flow/i3d-r18-w8_darkroom-quick.py')
    for loader in (config.train_dataloader, config.test_dataloader):
        loader.dataset.data_root = str(dark_root)
        loader.dataset.pipeline[1].flow_root = str(tmp_path / 'flow')
    config.test_dataloader.dataset.pipeline[2].protocol = protocol
    places = ('type', 'flow_root')
    settings = {name: value for name, value in config.flow.items() if name not in places}
    layout = find_layout(dark_root)
    videos = [clip.path for subset in ('train', 'test') for clip in layout.clips(1, subset)]
    make_flow(dark_root, tmp_path / 'flow', videos, FlowSettings(**settings))

    config.train_cfg.max_epochs = config.param_scheduler[0].total_steps = 1
    config.default_hooks.checkpoint = None
    config.work_dir, config.log_level = str(tmp_path / 'work'), 'ERROR'
    config.experiment_name = f'rgb-flow-{protocol}'
    config.randomness = dict(seed=0)
    with DefaultScope.overwrite_default_scope('mmaction'):
        runner = Runner.from_cfg(config)
        runner.train()
        metrics = runner.test()
    assert set(metrics) == {'clips/top1', 'clips/top5', 'clips/mean_class'}
    scores_NC = runner.test_evaluator.metrics[0].scores_NC
    assert scores_NC.shape == (11, 11)
    assert abs(scores_NC.sum(axis=1) - 1).max() < 1e-5
