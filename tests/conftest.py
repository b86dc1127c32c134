"""A tiny real data set of dark videos, small teachers that learnt nothing, and a Runner over both.

What needs torch is imported inside the fixtures, so that other tests collect without it.
"""

import collections
import contextlib
import copy
import dataclasses
import gc
import itertools
import json
import sys
from pathlib import Path

import pytest

VIEW_SEED = 5
NUM_VIEWS = 2
CLIP_LEN, SIZE = 4, 32
STUDENT = '_base_/students/slowonly-r18-w8.py'
TEACHERS = ('dark', 'bright')

PACKING = [
    dict(type='ukd_bench.ViewFrames', clip_len=CLIP_LEN),
    dict(type='DecordDecode'),
    dict(type='ukd_bench.ViewCrop', size=SIZE),
    dict(type='FormatShape', input_format='NCTHW'),
    dict(type='PackActionInputs', meta_keys=('video_id',)),
]
TRAIN_PIPELINE = [
    dict(type='DecordInit'),
    dict(type='ukd_bench.DrawView', min_span=0.5, min_side=0.5, flip_ratio=0.5),
    *PACKING,
]
TEST_PIPELINE = [dict(type='DecordInit'), dict(type='ukd_bench.EvaluationViews'), *PACKING]

_serial = itertools.count()

with contextlib.suppress(ImportError):
    # Importing it closes every log file that is open, which must not befall a test's Runner.
    import submitit  # noqa: F401

SLOW_FIXTURES = {'train', 'filled_pool', 'finished_sweep', 'slurm_cluster'}
"""Whoever asks for one of these trains, or waits for teachers or for Slurm."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Marks what is slow, and puts the files with most slow tests first.

    With several processes, each takes one file after another, so that none is left with a long one
    when the others are done. What is exhaustive is slow too, so that ``-m "not slow"``, which takes
    the place of the default ``-m``, leaves it out as well.
    """
    slow = collections.Counter()
    for item in items:
        if SLOW_FIXTURES & {*item.fixturenames} or item.get_closest_marker('exhaustive'):
            item.add_marker(pytest.mark.slow)
        slow[item.path] += item.get_closest_marker('slow') is not None
    items.sort(key=lambda item: (-slow[item.path], item.path))


@pytest.fixture(scope='module', autouse=True)
def nothing_left_of_rehearsals():
    """Frees what predictions of memory remember, which others would count as live tensors."""
    yield
    stages = [
        module._stage
        for name in ('predict', 'table', 'baseline')
        if (module := sys.modules.get(f'ukd_bench.measure.memory.{name}'))
    ]
    if any(stage.cache_info().currsize for stage in stages):
        for stage in stages:
            stage.cache_clear()
        gc.collect()


@pytest.fixture(scope='session', autouse=True)
def configs_as_they_come():
    """Spares small trainings most of their time: MMEngine lays out a config whenever it logs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr('mmengine.config.config.FormatCode', lambda text, **_: (text, True))
        yield


@pytest.fixture
def hashed(monkeypatch):
    """The files whose hash is computed, in order."""
    from ukd_bench.files import hashes

    paths, compute = [], hashes.file_sha256

    def counted(path):
        paths.append(path)
        return compute(path)

    monkeypatch.setattr(hashes, 'file_sha256', counted)
    return paths


@pytest.fixture(scope='session')
def dark_root(tmp_path_factory):
    """A finished data set in ARID's layout, 11 clips a list, 64x48; tests only read it."""
    import cv2
    import torch

    from ukd_bench.data.darkroom import PRESETS, make

    cv2.setNumThreads(0)
    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp('dark') / 'videos'
    spec = dataclasses.replace(
        PRESETS['tiny'],
        width=64,
        height=48,
        min_frames=8,
        max_frames=10,
        train_groups=1,
        test_groups=1,
        clips_per_group=1,
        other_per_group=1,
    )
    make(root, spec)
    return root


@pytest.fixture(scope='session')
def new_train_dataset(dark_root):
    """Makes the config of the training set; a fresh copy at every call."""

    def make():
        return dict(
            type='ukd_bench.ARIDDataset',
            data_root=str(dark_root),
            split=1,
            subset='train',
            pipeline=copy.deepcopy(TRAIN_PIPELINE),
        )

    return make


@pytest.fixture
def train_dataset(new_train_dataset):
    """Config of the training set; a fresh copy that a test may change."""
    return new_train_dataset()


@pytest.fixture
def build_dataset():
    """Builds a data set from its config, as a Runner would."""
    from mmengine.config import Config
    from mmengine.registry import DATASETS, DefaultScope

    def build(config):
        with DefaultScope.overwrite_default_scope('mmaction'):
            return DATASETS.build(Config(dict(dataset=config)).dataset)

    return build


@pytest.fixture(scope='session')
def build_model():
    """Builds the small recognizer, with the weights that a seed gives."""
    import torch
    from mmaction.registry import MODELS
    from mmaction.utils import register_all_modules
    from mmengine.config import Config

    from ukd_bench.files.configs import configs_root

    def build(seed=0, **preprocessor):
        register_all_modules(init_default_scope=True)
        config = Config.fromfile(configs_root() / STUDENT).model
        config.data_preprocessor.update(preprocessor)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            model = MODELS.build(config)
            model.init_weights()
        return model

    return build


@pytest.fixture(scope='session')
def teacher_files(tmp_path_factory, build_model):
    """Folder with ``dark.py``, ``dark.pth``, ``bright.py``, ``bright.pth`` and ``pool.json``."""
    from mmengine.config import Config

    from ukd_bench.files.checkpoints import save_weights
    from ukd_bench.files.configs import configs_root

    folder = tmp_path_factory.mktemp('teachers')
    streams = [[dict(type='Identity')], [dict(type='Gamma', gamma=2.5)]]
    for seed, (name, stream) in enumerate(zip(TEACHERS, streams, strict=True), start=100):
        config = Config.fromfile(configs_root() / STUDENT)
        config.model.data_preprocessor.streams = stream
        config.dump(folder / f'{name}.py')
        save_weights(build_model(seed, streams=stream), folder / f'{name}.pth')
    entries = [
        dict(name=name, key='', config=f'{name}.py', checkpoint=f'{name}.pth', bank=f'{name}-bank')
        for name in TEACHERS
    ]
    (folder / 'pool.json').write_text(json.dumps({'teachers': entries}))
    return folder


@pytest.fixture(scope='session')
def filled_pool(teacher_files, new_train_dataset):
    """``pool.json`` of two teachers whose banks hold two views of ``train_dataset``."""
    from ukd_bench.knowledge.bank.fill_one import fill
    from ukd_bench.knowledge.pool import read_pool

    for entry in read_pool(teacher_files / 'pool.json'):
        fill(entry, new_train_dataset(), VIEW_SEED, NUM_VIEWS)
    return teacher_files / 'pool.json'


@pytest.fixture
def own_pool(filled_pool, tmp_path):
    """A copy of ``filled_pool`` with its teachers and banks, which a test may damage."""
    import shutil

    shutil.copytree(filled_pool.parent, tmp_path / 'pool')
    return tmp_path / 'pool' / 'pool.json'


@pytest.fixture
def runner_config(train_dataset, tmp_path):
    """Makes the config of a two-epoch training of the small recognizer, batches of 4, 4 and 3."""
    from mmengine.config import Config

    from ukd_bench.files.configs import configs_root

    def make_config(*hooks, epochs=2, seed=3, workers=0):
        config = Config.fromfile(configs_root() / '_base_' / 'default_runtime.py')
        config.merge_from_dict(Config.fromfile(configs_root() / STUDENT).to_dict())
        config.default_hooks.checkpoint = None
        config.default_hooks.logger.interval = 1000
        config.work_dir = str(tmp_path / 'work')
        config.experiment_name = f'test{next(_serial)}'
        config.log_level = 'ERROR'
        config.randomness = dict(seed=seed)
        config.train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=epochs)
        config.optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.05))
        config.train_dataloader = dict(
            batch_size=4,
            num_workers=workers,
            persistent_workers=workers > 0,
            sampler=dict(type='DefaultSampler', shuffle=True),
            dataset=train_dataset,
        )
        config.custom_hooks = list(hooks)
        return config

    return make_config


@pytest.fixture
def train(runner_config, monkeypatch):
    """Trains by a config or by hooks' configs, and returns the Runner.

    ``measure`` and ``also`` are hooks themselves.
    """
    import torch
    from mmengine.config import Config
    from mmengine.runner import Runner

    # Asks compilers for their versions.
    monkeypatch.setattr('mmengine.runner.runner.collect_env', dict)

    def run(*hooks, measure=None, also=(), **options):
        config = hooks[0] if isinstance(hooks[0], Config) else runner_config(*hooks, **options)
        # Other tests' draws must not matter, nor this one's to others.
        with torch.random.fork_rng():
            runner = Runner.from_cfg(config)
            for hook in (measure, *also):
                if hook is not None:
                    runner.register_hook(hook)
            runner.train()
        return runner

    return run


@pytest.fixture(scope='session')
def made_up():
    """The module of made-up results: ``made_up.MadeUpSweep().write(tmp_path)``."""
    from .results import made_up

    return made_up


@pytest.fixture
def rewrite():
    """Changes one value of a JSON file: ``rewrite(path, value, *keys)``."""

    def change(path: Path, value, *keys):
        content = json.loads(path.read_text())
        place = content
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = value
        path.write_text(json.dumps(content))

    return change


@pytest.fixture(scope='session')
def distilling():
    """Config of a distilling hook on the views that ``filled_pool`` holds."""

    def config(kind, pool, num_teachers=None, **options):
        return dict(
            type=f'ukd_bench.{kind}',
            pool=str(pool),
            num_teachers=num_teachers,
            view_seed=VIEW_SEED,
            **options,
        )

    return config
