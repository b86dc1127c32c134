"""A case where teachers know what no label says: a distilled student must profit, and only it.

Stripes run in one of four directions, the classes, but of each class half of the training clips are
labelled as the one beside it. Labels tell the pair, and nobody can tell the two of a pair apart by
them; a teacher that was trained on true labels can.
"""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner

from ukd_bench.data.darkroom.film import write_video
from ukd_bench.distill import DistillationHook
from ukd_bench.files.checkpoints import save_weights
from ukd_bench.files.configs import configs_root
from ukd_bench.knowledge.bank.fill_one import fill
from ukd_bench.knowledge.pool import read_pool

CLASSES, FRAMES, SIDE = 4, 4, 32
TRAIN, TEST, EPOCHS = 96, 80, 12
VIEW_SEED = 0
# One student may favour the right class of a pair by luck, from clips that it learned by heart.
SEEDS = (0, 1, 2)

RENDERING = [
    dict(type='ukd_bench.ViewFrames', clip_len=FRAMES),
    dict(type='ukd_bench.TakeFrames'),
    dict(type='ukd_bench.ViewCrop', size=SIDE),
    dict(type='FormatShape', input_format='NCTHW'),
    dict(type='PackActionInputs', meta_keys=('video_id',)),
]


def stripes(generator: np.random.Generator, label: int) -> np.ndarray:
    """(FRAMES, 40, 40, 3) uint8 of dim noisy stripes that drift."""
    angle = label * np.pi / CLASSES + generator.normal(0, 0.1)
    rows, columns = np.mgrid[:40, :40]
    along = columns * np.cos(angle) + rows * np.sin(angle)
    phases = generator.uniform(0, 8) + np.arange(FRAMES)[:, None, None]
    waves = 24 + 12 * np.sin((along + phases) * (2 * np.pi / 8))
    noisy = waves + generator.normal(0, 8, waves.shape)
    return np.repeat(noisy.clip(0, 255).astype(np.uint8)[..., None], 3, axis=-1)


def make_videos(root: Path, seed: int, honest: bool) -> str:
    """Writes clips and lists; the training labels are true, or wrong within the pair by halves."""
    generator = np.random.default_rng(seed)
    for subset, count in (('train', TRAIN), ('test', TEST)):
        lines = []
        for number in range(count):
            label = number % CLASSES
            path = root / subset / f'{number}.avi'
            path.parent.mkdir(parents=True, exist_ok=True)
            write_video(path, stripes(generator, label), 15)
            told = label
            if subset == 'train' and not honest:
                told = label // 2 * 2 + number // CLASSES % 2
            lines.append(f'{path.relative_to(root)} {told}\n')
        (root / f'{subset}.txt').write_text(''.join(lines))
    return str(root)


def loader(root: str, subset: str) -> dict:
    training = subset == 'train'
    draws = dict(type='ukd_bench.DrawView', flip_ratio=0.0)
    views = draws if training else dict(type='ukd_bench.EvaluationViews')
    return dict(
        batch_size=16,
        num_workers=0,
        sampler=dict(type='DefaultSampler', shuffle=training),
        dataset=dict(
            type='ukd_bench.ARIDDataset',
            data_root=root,
            subset=subset,
            test_mode=not training,
            pipeline=[dict(type='ukd_bench.OpenVideo'), views, *copy.deepcopy(RENDERING)],
        ),
    )


def config_of(root: str, hook: dict, work: Path, seed: int = 0, **head) -> Config:
    config = Config.fromfile(configs_root() / '_base_' / 'default_runtime.py')
    student = Config.fromfile(configs_root() / '_base_' / 'students' / 'slowonly-r18-w8.py')
    config.merge_from_dict(student.to_dict())
    config.model.cls_head.update(num_classes=CLASSES, **head)
    config.default_hooks.checkpoint = None
    config.log_level = 'ERROR'
    config.work_dir = str(work)
    config.experiment_name = f'{work.name}{torch.randint(10**9, ()).item()}'
    config.randomness = dict(seed=seed)
    config.train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=EPOCHS)
    config.optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=4e-3))
    config.train_dataloader, config.test_dataloader = loader(root, 'train'), loader(root, 'test')
    config.test_cfg = dict(type='TestLoop')
    config.test_evaluator = dict(type='ukd_bench.ClipScores')
    config.custom_hooks = [hook]
    return config


def train_and_test(config: Config) -> tuple[Runner, float]:
    with torch.random.fork_rng():
        runner = Runner.from_cfg(config)
        runner.train()
        return runner, runner.test()['clips/top1']


@pytest.fixture(scope='module')
def case(tmp_path_factory):
    """The students' misleading set, and the pool of one teacher that was told the truth."""
    folder = tmp_path_factory.mktemp('stripes')
    true_root = make_videos(folder / 'true', 1, honest=True)
    root = make_videos(folder / 'told', 2, honest=False)
    replay = dict(type='ukd_bench.ReplayHook', view_seed=1)
    teacher, accuracy = train_and_test(config_of(true_root, replay, folder / 'teacher'))
    assert accuracy > 0.9
    save_weights(teacher.model, folder / 'teacher.pth')
    teacher.cfg.dump(folder / 'teacher.py')
    names = dict(config='teacher.py', checkpoint='teacher.pth', bank='bank')
    pool = [dict(name='told-the-truth', **{key: str(folder / name) for key, name in names.items()})]
    fill(read_pool(pool)[0], loader(root, 'train')['dataset'], VIEW_SEED, EPOCHS)
    return root, pool, folder


@pytest.fixture(scope='module')
def outcomes(case):
    """Test accuracy and last divergence from the teacher's targets, by method: means of seeds."""
    root, pool, folder = case
    shared = dict(pool=pool, view_seed=VIEW_SEED)
    # Without weight the hook is plain training that also looks at the targets.
    listening = dict(type='ukd_bench.UKDHook', **shared)
    methods = dict(
        plain=(dict(listening, weight=0.0), {}),
        label_smoothing=(dict(listening, weight=0.0), dict(label_smooth_eps=0.1)),
        shuffled=(dict(type='ukd_bench.ShuffledHook', **shared), {}),
        ukd=(listening, {}),
    )
    found = {}
    for name, (hook, head) in methods.items():
        students = []
        for seed in SEEDS:
            config = config_of(root, hook, folder / f'{name}-{seed}', seed, **head)
            runner, accuracy = train_and_test(config)
            source = next(hook for hook in runner.hooks if isinstance(hook, DistillationHook))
            students.append((accuracy, source.last_epoch_divergence))
        found[name] = np.mean(students, axis=0)
    return found


@pytest.mark.slow
@pytest.mark.parametrize('other', ['plain', 'label_smoothing', 'shuffled'])
def test_only_a_distilled_student_tells_the_classes_of_a_pair_apart(outcomes, other):
    assert outcomes['ukd'][0] > 0.85
    assert outcomes[other][0] < 0.7


@pytest.mark.slow
def test_a_distilled_student_has_listened(outcomes):
    assert outcomes['ukd'][1] < 0.5 * outcomes['plain'][1]
