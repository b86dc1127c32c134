import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner

from ukd_bench.measure import ClipScores
from ukd_bench.measure.prediction import accuracies, inference_flops


def test_accuracies_by_hand():
    # Six classes, so that top-5 leaves one out; labels 0 0 0 1 of which 0, 1 and 3 are hit.
    scores = np.zeros((4, 6), np.float32)
    scores[[0, 1, 3], [0, 0, 1]] = 1
    scores[2] = [-1, 5, 4, 3, 2, 1]
    found = accuracies(scores, np.array([0, 0, 0, 1]))
    assert found == pytest.approx(dict(top1=0.75, top5=0.75, mean_class=(2 / 3 + 1) / 2))


def test_a_class_without_clips_does_not_count_as_missed():
    scores = np.eye(6, dtype=np.float32)[[0, 1]]
    assert accuracies(scores, np.array([0, 1]))['mean_class'] == 1.0


@pytest.fixture
def tested(runner_config, train_dataset, dark_root):
    """Runs the test loop on the center view and returns Runner and metric."""

    def run(batch_size):
        config = runner_config()
        dataset = train_dataset | {'subset': 'test', 'test_mode': True}
        dataset['pipeline'] = list(dataset['pipeline'])
        dataset['pipeline'][1] = dict(type='ukd_bench.EvaluationViews')
        config = Config(
            config.to_dict()
            | dict(
                test_dataloader=dict(
                    batch_size=batch_size,
                    num_workers=0,
                    sampler=dict(type='DefaultSampler', shuffle=False),
                    dataset=dataset,
                ),
                test_evaluator=dict(type='ukd_bench.ClipScores'),
                test_cfg=dict(type='TestLoop'),
            )
        )
        with torch.random.fork_rng():
            runner = Runner.from_cfg(config)
            torch.manual_seed(0)
            runner.model.init_weights()
            metrics = runner.test()
        return runner, runner.test_evaluator.metrics[0], metrics

    return run


def test_a_test_pass_scores_every_clip_once_in_list_order(tested, dark_root):
    _, metric, metrics = tested(4)
    assert isinstance(metric, ClipScores)
    assert metric.scores_NC.shape == (11, 11)
    np.testing.assert_allclose(metric.scores_NC.sum(1), 1, rtol=1e-5)
    lines = (dark_root / 'list_cvt' / 'ARID_split1_test.txt').read_text().split('\n')[:-1]
    rows = [line.split('\t') for line in lines]
    assert metric.labels_N.tolist() == [int(row[1]) for row in rows]
    assert metric.samples_N.tolist() == [row[2] for row in rows]
    assert metrics == {
        f'clips/{name}': value
        for name, value in accuracies(metric.scores_NC, metric.labels_N).items()
    }
    _, again, _ = tested(11)
    np.testing.assert_allclose(again.scores_NC, metric.scores_NC, rtol=1e-4, atol=1e-6)


def test_flops_of_one_prediction(build_model):
    """The stem alone: 4 frames of 16x16 outputs, 8 filters of 3x1x7x7, a multiply-add being two."""
    model = build_model()
    clip = torch.zeros(1, 3, 4, 32, 32, dtype=torch.uint8)
    from mmaction.structures import ActionDataSample

    def flops(count):
        samples = [ActionDataSample() for _ in range(count)]
        return inference_flops(model, dict(inputs=[clip] * count, data_samples=samples))

    one = flops(1)
    assert flops(2) == 2 * one
    stem = 2 * 4 * 16 * 16 * 8 * 3 * 7 * 7
    head = 2 * 64 * 11
    assert one > stem + head
    model.backbone.layer1 = model.backbone.layer2 = torch.nn.Identity()
    model.backbone.layer3 = model.backbone.layer4 = torch.nn.Identity()
    model.cls_head.fc_cls = torch.nn.Linear(8, 11)
    assert flops(1) == stem + 2 * 8 * 11
