"""One entry in ``custom_hooks`` distils into the recognizers that come with MMAction2."""

import copy

import pytest
import torch
from mmaction.models.heads import I3DHead
from mmaction.registry import MODELS
from mmaction.utils import register_all_modules
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.model import revert_sync_batchnorm
from torch import nn

from ukd_bench.data.streams import EVALUATION, seeded
from ukd_bench.distill.head import distillable_head
from ukd_bench.errors import ConfigError
from ukd_bench.files.checkpoints import save_weights, state_sha256
from ukd_bench.knowledge import teacher as teachers
from ukd_bench.knowledge.bank.fill_one import fill
from ukd_bench.knowledge.pool import read_pool
from ukd_bench.knowledge.teacher import Teacher

from .stock import CONFIGS, MVIT, NUM_CLASSES, RECOGNIZERS

VIEW_SEED = 5


@pytest.fixture(scope='module', autouse=True)
def quick_logs():
    """Leaves out what MMEngine does for a log's sake, which takes longer than the trainings."""
    with pytest.MonkeyPatch.context() as patch:
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


# They are built of the blocks of r2plus1d_18, which runs by default.
ALIKE = ('r3d_18', 'mc3_18')


@pytest.fixture(
    scope='module',
    params=[
        pytest.param(name, marks=pytest.mark.exhaustive if name in ALIKE else ())
        for name in RECOGNIZERS
    ],
)
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


@pytest.mark.slow
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
        with torch.no_grad(), seeded(EVALUATION):
            predicted.append(model.test_step(batch)[0].pred_scores.item)
    torch.testing.assert_close(scores, torch.stack(predicted))


class TestRefusals:
    """Before a teacher is loaded; so none of the pool's files need be there."""

    POOL = (dict(name='absent', config='absent.py', checkpoint='absent.pth', bank='absent'),)

    @pytest.fixture
    def refusal(self, list_videos, train, tmp_path):
        """Trains with overrides, and returns the one line in which that was refused."""

        def run(recognizer, kind='NaiveEnsembleHook', **overrides):
            config = recognizer.build(list_videos(2), tmp_path / 'work')
            config.merge_from_dict(overrides)
            config.experiment_name = f'refused{len(list(tmp_path.iterdir()))}'
            config.custom_hooks = [dict(type=f'ukd_bench.{kind}', pool=list(self.POOL))]
            with pytest.raises(ConfigError) as raised:
                train(config)
            assert '\n' not in str(raised.value)
            return str(raised.value)

        return run

    def test_repeated_augmentation(self, refusal):
        assert 'RepeatAugDataset (repeated augmentation) makes several clips' in refusal(MVIT)

    def test_blending(self, refusal):
        mixup = dict(_delete_=True, type='MixupBlending', num_classes=NUM_CLASSES)
        text = refusal(RECOGNIZERS['mvit'], **{'model.data_preprocessor.blending': mixup})
        assert 'blending (mixup, cutmix) mixes samples' in text

    @pytest.mark.parametrize('kind', ['UKDHook', 'NaiveEnsembleHook'])
    @pytest.mark.parametrize('wrapper', ['ConcatDataset', 'RepeatDataset'])
    def test_wrapped_data_sets(self, refusal, list_videos, tmp_path, kind, wrapper):
        recognizer = RECOGNIZERS['slowonly']
        inner = recognizer.build(list_videos(2), tmp_path).train_dataloader.dataset
        parts = (
            dict(datasets=[inner]) if wrapper == 'ConcatDataset' else dict(dataset=inner, times=2)
        )
        wrapped = dict(_delete_=True, type=wrapper, **parts)
        text = refusal(recognizer, kind, **{'train_dataloader.dataset': wrapped})
        assert text.startswith(f'{wrapper} repeats sample indices and cannot be replayed')

    @pytest.mark.parametrize('kind', ['UKDHook', 'NaiveEnsembleHook'])
    def test_several_labels_a_clip(self, refusal, kind):
        overrides = {
            'model.cls_head.multi_class': True,
            'model.cls_head.loss_cls': dict(type='BCELossWithLogits'),
            'train_dataloader.dataset.multi_class': True,
            'train_dataloader.dataset.num_classes': NUM_CLASSES,
        }
        text = refusal(RECOGNIZERS['slowonly'], kind, **overrides)
        assert text.startswith(
            'Recognizer3D cannot be distilled into: a clip may have several labels'
        )

    def test_a_head_without_scores(self, refusal):
        overrides = {'model.cls_head': dict(_delete_=True, type='FeatureHead')}
        text = refusal(RECOGNIZERS['slowonly'], **overrides)
        assert 'its cls_head, FeatureHead, is no classification head' in text

    @pytest.mark.parametrize(
        ('config', 'text'),
        [
            (
                'recognition_audio/resnet/tsn_r18_8xb320-64x1x1-100e_kinetics400-audio-feature.py',
                'RecognizerAudio cannot be distilled into: it hears sound',
            ),
            (
                'skeleton/stgcn/stgcn_8xb16-joint-u100-80e_ntu60-xsub-keypoint-2d.py',
                'RecognizerGCN cannot be distilled into: it sees skeletons',
            ),
            (
                'skeleton/posec3d/rgbpose_conv3d/rgbpose_conv3d.py',
                'MMRecognizer3D cannot be distilled into: it scores frames and skeletons apart',
            ),
            (
                'recognition/omnisource/slowonly_r50_8xb16-8x8x1-256e_imagenet-kinetics400-rgb.py',
                'RecognizerOmni cannot be distilled into: it trains on images and clips',
            ),
            (
                'localization/bsn/bsn_tem_1xb16-400x100-20e_activitynet-feature.py',
                'TEM cannot be distilled into: it localises or detects',
            ),
        ],
    )
    def test_models_that_score_no_classes_of_clips(self, config, text):
        model_config = Config.fromfile(CONFIGS.parent / config).model
        register_all_modules(init_default_scope=True)
        with torch.device('meta'):
            model = MODELS.build(model_config)
        with pytest.raises(ConfigError, match=text):
            distillable_head(model)


def test_a_head_that_bypasses_the_extended_loss_is_refused_in_its_first_step(
    list_videos, train, tmp_path, monkeypatch
):
    """Else the student would train without its teachers, and nobody would know."""

    class OwnLossHead(I3DHead):
        def loss(self, feats, data_samples, **kwargs):
            return dict(loss_cls=self(feats, **kwargs).square().mean())

    monkeypatch.setitem(MODELS.module_dict, 'OwnLossHead', OwnLossHead)
    config = RECOGNIZERS['slowonly'].build(list_videos(2), tmp_path / 'work')
    config.model.cls_head.type = 'OwnLossHead'
    config.experiment_name = 'bypass'
    config.custom_hooks = [dict(type='ukd_bench.MutualHook', num_teachers=2)]
    with pytest.raises(ConfigError, match=r'OwnLossHead\.loss does not call its loss_by_feat'):
        train(config)
