"""A head's loss: taken for the length of a training, and given back as it was."""

import copy
import pickle

import pytest
import torch
from mmaction.structures import ActionDataSample
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ukd_bench.distill import MutualHook, NaiveEnsembleHook, ReplayHook, UKDHook
from ukd_bench.distill.head import HeadLoss
from ukd_bench.errors import ConfigError
from ukd_bench.files.checkpoints import state_sha256
from ukd_bench.measure import MeasureHook

KINDS = ('UKDHook', 'MutualHook', 'ReplayHook')
PATCHED = ('loss', 'loss_by_feat')


@pytest.fixture
def hook_config(distilling, filled_pool):
    """Config of a hook of a kind, with whatever arguments it takes."""

    def config(kind):
        made = distilling(kind, filled_pool, 2)
        for name in dict(UKDHook=(), MutualHook=['pool'], ReplayHook=['pool', 'num_teachers'])[
            kind
        ]:
            del made[name]
        return made

    return config


def assert_as_it_was(head):
    """The head has the methods of its class and nothing of a hook's."""
    assert not {*PATCHED} & {*vars(head)}
    for name in PATCHED:
        assert getattr(head, name).__func__ is getattr(type(head), name)
        assert getattr(head, name).__self__ is head
    assert type(pickle.loads(pickle.dumps(head))) is type(head)
    assert copy.deepcopy(head).loss_by_feat.__self__ is not head


class Broken(Exception):
    """Stands for whatever breaks a training off."""


class Break(Hook):
    """Breaks the training off in its second step."""

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        if runner.iter == 1:
            raise Broken


class TestOfOneHead:
    def extension(self, own_loss, scores, samples):
        return {**own_loss(scores, samples), 'loss_distillation': scores.sum()}

    def test_installed_and_restored(self, build_model):
        head = build_model().cls_head
        installed = HeadLoss(head, 'UKDHook', self.extension)
        installed.install()
        scores = torch.zeros(1, 11)
        samples = [ActionDataSample().set_gt_labels(3)]
        assert 'loss_distillation' in head.loss_by_feat(scores, samples)
        installed.restore()
        assert_as_it_was(head)
        assert 'loss_distillation' not in head.loss_by_feat(scores, samples)
        # Again is no mistake, and it can be installed once more.
        installed.restore()
        installed.install()
        assert 'loss_distillation' in head.loss_by_feat(scores, samples)

    def test_a_second_one_is_refused_and_changes_nothing(self, build_model):
        head = build_model().cls_head
        first = HeadLoss(head, 'UKDHook', self.extension)
        first.install()
        before = {name: vars(head)[name] for name in PATCHED}
        second = HeadLoss(head, 'ReplayHook')
        text = "the loss of the model's I3DHead is UKDHook's already: one hook at a time trains"
        with pytest.raises(ConfigError, match=text) as caught:
            second.install()
        assert '\n' not in str(caught.value)
        second.restore()
        assert {name: vars(head)[name] for name in PATCHED} == before
        first.restore()
        assert_as_it_was(head)

    def test_what_somebody_else_had_put_there_comes_back(self, build_model):
        head = build_model().cls_head

        def own(scores, samples):
            return dict(loss_cls=scores.sum())

        head.loss_by_feat = own
        installed = HeadLoss(head, 'ReplayHook')
        installed.install()
        assert head.loss_by_feat is not own
        assert head.loss_by_feat(torch.ones(1, 2), [])['loss_cls'] == 2
        installed.restore()
        assert head.loss_by_feat is own and 'loss' not in vars(head)

    def test_the_heads_own_loss_gets_float32(self, build_model):
        head, seen = build_model().cls_head, []
        head.loss_by_feat = lambda scores, samples: seen.append(scores) or {}
        HeadLoss(head, 'ReplayHook').install()
        head.loss_by_feat(torch.zeros(1, 2, dtype=torch.bfloat16), [])
        head.loss_by_feat('features of two streams', [])
        assert seen[0].dtype == torch.float32 and seen[1] == 'features of two streams'


@pytest.mark.parametrize('kind', KINDS)
class TestOfTrainings:
    def test_a_head_is_afterwards_what_it_was(self, train, hook_config, kind):
        model = train(hook_config(kind), epochs=1).model
        assert_as_it_was(model.cls_head)

    def test_a_model_trained_by_two_hooks_is_trained_by_each_as_if_alone(
        self, train, runner_config, hook_config, kind, tmp_path
    ):
        first = train(hook_config(kind), epochs=1)
        start = tmp_path / 'start.pth'
        torch.save(dict(state_dict=first.model.state_dict()), start)

        config = runner_config(hook_config(kind), epochs=1, seed=8)
        config.load_from = str(start)
        measure = MeasureHook()
        fresh = train(config, measure=measure)

        config = runner_config(hook_config(kind), epochs=1, seed=8)
        again = Runner.from_cfg(config)
        again.model, other = first.model, MeasureHook()
        again.register_hook(other)
        again.train()
        # Scaled twice, the loss would be another one.
        assert other.curve == measure.curve
        assert state_sha256(again.model) == state_sha256(fresh.model) != measure.initial_sha256
        assert_as_it_was(again.model.cls_head)

    def test_one_runner_trains_on_as_if_it_had_not_stopped(
        self, train, runner_config, hook_config, kind
    ):
        whole = train(hook_config(kind), epochs=2)
        part = train(hook_config(kind), epochs=1)
        if kind == 'MutualHook':
            # Peers of a second training are new ones, as no checkpoint brings the old.
            hook = next(hook for hook in part.hooks if isinstance(hook, MutualHook))
            hook.after_load_checkpoint(part, checkpoint_of(part))
        part.train_loop._max_epochs = 2
        part.train()
        assert part.epoch == 2
        assert state_sha256(part.model) == state_sha256(whole.model)
        assert_as_it_was(part.model.cls_head)

    def test_after_a_training_that_broke_off(self, train, runner_config, hook_config, kind):
        expected = state_sha256(train(hook_config(kind), epochs=1).model)
        config = runner_config(epochs=1)
        made = hook_config(kind)
        name = made.pop('type').removeprefix('ukd_bench.')
        hook = dict(UKDHook=UKDHook, MutualHook=MutualHook, ReplayHook=ReplayHook)[name](**made)
        broken = Runner.from_cfg(config)
        broken.register_hook(hook)
        broken.register_hook(Break())
        with pytest.raises(Broken):
            broken.train()
        # No other hook may train that model,
        other = Runner.from_cfg(runner_config(dict(type='ukd_bench.ReplayHook'), epochs=1))
        other.model = broken.model
        with pytest.raises(ConfigError, match=f"I3DHead is {kind}'s already"):
            other.train()
        # and the same hook trains a new one as any hook does,
        again = Runner.from_cfg(runner_config(epochs=1))
        again.register_hook(hook)
        again.train()
        assert state_sha256(again.model) == expected
        # which gives the old one its loss back.
        assert_as_it_was(again.model.cls_head)
        assert_as_it_was(broken.model.cls_head)


def checkpoint_of(runner):
    """What the hooks put into a checkpoint."""
    checkpoint = dict(optimizer={})
    runner.call_hook('before_save_checkpoint', checkpoint=checkpoint)
    return checkpoint


def test_two_runners_cannot_train_one_model_at_once(train, runner_config, distilling, filled_pool):
    class Meanwhile(Hook):
        """Trains the model of a training that is under way, by another hook."""

        def before_train_epoch(self, runner):
            hook = distilling(NaiveEnsembleHook.__name__, filled_pool, 1)
            inner = Runner.from_cfg(runner_config(hook, epochs=1))
            inner.model = runner.model
            with pytest.raises(ConfigError, match="I3DHead is UKDHook's already"):
                inner.train()
            self.tried = True

    meanwhile = Meanwhile()
    runner = train(distilling('UKDHook', filled_pool, 1), also=[meanwhile], epochs=1)
    assert meanwhile.tried
    assert_as_it_was(runner.model.cls_head)
