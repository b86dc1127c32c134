"""Teachers that see motion where the student sees a picture."""

import copy

import pytest
import torch
from mmaction.registry import MODELS
from mmaction.utils import register_all_modules
from mmengine.config import Config

from ukd_bench.data.arid.layout import find_layout
from ukd_bench.data.flow.make import FlowSettings, make_flow
from ukd_bench.files.checkpoints import save_weights
from ukd_bench.files.configs import configs_root
from ukd_bench.knowledge.bank.fill_one import fill
from ukd_bench.knowledge.bank.format import Bank
from ukd_bench.knowledge.pool import read_pool
from ukd_bench.measure import MeasureHook

VIEW_SEED = 5
FLOW = dict(algorithm='farneback', bound=8, gamma=1, short_side=48)


@pytest.fixture
def teacher(tmp_path, dark_root, train_dataset):
    """Makes a pool of one teacher with that stream, and the flow where it sees flow."""

    def make(stream: str) -> list[dict]:
        register_all_modules(init_default_scope=True)
        pipeline = copy.deepcopy(train_dataset['pipeline'])
        pipeline[0], pipeline[3] = (
            dict(type='ukd_bench.OpenVideo'),
            dict(type='ukd_bench.TakeFrames'),
        )
        model = Config.fromfile(configs_root() / '_base_/students/slowonly-r18-w8.py').model
        model.data_preprocessor.streams = [dict(type=stream)]
        if stream == 'OpticalFlow':
            model.backbone.in_channels = 2
            flow_root = tmp_path / 'flow'
            pipeline.insert(1, dict(type='ukd_bench.OpenFlow', flow_root=str(flow_root), **FLOW))
            clips = find_layout(dark_root).clips(1, 'train')
            paths = [clip.path for clip in clips]
            make_flow(dark_root, flow_root, paths, FlowSettings(**FLOW))
        config = Config(dict(model=model, train_dataloader=dict(dataset=dict(pipeline=pipeline))))
        config.dump(tmp_path / 'teacher.py')
        with torch.random.fork_rng():
            torch.manual_seed(1)
            network = MODELS.build(copy.deepcopy(config.model))
            network.init_weights()
        save_weights(network, tmp_path / 'teacher.pth')
        parts = dict(config='teacher.py', checkpoint='teacher.pth', bank='bank')
        return [dict(name=stream, **{part: str(tmp_path / name) for part, name in parts.items()})]

    return make


@pytest.mark.parametrize('stream', ['FrameDifference', 'OpticalFlow'])
def test_a_student_of_pictures_learns_from_motion(
    train, runner_config, distilling, train_dataset, teacher, stream
):
    pool = teacher(stream)
    (entry,) = read_pool(pool)
    train_dataset['pipeline'][0] = dict(type='ukd_bench.OpenVideo')
    train_dataset['pipeline'][3] = dict(type='ukd_bench.TakeFrames')
    bank = fill(entry, copy.deepcopy(train_dataset), VIEW_SEED, 1)
    assert isinstance(bank, Bank)
    outcomes = []
    for kind in ('UKDHook', 'NaiveEnsembleHook'):
        hook = distilling(kind, '')
        hook['pool'] = pool
        measure = MeasureHook()
        runner = train(hook, measure=measure, epochs=1)
        source = next(h for h in runner.hooks if hasattr(h, 'target_hash'))
        outcomes.append((source.target_hash.hexdigest(), measure.final_sha256))
    assert outcomes[0] == outcomes[1]
