"""UKD and resident teachers train one and the same student, whatever the setting."""

import copy
import json

import pytest
import torch
from mmaction.registry import MODELS
from mmaction.utils import register_all_modules
from mmengine.config import Config

from ukd_bench.data.arid.facts import ARID_CLASSES
from ukd_bench.files.checkpoints import save_weights
from ukd_bench.files.configs import configs_root
from ukd_bench.knowledge.bank.fill_one import fill
from ukd_bench.knowledge.pool import read_pool
from ukd_bench.knowledge.teacher import Teacher
from ukd_bench.measure import MeasureHook

VIEW_SEED, EPOCHS, CLIPS = 5, 2, 11


def convolutional(name: str) -> dict:
    return Config.fromfile(configs_root() / '_base_' / 'students' / f'{name}.py').model.to_dict()


def transformer() -> dict:
    """Video Swin (Liu et al., CVPR 2022) of two small stages, with stochastic depth."""
    backbone = dict(
        type='SwinTransformer3D',
        pretrained2d=False,
        arch=dict(embed_dims=24, depths=[1, 1], num_heads=[2, 4]),
        patch_size=(2, 4, 4),
        window_size=(2, 4, 4),
        out_indices=(1,),
        drop_rate=0.1,
        attn_drop_rate=0.1,
        drop_path_rate=0.2,
    )
    return convolutional('i3d-r18-w8') | dict(
        backbone=backbone,
        cls_head=dict(
            type='I3DHead', num_classes=11, in_channels=48, dropout_ratio=0.5, average_clips='prob'
        ),
    )


BACKBONES = {
    'i3d': convolutional('i3d-r18-w8'),
    'slowonly': convolutional('slowonly-r18-w8'),
    'swin': transformer(),
}
RULES = (
    'mean_probability',
    'mean_logit',
    'entropy_weighted',
    'confidence_aware',
    dict(type='fixed_weights', weights=[5, 4, 3, 2, 1]),
    'aekd',
)
COUNTS, WORKERS, BATCHES = (1, 2, 5), (0, 2), (4, 3, 11)


def settings():
    """27 settings in which every backbone meets every K, rule, batch size and number of workers.

    Nine of them, by which every two of backbone, K and batch size meet once, every rule folds more
    than one teacher, and workers each of the three; the others are for when this is touched.
    """
    for number in range(27):
        block, row, column = number // 9, number // 3 % 3, number % 3
        setting = (
            (*BACKBONES,)[column],
            COUNTS[row],
            RULES[(number + block) % 6],
            # Starting workers takes longer than all else.
            WORKERS[row == column],
            BATCHES[(row + block) % 3],
        )
        yield pytest.param(*setting, marks=() if block == column else pytest.mark.exhaustive)


SETTINGS = list(settings())


def test_the_settings_cover_what_they_claim():
    every = [setting.values for setting in SETTINGS]
    nine = [setting.values for setting in SETTINGS if not setting.marks]
    assert (len(every), len(nine)) == (27, 9)
    for chosen in (every, nine):
        for axis, values in ((1, COUNTS), (4, BATCHES)):
            assert pairs(chosen, 0, axis) == {(b, v) for b in BACKBONES for v in values}
        assert pairs(chosen, 0, 3) == {(b, w) for b in BACKBONES for w in WORKERS}
    assert len({(backbone, str(rule)) for backbone, _, rule, _, _ in every}) == 3 * len(RULES)
    assert pairs(nine, 1, 4) == {(count, batch) for count in COUNTS for batch in BATCHES}
    assert pairs(nine, 1, 3) == {(count, workers) for count in COUNTS for workers in WORKERS}
    assert pairs(nine, 3, 4) == {(workers, batch) for workers in WORKERS for batch in BATCHES}
    # The rules differ where there is more than one teacher.
    assert len({str(rule) for _, count, rule, _, _ in nine if count > 1}) == len(RULES)


def pairs(chosen, first, second):
    return {(setting[first], setting[second]) for setting in chosen}


@pytest.fixture(scope='module')
def five_teachers(tmp_path_factory, new_train_dataset):
    """Teachers of three kinds; the fourth has other classes' order, the fifth sees larger clips."""
    folder = tmp_path_factory.mktemp('five')
    register_all_modules(init_default_scope=True)
    larger = new_train_dataset()['pipeline']
    larger[2].update(clip_len=6)
    assert larger[4]['size'] == 32
    larger[4].update(size=40)
    entries = []
    for number, kind in enumerate(('slowonly', 'i3d', 'swin', 'slowonly', 'i3d')):
        model = copy.deepcopy(BACKBONES[kind])
        model['data_preprocessor']['streams'] = [dict(type='Gamma', gamma=1.0 + number / 2)]
        name = f'{kind}{number}'
        config = Config(dict(model=model))
        if number == 4:
            config.train_dataloader = dict(dataset=dict(pipeline=larger))
        config.dump(folder / f'{name}.py')
        with torch.random.fork_rng():
            torch.manual_seed(number)
            network = MODELS.build(copy.deepcopy(config.model))
            network.init_weights()
        save_weights(network, folder / f'{name}.pth')
        entry = dict(name=name, config=f'{name}.py', checkpoint=f'{name}.pth', bank=f'{name}-bank')
        if number == 3:
            entry['classes'] = [*ARID_CLASSES[::-1]]
        entries.append(entry)
    pool = folder / 'pool.json'
    pool.write_text(json.dumps(dict(teachers=entries)))
    for entry in read_pool(pool):
        fill(entry, new_train_dataset(), VIEW_SEED, EPOCHS)
    return pool


@pytest.mark.parametrize(('backbone', 'count', 'rule', 'workers', 'batch'), SETTINGS)
def test_bank_and_resident_teachers_train_one_student(
    train, runner_config, distilling, five_teachers, backbone, count, rule, workers, batch
):
    def outcome(kind):
        hook = distilling(kind, five_teachers, count, rule=copy.deepcopy(rule))
        config = runner_config(hook, epochs=EPOCHS, workers=workers)
        config.model = copy.deepcopy(BACKBONES[backbone])
        config.model.cls_head.dropout_ratio = 0.5
        config.train_dataloader.batch_size = batch
        measure, before = MeasureHook(), Teacher.forwards_in_process
        runner = train(config, measure=measure)
        if workers:
            # Left to the garbage collector they are waited for, five seconds each.
            runner.train_dataloader._iterator._shutdown_workers()
        source = next(h for h in runner.hooks if hasattr(h, 'target_hash'))
        hashes = (source.target_hash.hexdigest(), measure.initial_sha256, measure.final_sha256)
        return hashes, measure.curve, Teacher.forwards_in_process - before

    ukd, naive = outcome('UKDHook'), outcome('NaiveEnsembleHook')
    assert ukd[:2] == naive[:2]
    # A batch is at most one micro-batch.
    steps = EPOCHS * -(-CLIPS // batch)
    assert (ukd[2], naive[2]) == (0, count * steps)


def test_students_of_other_sizes_share_a_bank_with_teachers_of_their_own(
    train, runner_config, distilling, five_teachers
):
    """The fifth teacher renders views itself; the others see what the student sees."""
    pool = [json.loads(five_teachers.read_text())['teachers'][4]]
    for part in ('config', 'checkpoint', 'bank'):
        pool[0][part] = str(five_teachers.parent / pool[0][part])
    targets = set()
    for clip_len, size in ((4, 32), (6, 24)):
        outcomes = []
        for kind in ('UKDHook', 'NaiveEnsembleHook'):
            hook = distilling(kind, '', 1)
            hook['pool'] = pool
            config = runner_config(hook, epochs=1)
            config.train_dataloader.dataset.pipeline[2].clip_len = clip_len
            config.train_dataloader.dataset.pipeline[4].size = size
            measure = MeasureHook()
            runner = train(config, measure=measure)
            source = next(h for h in runner.hooks if hasattr(h, 'target_hash'))
            outcomes.append((source.target_hash.hexdigest(), measure.final_sha256))
        assert outcomes[0] == outcomes[1]
        targets.add(outcomes[0][0])
    assert len(targets) == 1
