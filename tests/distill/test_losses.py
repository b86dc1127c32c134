import math

import pytest
import torch

from ukd_bench.distill import DistillationHook, DistillationLoss, UKDHook
from ukd_bench.distill.losses import (
    KLDivergence,
    build_loss,
    loss_name,
    scale_losses,
    target_divergence,
)
from ukd_bench.errors import ConfigError
from ukd_bench.methods.distillation import LOSSES as LOSSES_BY_NAME, Distillation
from ukd_bench.records.user_code import user_sources
from ukd_bench.registry import LOSSES

LABELS = torch.tensor([0, 1])


def weighted(loss, student, targets, temperature, weight):
    """w L, as a hook makes it."""
    value = loss(student, targets, torch.zeros(len(student), dtype=torch.int64), temperature)
    return weight * loss.scale(temperature) * value


def test_divergence_by_hand():
    # q = (1/4, 3/4) and p = (1/2, 1/2): KL = 1/4 log 1/2 + 3/4 log 3/2; the second sample has 0.
    scores = torch.tensor([[0.0, 0.0], [0.0, math.log(3)]])
    targets = torch.tensor([[0.25, 0.75], [0.25, 0.75]])
    kl = 0.25 * math.log(0.5) + 0.75 * math.log(1.5)
    assert target_divergence(scores, targets, 1.0).item() == pytest.approx(kl / 2, rel=1e-5)
    # At T = 2, scores twice as large give the same student.
    assert target_divergence(2 * scores, targets, 2.0).item() == pytest.approx(kl / 2, rel=1e-5)


def test_zero_targets_cost_nothing():
    one_hot = torch.tensor([[0.0, 1.0]])
    divergence = target_divergence(torch.tensor([[0.0, 0.0]]), one_hot, 1.0)
    assert divergence.item() == pytest.approx(math.log(2))


def test_the_default_is_temperature_squared_times_the_divergence():
    scores, targets = torch.tensor([[0.0, 0.0]]), torch.tensor([[0.25, 0.75]])
    kl = target_divergence(scores, targets, 3.0)
    found = weighted(KLDivergence(), scores, targets, 3.0, 0.9)
    assert found.item() == pytest.approx(0.9 * 9 * kl.item()) and kl > 0


def test_gradient_by_hand():
    """d/ds w T^2 KL(q || softmax(s / T)) = w T (p - q) / N, and none flows into the targets."""
    generator = torch.Generator().manual_seed(0)
    scores = torch.randn(4, 5, generator=generator).requires_grad_()
    targets = torch.softmax(torch.randn(4, 5, generator=generator), -1).requires_grad_()
    weight, temperature = 0.7, 3.0
    weighted(KLDivergence(), scores, targets, temperature, weight).backward()
    wanted = weight * temperature * (torch.softmax(scores / temperature, -1) - targets) / 4
    torch.testing.assert_close(scores.grad, wanted.detach())
    assert targets.grad is None


def test_the_gradients_scale_hardly_depends_on_temperature():
    scores = torch.tensor([[0.3, -0.2, 0.1]])
    targets = torch.tensor([[0.5, -0.4, 0.2]])
    norms = []
    for temperature in (10.0, 20.0):
        student = scores.clone().requires_grad_()
        soft = torch.softmax(targets / temperature, -1)
        weighted(KLDivergence(), student, soft, temperature, 1.0).backward()
        norms.append(student.grad.norm().item())
    assert norms[0] == pytest.approx(norms[1], rel=0.02)


def test_only_losses_are_scaled():
    losses = dict(
        loss_cls=torch.tensor(2.0), top1_acc=torch.tensor(0.5), aux_loss=torch.tensor(4.0)
    )
    scaled = scale_losses(losses, 0.25)
    assert {name: value.item() for name, value in scaled.items()} == dict(
        loss_cls=0.5, top1_acc=0.5, aux_loss=1.0
    )
    assert losses['loss_cls'].item() == 2.0


class Distance(DistillationLoss):
    """Mean squared distance of scores; without weight on purpose."""

    def __init__(self, factor: float = 1.0) -> None:
        self.factor = factor

    def __call__(self, student_NC, targets_NC, labels_N, temperature, teachers_KNC=None):
        return self.factor * (student_NC.softmax(-1) - targets_NC).square().mean()


class ToTheTeachers(Distance):
    """Takes every teacher's scores, and notes what it was given."""

    needs_teachers = True
    given: list = []  # noqa: RUF012

    def __call__(self, student_NC, targets_NC, labels_N, temperature, teachers_KNC=None):
        self.given.append((student_NC.detach(), targets_NC, labels_N, temperature, teachers_KNC))
        return (student_NC - teachers_KNC.mean(0)).square().mean()


@pytest.fixture
def registered(monkeypatch):
    """Registers losses for one test."""

    def register(**kinds):
        for name, kind in kinds.items():
            monkeypatch.setitem(LOSSES.module_dict, name, kind)

    return register


class TestByConfig:
    def test_a_name_a_dict_and_a_path_give_the_same_loss(self):
        path = 'ukd_bench.distill.losses.KLDivergence'
        for config in ('kl_divergence', dict(type='kl_divergence'), path):
            assert type(build_loss(config)) is KLDivergence
        assert loss_name('kl_divergence') == 'kl_divergence'
        assert loss_name(dict(type='my.DKD', beta=2.0, alpha=1)) == 'my.DKD(alpha=1, beta=2.0)'

    def test_arguments_reach_it(self, registered):
        registered(distance=Distance)
        assert build_loss(dict(type='distance', factor=3.0)).factor == 3.0

    @pytest.mark.parametrize(
        ('config', 'text'),
        [
            ('huber', "loss 'huber' is none of kl_divergence and no path of a DistillationLoss"),
            ('os.sep', "loss 'os.sep' is none of kl_divergence and no path of a DistillationLoss"),
            (None, 'loss = None is none of kl_divergence and has no such type'),
            ('no_such.L', "and cannot be imported: No module named 'no_such'"),
            (dict(type='kl_divergence', a=1), "loss 'kl_divergence' takes no arguments: "),
            ('ukd_bench.distill.DistillationLoss', "takes no arguments: Can't instantiate"),
        ],
    )
    def test_what_is_none_is_refused(self, config, text):
        with pytest.raises(ConfigError) as caught:
            build_loss(config)
        assert text in str(caught.value) and '\n' not in str(caught.value)

    def test_those_who_plan_know_all_of_the_suites(self):
        own = {name for name, kind in LOSSES.module_dict.items() if 'ukd_bench' in kind.__module__}
        assert own == {*LOSSES_BY_NAME}

    def test_in_a_sweep(self):
        dkd = dict(type='my_loss.DKD', beta=2.0)
        for loss in ('kl_divergence', 'my_loss.DKD', dkd):
            given = Distillation(loss=loss)
            given.check()
            assert given.given() == dict(loss=loss)
        assert Distillation(weight=0.5).given() == dict(weight=0.5)
        for loss, text in (
            ('huber', "loss 'huber' is none of kl_divergence and no dotted path"),
            (dict(beta=2.0), r"loss = \{'beta': 2.0\} has no 'type' that names a loss"),
            (dict(type='my.L', f=print), "loss 'my.L': its arguments are no plain values"),
        ):
            with pytest.raises(ConfigError, match=text):
                Distillation(loss=loss).check()

    def test_the_users_module_is_one_of_a_configs_sources(self, tmp_path, monkeypatch):
        monkeypatch.syspath_prepend(str(tmp_path))
        (tmp_path / 'my_losses.py').write_text('raise RuntimeError("imported")')
        for loss in ('my_losses.L', dict(type='my_losses.L', beta=1)):
            hook = dict(type='ukd_bench.UKDHook', loss=loss)
            assert [*user_sources(dict(custom_hooks=[hook]))] == ['my_losses']


class TestInAHook:
    @pytest.mark.parametrize(
        ('returned', 'text'),
        [
            (1.5, r"loss 'bad' returned 1\.5, not a scalar tensor"),
            (torch.zeros(2), r"loss 'bad' returned shape \(2,\), not a scalar tensor"),
            (torch.tensor(math.nan), "loss 'bad' returned nan for finite scores and finite targ"),
            (torch.tensor(1.0), "returned a value that does not depend on the student's scores"),
        ],
        ids=['number', 'vector', 'nan', 'constant'],
    )
    def test_what_cannot_be_learnt_from_is_refused(self, registered, filled_pool, returned, text):
        class Bad(Distance):
            def __call__(self, *_):
                return returned

        registered(bad=Bad)
        hook = UKDHook(filled_pool, loss='bad')
        student = torch.zeros(2, 11, requires_grad=True)
        with pytest.raises(ConfigError, match=text):
            hook.losses_of(dict, student, torch.full((2, 11), 1 / 11), LABELS, None)

    def test_a_student_that_has_diverged_is_not_the_losss_fault(self, filled_pool):
        hook, student = UKDHook(filled_pool), torch.full((2, 11), math.nan, requires_grad=True)
        _, value = hook.losses_of(dict, student, torch.full((2, 11), 1 / 11), LABELS, None)
        assert value.isnan()

    def test_a_loss_of_all_classes_refuses_banks_without(self, registered, filled_pool):
        class OfAll(Distance):
            needs_all_classes = True

        registered(of_all=OfAll)
        hook = UKDHook(filled_pool, loss='of_all')
        hook.banks = [type('Bank', (), dict(keeps_all_classes=False, folder='banks/few'))]
        with pytest.raises(ConfigError, match="loss 'of_all' needs the scores of all classes, ban"):
            hook._require_all_classes()

    @pytest.mark.parametrize('rule', ['mean_probability', 'aekd'])
    def test_it_gets_what_it_asks_for(
        self, registered, train, distilling, filled_pool, monkeypatch, rule
    ):
        registered(to_teachers=ToTheTeachers)
        monkeypatch.setattr(ToTheTeachers, 'given', [])
        options = dict(rule=rule, temperature=2.0, loss='to_teachers')
        runner = train(distilling('UKDHook', filled_pool, 2, **options), epochs=1)
        source = next(hook for hook in runner.hooks if isinstance(hook, DistillationHook))
        assert [len(labels) for _, _, labels, _, _ in ToTheTeachers.given] == [4, 4, 3]
        for student, targets, labels, temperature, teachers in ToTheTeachers.given:
            assert teachers.shape == (2, *student.shape) and teachers.dtype == torch.float32
            torch.testing.assert_close(source.rule(teachers, 2.0, labels, student), targets)
            assert temperature == 2.0 and labels.dtype == torch.int64
        # What records call the divergence stays that from the targets, whatever is minimised.
        pairs = [(student, targets) for student, targets, *_ in ToTheTeachers.given]
        divergences = [target_divergence(*pair, 2.0).item() for pair in pairs]
        assert source.last_epoch_divergence == pytest.approx(sum(divergences) / 3, rel=1e-5)

    def test_without_asking_it_gets_the_targets_alone(self, registered, filled_pool):
        seen = []

        class Noted(Distance):
            def __call__(self, *given):
                seen.append(given[-1])
                return super().__call__(*given)

        registered(noted=Noted)
        hook = UKDHook(filled_pool, loss='noted', rule='aekd')
        student = torch.zeros(2, 11, requires_grad=True)
        hook.losses_of(dict, student, torch.full((2, 11), 1 / 11), LABELS, None)
        assert seen == [None]

    @pytest.mark.parametrize('loss', [dict(type='distance', factor=5.0), 'to_teachers'])
    def test_every_source_learns_by_it(
        self, registered, train, distilling, filled_pool, loss, monkeypatch
    ):
        monkeypatch.setattr(ToTheTeachers, 'given', [])
        registered(distance=Distance, to_teachers=ToTheTeachers)
        finals = {}
        for kind in ('UKDHook', 'NaiveEnsembleHook', 'MutualHook'):
            pool = '' if kind == 'MutualHook' else filled_pool
            hook = distilling(kind, pool, 2, loss=loss)
            if kind == 'MutualHook':
                del hook['pool']
            model = train(hook, epochs=1).model
            finals[kind] = [value.clone() for value in model.parameters()]
        default = train(distilling('UKDHook', filled_pool, 2), epochs=1).model
        default = [*default.parameters()]
        assert len(default) == len(finals['UKDHook']) > 0
        pairs = zip(finals['UKDHook'], finals['NaiveEnsembleHook'], strict=True)
        assert all(torch.equal(*pair) for pair in pairs)
        for other in (default, finals['MutualHook']):
            pairs = zip(finals['UKDHook'], other, strict=True)
            assert not all(torch.equal(*pair) for pair in pairs)

    def test_the_loss_of_a_step_by_hand(self, registered, filled_pool):
        registered(distance=Distance)
        hook = UKDHook(filled_pool, weight=0.75, loss=dict(type='distance', factor=2.0))
        student, targets = torch.zeros(2, 11, requires_grad=True), torch.eye(11)[:2]
        own = dict(loss_cls=torch.tensor(4.0), top1_acc=torch.tensor(0.5))
        losses, _ = hook.losses_of(lambda: own, student, targets, LABELS, None)
        # One of eleven probabilities is 10/11 off, ten are 1/11 off.
        distance = 2.0 * (100 / 121 + 10 / 121) / 11
        assert {name: value.item() for name, value in losses.items()} == pytest.approx(
            dict(loss_cls=1.0, top1_acc=0.5, loss_distillation=0.75 * distance)
        )
