"""The hooks on a real Runner: UKD and resident teachers are one and the same training."""

import pytest
import torch
from mmaction.structures import ActionDataSample
from mmengine.hooks import Hook
from mmengine.registry import TRANSFORMS
from mmengine.structures import LabelData
from torch import nn

from ukd_bench.distill import NaiveEnsembleHook, UKDHook
from ukd_bench.errors import BankError, ConfigError
from ukd_bench.knowledge.teacher import Teacher
from ukd_bench.measure import MeasureHook

REPLAY = dict(type='ukd_bench.ReplayHook', view_seed=5)


def hook_of(runner, kind):
    return next(hook for hook in runner.hooks if isinstance(hook, kind))


@pytest.fixture
def outcome(train):
    """Trains; returns hashes of targets, initial and final state, the hook and forwards made."""

    def run(hook, **options):
        measure, before = MeasureHook(), Teacher.forwards_in_process
        runner = train(hook, measure=measure, **options)
        distilling = next((h for h in runner.hooks if hasattr(h, 'target_hash')), None)
        return dict(
            targets=distilling and distilling.target_hash.hexdigest(),
            initial=measure.initial_sha256,
            final=measure.final_sha256,
            hook=distilling,
            forwards=Teacher.forwards_in_process - before,
            curve=measure.curve,
            runner=runner,
        )

    return run


HASHES = ('targets', 'initial', 'final')


@pytest.mark.parametrize('num_teachers', [1, 2])
def test_bank_and_resident_teachers_give_the_same_student(
    outcome, distilling, filled_pool, num_teachers
):
    ukd = outcome(distilling('UKDHook', filled_pool, num_teachers))
    naive = outcome(distilling('NaiveEnsembleHook', filled_pool, num_teachers))
    assert [ukd[name] for name in HASHES] == [naive[name] for name in HASHES]
    assert ukd['curve'] == naive['curve']
    assert ukd['hook'].last_epoch_divergence == naive['hook'].last_epoch_divergence > 0
    assert ukd['hook'].teacher_facts() == naive['hook'].teacher_facts()
    assert len(ukd['hook'].teacher_facts()) == num_teachers
    # Two epochs of batches of 4, 4 and 3, one micro-batch each.
    assert (ukd['forwards'], naive['forwards']) == (0, 6 * num_teachers)


def test_what_differs_differs(outcome, distilling, filled_pool):
    one = outcome(distilling('UKDHook', filled_pool, 1), epochs=1)
    two = outcome(distilling('UKDHook', filled_pool, 2), epochs=1)
    plain = outcome(REPLAY, epochs=1)
    assert one['initial'] == two['initial'] == plain['initial']
    assert len({one['final'], two['final'], plain['final']}) == 3
    assert one['targets'] != two['targets']
    other_seed = outcome(distilling('UKDHook', filled_pool, 1), seed=4, epochs=1)
    assert other_seed['initial'] != one['initial']


def test_a_run_repeats_with_any_number_of_workers(outcome, distilling, filled_pool):
    hook = distilling('UKDHook', filled_pool, 2)
    alone = outcome(hook)
    torch.manual_seed(123)
    torch.rand(7)
    again = outcome(hook, workers=2)
    # Persistent workers; left to the garbage collector they are waited for, five seconds each.
    again['runner'].train_dataloader._iterator._shutdown_workers()
    assert [alone[name] for name in HASHES] == [again[name] for name in HASHES]


def test_without_weight_distillation_is_plain_training(outcome, distilling, filled_pool):
    """The hook's draws, reseeding and views are those of the baseline; only the loss differs."""
    weightless = outcome(distilling('UKDHook', filled_pool, 2, weight=0.0), epochs=1)
    plain = outcome(REPLAY, epochs=1)
    assert weightless['final'] == plain['final']
    assert [loss for _, loss, *_ in weightless['curve']] == pytest.approx(
        [loss for _, loss, *_ in plain['curve']]
    )


def test_a_weight_that_decays_is_that_of_its_epoch(outcome, distilling, filled_pool):
    """From 0.9 to 0.1 in three epochs; what one ends with is what the next begins with."""
    hook = distilling('UKDHook', filled_pool, 1, weight=0.9, final_weight=0.1)
    seen = []

    class Weights(Hook):
        def after_train_epoch(self, runner):
            seen.append(hook_of(runner, UKDHook).weight)

    decayed = outcome(hook, epochs=3, also=(Weights(),))
    assert seen == pytest.approx([0.9, 0.5, 0.1])
    same = outcome(hook | dict(final_weight=0.9), epochs=3)
    constant = outcome(hook | dict(final_weight=None), epochs=3)
    assert same['final'] == constant['final'] != decayed['final']
    assert same['targets'] == decayed['targets']


def test_dropout_is_on_for_the_student_and_off_for_the_residents(
    runner_config, train, distilling, filled_pool
):
    finals = []
    for ratio in (0.5, 0.0):
        config = runner_config(distilling('NaiveEnsembleHook', filled_pool, 1), epochs=1)
        config.model.cls_head.dropout_ratio = ratio
        measure = MeasureHook()
        runner = train(config, measure=measure)
        finals.append(measure.final_sha256)
        assert runner.model.training
        resident = hook_of(runner, NaiveEnsembleHook).residents[0].model
        assert not any(module.training for module in resident.modules())
        assert resident not in list(runner.model.modules())
    assert finals[0] != finals[1]


def test_the_loss_of_a_step_by_hand(build_model, distilling, filled_pool):
    options = distilling('UKDHook', filled_pool, 2, weight=0.75, temperature=2.0)
    options.pop('type')
    hook, model = UKDHook(**options), build_model()
    hook.head_loss(model).install()
    scores = torch.tensor([[0.0, 1.0] + [0.0] * 9, [2.0] + [0.0] * 10])
    targets = torch.full((2, 11), 1 / 11)
    samples = [ActionDataSample().set_gt_labels(label) for label in (1, 4)]
    for sample, target in zip(samples, targets, strict=True):
        sample.knowledge = LabelData(item=target)
    losses = model.cls_head.loss_by_feat(scores, samples)
    own = nn.functional.cross_entropy(scores, torch.tensor([1, 4]))
    log_student = torch.log_softmax(scores / 2, -1)
    kl = (targets * (targets.log() - log_student)).sum() / 2
    torch.testing.assert_close(losses['loss_cls'], 0.25 * own)
    torch.testing.assert_close(losses['loss_distillation'], 0.75 * 4 * kl)
    assert hook.last_epoch_divergence == pytest.approx(kl.item(), rel=1e-4)
    with pytest.raises(ConfigError, match=r'the head scores \(4, 11\), the teachers \(2, 11\)'):
        model.cls_head.loss_by_feat(scores.repeat(2, 1), samples)


def test_views_repeat_after_num_views(outcome, distilling, filled_pool):
    """Three epochs on two views: the bank need not hold more."""
    naive = outcome(distilling('NaiveEnsembleHook', filled_pool, 1, num_views=2), epochs=3)
    # Without a number, UKD takes as many as there are.
    ukd = outcome(distilling('UKDHook', filled_pool, 1), epochs=3)
    assert [ukd[name] for name in HASHES] == [naive[name] for name in HASHES]
    assert [ukd['hook'].view_of_epoch(epoch) for epoch in range(4)] == [0, 1, 0, 1]


class TestRefusals:
    def test_a_bank_with_too_few_views(self, train, distilling, filled_pool):
        with pytest.raises(BankError, match=r'bank .*dark-bank holds 2 views, 3 are needed'):
            train(distilling('UKDHook', filled_pool, 1, num_views=3), epochs=3)

    def test_another_view_seed(self, train, distilling, filled_pool):
        hook = distilling('UKDHook', filled_pool, 1) | {'view_seed': 6}
        with pytest.raises(BankError, match='does not fit, it differs in views'):
            train(hook)

    def test_another_pipeline(self, train, runner_config, distilling, filled_pool):
        config = runner_config(distilling('UKDHook', filled_pool, 1))
        config.train_dataloader.dataset.pipeline[1].flip_ratio = 0.4
        with pytest.raises(BankError, match='does not fit, it differs in views'):
            train(config)

    def test_another_subset(self, train, runner_config, distilling, filled_pool):
        config = runner_config(distilling('UKDHook', filled_pool, 1))
        config.train_dataloader.dataset.subset = 'test'
        with pytest.raises(BankError, match=r'does not fit, it differs in dataset \('):
            train(config)

    def test_one_weight_of_a_teacher_changed(self, train, distilling, own_pool):
        checkpoint = own_pool.parent / 'bright.pth'
        content = torch.load(checkpoint, weights_only=True)
        content['state_dict']['cls_head.fc_cls.bias'][3] += 1e-3
        torch.save(content, checkpoint)
        train(distilling('UKDHook', own_pool, 1), epochs=1)
        with pytest.raises(
            BankError, match=r'bright-bank does not fit, it differs in checkpoint \('
        ):
            train(distilling('UKDHook', own_pool, 2), epochs=1)

    def test_a_flipped_byte(self, train, distilling, own_pool):
        path = own_pool.parent / 'dark-bank' / 'scores.npy'
        content = bytearray(path.read_bytes())
        content[-100] ^= 1
        path.write_bytes(content)
        with pytest.raises(BankError, match='differs from its checksum'):
            train(distilling('UKDHook', own_pool, 1), epochs=1)

    @pytest.mark.parametrize('order', [1, -1])
    def test_two_hooks_that_replay(self, train, distilling, filled_pool, order):
        """The second would draw other views than those that the first has targets for."""
        hooks = [distilling('UKDHook', filled_pool, 1), dict(REPLAY, view_seed=99)][::order]
        with pytest.raises(ConfigError, match='both replay the training set; a hook that distils'):
            train(*hooks)

    @pytest.mark.parametrize('hook', ['ReplayHook', 'UKDHook', 'NaiveEnsembleHook'])
    def test_a_loop_over_iterations(self, train, runner_config, distilling, filled_pool, hook):
        options = REPLAY if hook == 'ReplayHook' else distilling(hook, filled_pool, 1)
        config = runner_config(options)
        config.train_cfg = dict(type='IterBasedTrainLoop', max_iters=3)
        with pytest.raises(ConfigError, match='IterBasedTrainLoop starts its workers before'):
            train(config)

    def test_several_data_sets_in_one(self, train, runner_config, train_dataset):
        config = runner_config(REPLAY)
        config.train_dataloader.dataset = dict(
            type='ConcatDataset', datasets=[train_dataset, train_dataset]
        )
        with pytest.raises(ConfigError, match='ConcatDataset repeats sample indices'):
            train(config)

    def test_a_repeated_data_set(self, train, runner_config, train_dataset):
        config = runner_config(REPLAY)
        config.train_dataloader.dataset = dict(type='RepeatDataset', times=2, dataset=train_dataset)
        with pytest.raises(ConfigError, match='RepeatDataset repeats sample indices'):
            train(config)

    def test_blending(self, train, runner_config):
        config = runner_config(REPLAY)
        config.model.data_preprocessor = dict(
            type='ActionDataPreprocessor',
            format_shape='NCTHW',
            blending=dict(type='MixupBlending', num_classes=11),
        )
        with pytest.raises(ConfigError, match=r'blending \(mixup, cutmix\) mixes samples'):
            train(config)

    def test_repeated_augmentation(self, train, runner_config, monkeypatch):
        monkeypatch.setitem(TRANSFORMS.module_dict, 'TwiceForTest', lambda: lambda out: [out, out])
        config = runner_config(REPLAY)
        config.train_dataloader.dataset.pipeline.append(dict(type='TwiceForTest'))
        with pytest.raises(ConfigError, match=r'repeated augmentation\?\) cannot be replayed'):
            train(config)

    @pytest.mark.parametrize(
        ('options', 'text'),
        [
            (dict(weight=1.5), r'weight = 1.5 is not in \[0, 1\]'),
            (dict(weight='a'), r"weight = 'a' is not in \[0, 1\]"),
            (dict(final_weight=-0.5), r'final_weight = -0.5 is not in \[0, 1\]'),
            (dict(temperature=0), r'temperature = 0 is not positive'),
            (dict(temperature=float('nan')), r'temperature = nan is not positive'),
            (dict(num_views='a'), r"num_views = 'a' is not positive"),
            (dict(rule='median'), r"rule 'median' is none of"),
            (dict(num_views=0), r'num_views = 0 is not positive'),
            (dict(view_seed=-1), r'view_seed = -1 is not a whole number of at least 0'),
            (dict(view_seed=0.5), r'view_seed = 0.5 is not a whole number'),
            (dict(num_teachers=3), r'num_teachers = 3 is not in 1 to 2'),
        ],
    )
    def test_options(self, filled_pool, options, text):
        for kind in (UKDHook, NaiveEnsembleHook):
            with pytest.raises(ConfigError, match=text):
                kind(pool=filled_pool, **options)
