"""Every shipped config: it reads, its types resolve, and its network, as shipped, takes a step.

Only clips, batches and epochs are smaller than shipped, and weights are not downloaded.
"""

import ast
import itertools
import math
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DATASETS, HOOKS, MODELS, DefaultScope
from mmengine.runner import Runner

from ukd_bench.data.arid.layout import find_layout
from ukd_bench.data.flow.make import FlowSettings, make_flow
from ukd_bench.files.configs import configs_root
from ukd_bench.models import pretrained
from ukd_bench.sweep.run_config import set_epochs

ROOT = configs_root()
NOT_TRAINED = ('_base_', 'claims', 'memory', 'sweeps')
CONFIGS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in ROOT.rglob('*.py')
    if path.relative_to(ROOT).parts[0] not in NOT_TRAINED
)
# At the size of papers these have a network that UKD's config has as well.
ALIKE = [
    path
    for path in CONFIGS
    if path.endswith('_arid.py') and path.startswith(('plain/', 'label_smoothing/', 'teachers/'))
]
CLIPS, FRAMES, SIDE = 2, 4, 32
_serial = itertools.count()


def levels(path) -> int:
    """Files on the longest way from a config down to one without a base."""
    bases = []
    for statement in ast.parse(path.read_text()).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == '_base_':
            found = ast.literal_eval(statement.value)
            bases = [found] if isinstance(found, str) else found
    return 1 + max((levels(path.parent / base) for base in bases), default=0)


def test_levels_are_counted():
    assert levels(ROOT / '_base_' / 'default_runtime.py') == 1
    assert levels(ROOT / 'plain' / 'i3d-r18-w8_darkroom-quick.py') == 2
    assert levels(ROOT / 'ukd' / 'i3d-r18-w8_darkroom-quick.py') == 3


@pytest.mark.parametrize('path', CONFIGS)
def test_it_inherits_from_few_files(path):
    # ARID's data sets of other sizes have a base of their own.
    assert levels(ROOT / path) <= (4 if path.endswith('_arid.py') else 3)


@pytest.fixture(scope='module')
def flow_root(dark_root, tmp_path_factory):
    """The flow of the tiny data set by the settings that shipped configs have."""
    (settings,) = {
        tuple((key, value) for key, value in Config.fromfile(ROOT / path).flow.items())
        for path in CONFIGS
        if path.startswith('two_stream_rgb_flow/')
    }
    settings = {key: value for key, value in settings if key != 'type'}
    root = tmp_path_factory.mktemp('flow')
    layout = find_layout(dark_root)
    videos = [clip.path for subset in ('train', 'test') for clip in layout.clips(1, subset)]
    make_flow(dark_root, root, videos, FlowSettings(**settings))
    return root


@pytest.fixture
def shrunk(dark_root, flow_root, teacher_files, tmp_path):
    """Makes a config one short step on two clips; pools become one small resident teacher."""

    def shrink(config: Config) -> Config:
        # TSM shifts among a fixed number of frames.
        frames = config.model.cls_head.get('num_segments', FRAMES)
        for loader in (config.train_dataloader, config.test_dataloader):
            loader.batch_size, loader.num_workers, loader.persistent_workers = CLIPS, 0, False
            loader.dataset.update(data_root=str(dark_root), indices=CLIPS)
            for step in loader.dataset.pipeline:
                small = dict(clip_len=frames, size=SIDE, flow_root=str(flow_root))
                places = {'ukd_bench.OpenFlow': ('flow_root',)}.get(step.type, tuple(step))
                step.update({key: small[key] for key in places if key in small})
        set_epochs(config, 1)
        for hook in config.custom_hooks:
            if 'pool' in hook:
                hook.update(pool=str(teacher_files / 'pool.json'), num_teachers=1)
                # Its arguments must do for its own kind; then a teacher takes the bank's place.
                HOOKS.build(hook)
                hook.type = 'ukd_bench.NaiveEnsembleHook'
        config.default_hooks.checkpoint = None
        config.work_dir, config.log_level = str(tmp_path), 'ERROR'
        config.experiment_name = f'config{next(_serial)}'
        config.randomness = dict(seed=0)
        return config

    return shrink


@pytest.mark.parametrize('path', ALIKE)
def test_it_is_ukds_config_but_for_what_its_name_says(path):
    config = Config.fromfile(ROOT / path)
    (ukd,) = (
        other
        for other in (ROOT / 'ukd').glob('*_arid.py')
        if Path(path).name.startswith(other.stem.removesuffix('_arid'))
    )
    wanted = Config.fromfile(ukd)
    method = Path(path).parts[0]
    smoothing = config.model.cls_head.pop('label_smooth_eps', None)
    assert (smoothing is not None) == (method == 'label_smoothing')
    streams = config.model.data_preprocessor.pop('streams')
    assert (streams != wanted.model.data_preprocessor.pop('streams')) == (method == 'teachers')
    (hook,) = config.pop('custom_hooks')
    assert hook == dict(type='ukd_bench.ReplayHook', view_seed=int(method == 'teachers'))
    assert wanted.pop('custom_hooks')[0].view_seed == 0
    assert config.to_dict() == wanted.to_dict()
    # What it does differ in can be built.
    MODELS.build(dict(type='ukd_bench.LowLightPreprocessor', streams=streams))


@pytest.mark.slow
@pytest.mark.parametrize(
    'path',
    [pytest.param(p, marks=pytest.mark.exhaustive if p in ALIKE else ()) for p in CONFIGS],
)
def test_its_network_takes_a_step_and_is_tested(path, shrunk, monkeypatch):
    asked = []
    monkeypatch.setattr(pretrained, '_load_part', lambda *place: asked.append(place[1:]))
    # MMEngine logs and dumps it, which costs more than the step.
    monkeypatch.setattr(Config, 'pretty_text', '')
    shipped = Config.fromfile(ROOT / path)
    with DefaultScope.overwrite_default_scope('mmaction'), torch.random.fork_rng():
        runner = Runner.from_cfg(shrunk(Config.fromfile(ROOT / path)))
        before = {name: value.clone() for name, value in runner.model.named_parameters()}
        runner.train()
        metrics = runner.test()
    assert runner.iter == 1
    assert math.isfinite(runner.message_hub.get_scalar('train/loss').current())
    moved = [
        name for name, value in runner.model.named_parameters() if (value != before[name]).any()
    ]
    assert len(moved) > len(before) / 2
    assert set(metrics) == {'clips/top1', 'clips/top5', 'clips/mean_class'}
    scores_NC = runner.test_evaluator.metrics[0].scores_NC
    assert scores_NC.shape == (CLIPS, 11)
    assert abs(scores_NC.sum(axis=1) - 1).max() < 1e-5
    starts = [(part['checkpoint'], 'backbone.', None) for part in backbones(shipped.model)]
    assert asked == starts


def test_frames_of_many_views_of_a_clip_stay_with_their_view(shrunk):
    """TSM takes 8 frames at a time out of all that a protocol gives it."""
    config = shrunk(Config.fromfile(ROOT / 'plain' / 'tsm-r50_arid.py'))
    config.test_dataloader.dataset.pipeline[1].protocol = 'clips10_crops3'
    with DefaultScope.overwrite_default_scope('mmaction'), torch.random.fork_rng():
        dataset = DATASETS.build(config.test_dataloader.dataset)
        model = MODELS.build(config.model).eval()
    packed = dataset[0]
    views, sample = packed['inputs'], packed['data_samples']
    assert views.shape == (30, 3, 8, SIDE, SIDE)
    some = views[[0, 4, 17]]
    together = model.test_step(dict(inputs=[some], data_samples=[sample]))[0].pred_scores.item
    one_by_one = [
        model.test_step(dict(inputs=[view[None]], data_samples=[sample]))[0].pred_scores.item
        for view in some
    ]
    assert not torch.allclose(one_by_one[0], one_by_one[2], atol=1e-6)
    torch.testing.assert_close(together, torch.stack(one_by_one).mean(dim=0))


def backbones(part):
    """Configs of backbones that begin from a checkpoint, wherever they stand."""
    if isinstance(part, dict):
        if part.get('type') == 'ukd_bench.PretrainedBackbone':
            yield part
        for value in part.values():
            yield from backbones(value)
