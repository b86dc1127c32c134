"""One entry in ``custom_hooks`` distils into the recognizers that come with MMAction2."""

import copy

import pytest
import torch
from mmaction.registry import MODELS
from mmaction.utils import register_all_modules
from mmengine.hooks import Hook
from mmengine.model import revert_sync_batchnorm
from torch import nn

from ukd_bench.knowledge import teacher as teachers
from ukd_bench.knowledge.fill import fill
from ukd_bench.knowledge.pool import read_pool
from ukd_bench.knowledge.teacher import Teacher
from ukd_bench.state import save_weights, state_sha256

from .stock import RECOGNIZERS

VIEW_SEED = 5


@pytest.fixture(scope='module', autouse=True)
def quick_logs():
    """Leaves out what MMEngine does for a log's sake, which takes longer than the trainings."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr('mmengine.config.config.FormatCode', lambda text, **_: (text, True))
        patch.setattr('mmengine.runner.runner.collect_env', dict)
        yield


@pytest.fixture(scope='module')
def list_videos(dark_root, tmp_path_factory):
    """Writes a list of the first videos as MMAction2's ``VideoDataset`` reads it."""
    lines = (dark_root / 'list_cvt' / 'ARID_split1_train.txt').read_text().splitlines()

    def write(count):
        path = tmp_path_factory.mktemp('list') / 'videos.txt'
        videos = [line.split('\t')[1:] for line in lines[:count]]
        path.write_text(''.join(f'{dark_root / video} {label}\n' for label, video in videos))
        return path

    return write


@pytest.fixture(scope='module', params=RECOGNIZERS)
def stock(request, list_videos, tmp_path_factory):
    """The scaled-down config of a recognizer, and a pool of one of its kind with other weights."""
    recognizer = RECOGNIZERS[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    config = recognizer.build(list_videos(recognizer.clips), folder / 'work')
    config.experiment_name = request.param
    config.dump(folder / 'teacher.py')
    save_weights(build(config.model, 100), folder / 'teacher.pth')
    paths = dict(config='teacher.py', checkpoint='teacher.pth', bank='bank')
    pool = [dict(name='teacher', **{key: str(folder / name) for key, name in paths.items()})]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(teachers, 'MICRO_BATCH', recognizer.micro_batch)
        yield config, pool


def build(model_config, seed):
    register_all_modules(init_default_scope=True)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = revert_sync_batchnorm(MODELS.build(copy.deepcopy(model_config)))
        model.init_weights()
    return model


class Start(Hook):
    """Remembers the student's initial weights."""

    def before_train(self, runner):
        self.sha256 = state_sha256(runner.model)


def test_bank_and_resident_teachers_give_the_same_student(stock, train):
    config, pool = stock
    fill(*read_pool(pool), config.train_dataloader.dataset, VIEW_SEED, num_views=1)
    outcomes, start = [], Start()
    for kind in ('UKDHook', 'NaiveEnsembleHook'):
        own = copy.deepcopy(config)
        own.custom_hooks = [dict(type=f'ukd_bench.{kind}', pool=pool, view_seed=VIEW_SEED)]
        own.experiment_name += kind
        before = Teacher.forwards_in_process
        runner = train(own, also=[start])
        assert (Teacher.forwards_in_process == before) == (kind == 'UKDHook')
        dropouts = [module for module in runner.model.modules() if isinstance(module, nn.Dropout)]
        assert any(module.training and module.p > 0 for module in dropouts)
        hook = next(hook for hook in runner.hooks if hasattr(hook, 'target_hash'))
        assert hook.last_epoch_divergence > 0
        final = state_sha256(runner.model)
        assert final != start.sha256
        outcomes.append((hook.target_hash.hexdigest(), start.sha256, final))
    assert outcomes[0] == outcomes[1]


def test_a_teacher_scores_what_its_recognizer_predicts(stock, build_dataset):
    config, pool = stock
    dataset = build_dataset(config.train_dataloader.dataset)
    samples = [dataset[index] for index in range(min(2, len(dataset)))]
    scores = Teacher.of(*read_pool(pool)).score([sample['inputs'] for sample in samples])
    model = build(config.model, 100).eval()
    model.cls_head.average_clips = 'score'
    predicted = []
    for sample in samples:
        batch = dict(inputs=[sample['inputs']], data_samples=[sample['data_samples']])
        with torch.no_grad():
            predicted.append(model.test_step(batch)[0].pred_scores.item)
    torch.testing.assert_close(scores, torch.stack(predicted))
