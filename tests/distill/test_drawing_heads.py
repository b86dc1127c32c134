"""Heads that draw in every forward, tests included, as MMAction2's ``TRNHead`` does from NumPy."""

import copy
import random

import numpy as np
import pytest
import torch
from mmaction.models.heads import I3DHead
from mmaction.registry import MODELS
from mmengine.hooks import Hook

from ukd_bench.data.streams import EVALUATION, kept_streams, seeded
from ukd_bench.files.checkpoints import save_weights, state_sha256
from ukd_bench.knowledge.bank.fill_one import fill
from ukd_bench.knowledge.pool import read_pool
from ukd_bench.measure import ClipScores

from ..conftest import TEST_PIPELINE, VIEW_SEED


def draws() -> tuple[float, float, float]:
    return random.random(), np.random.random(), float(torch.rand(()))


class DrawingHead(I3DHead):
    def forward(self, x, **kwargs):
        return super().forward(x, **kwargs) * (1 + sum(draws()))


class Drawing(Hook):
    """Draws wherever a hook of somebody's may."""

    def before_train(self, runner):
        draws()

    after_train_iter = after_train_epoch = before_test_epoch = lambda self, *_, **__: draws()
    after_test_iter = after_train_iter


@pytest.fixture(autouse=True)
def head(monkeypatch):
    monkeypatch.setitem(MODELS.module_dict, 'DrawingHead', DrawingHead)
    with kept_streams():
        yield


@pytest.fixture
def config_of(runner_config, train_dataset):
    """Config of a training and a test of a recognizer with such a head."""

    def make(hook, batch_size=4, **options):
        config = runner_config(hook, **options)
        config.model.cls_head.type = 'DrawingHead'
        tested = train_dataset | dict(subset='test', test_mode=True)
        config.test_dataloader = dict(
            batch_size=batch_size,
            num_workers=0,
            sampler=dict(type='DefaultSampler', shuffle=False),
            dataset=tested | dict(pipeline=copy.deepcopy(TEST_PIPELINE)),
        )
        config.test_cfg = dict(type='TestLoop')
        config.test_evaluator = dict(type='ukd_bench.ClipScores')
        return config

    return make


@pytest.fixture
def pool(config_of, tmp_path):
    config = config_of(dict(type='ukd_bench.ReplayHook'))
    config.dump(tmp_path / 'teacher.py')
    save_weights(MODELS.build(copy.deepcopy(config.model)), tmp_path / 'teacher.pth')
    paths = dict(config='teacher.py', checkpoint='teacher.pth', bank='bank')
    return [dict(name='drawing', **{part: str(tmp_path / name) for part, name in paths.items()})]


def scores_in_test(runner):
    runner.test()
    (metric,) = (one for one in runner.test_evaluator.metrics if isinstance(one, ClipScores))
    return metric.scores_NC


@pytest.mark.parametrize('workers', [0, 2])
def test_ukd_and_naive_train_one_student_whoever_draws_between(
    train, config_of, pool, train_dataset, workers
):
    fill(*read_pool(pool), train_dataset, VIEW_SEED, num_views=2)
    outcomes = []
    for kind, also in (('UKDHook', []), ('NaiveEnsembleHook', []), ('UKDHook', [Drawing()])):
        hook = dict(type=f'ukd_bench.{kind}', pool=pool, view_seed=VIEW_SEED)
        runner = train(config_of(hook, workers=workers), also=also)
        if workers:
            runner.train_dataloader._iterator._shutdown_workers()
        source = next(one for one in runner.hooks if hasattr(one, 'target_hash'))
        outcomes.append((source.target_hash.hexdigest(), state_sha256(runner.model)))
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_tests_draw_alike_in_every_batch(train, config_of):
    hook = dict(type='ukd_bench.ReplayHook', view_seed=VIEW_SEED)
    scores = [
        scores_in_test(train(config_of(hook, batch_size=size, epochs=1), also=also))
        for size, also in ((4, []), (4, [Drawing()]), (3, []))
    ]
    assert (scores[0] == scores[1]).all()
    np.testing.assert_allclose(scores[0], scores[2], atol=1e-6)


def test_a_teacher_scores_alike_and_leaves_the_streams_alone(pool, train_dataset, build_dataset):
    from ukd_bench.knowledge.teacher import Teacher

    teacher = Teacher.of(*read_pool(pool))
    generator = np.random.default_rng(0)
    clips = [
        torch.from_numpy(generator.integers(0, 256, (1, 3, 4, 32, 32), dtype=np.uint8))
        for _ in range(18)
    ]
    with seeded((1,)):
        undisturbed = draws()
    with seeded((1,)):
        scores = teacher.score(clips)
        assert draws() == undisturbed
        # Wherever a clip stands, and whatever was drawn before.
        assert torch.equal(teacher.score(clips[::-1]), scores.flip(0))
    model = teacher.model
    with torch.no_grad(), seeded(EVALUATION):
        inputs = model.data_preprocessor(dict(inputs=clips[:16], data_samples=[]))['inputs']
        assert torch.equal(model(inputs, mode='tensor', stage='head')[:16], scores[:16])
