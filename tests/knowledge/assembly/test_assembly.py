"""What holds for every assembly rule."""

import inspect

import pytest
import torch
import torch.nn.functional as F

from ukd_bench.knowledge.assembly import AssemblyRule, WeightedMean, build_rule
from ukd_bench.registry import ASSEMBLY_RULES

POOL_WEIGHTS = [2.0, 1.0, 0.5, 4.0, 1.5]
CONFIGS = {
    name: dict(type=name, weights=POOL_WEIGHTS) if name == 'fixed_weights' else name
    for name in sorted(ASSEMBLY_RULES.module_dict)
}
WEIGHTED = [name for name in CONFIGS if isinstance(build_rule(CONFIGS[name]), WeightedMean)]
TEMPERATURE = 3.0


@pytest.fixture(params=CONFIGS)
def rule(request) -> AssemblyRule:
    return build_rule(CONFIGS[request.param])


@pytest.fixture(params=WEIGHTED)
def weighted(request) -> WeightedMean:
    return build_rule(CONFIGS[request.param])


def batch(num_teachers, num_samples=6, num_classes=11, dtype=torch.float32):
    """Scores, temperature, labels and student scores, as a rule takes them."""
    generator = torch.Generator().manual_seed(num_teachers)
    scores = 5 * torch.randn(
        num_teachers, num_samples, num_classes, generator=generator, dtype=dtype
    )
    student = torch.randn(num_samples, num_classes, generator=generator, dtype=dtype)
    labels = torch.randint(num_classes, (num_samples,), generator=generator)
    return scores, TEMPERATURE, labels, student


def test_these_are_the_rules():
    assert list(CONFIGS) == [
        'aekd',
        'confidence_aware',
        'entropy_weighted',
        'fixed_weights',
        'mean_logit',
        'mean_probability',
    ]
    assert set(CONFIGS) - set(WEIGHTED) == {'mean_logit'}


def test_what_a_rule_needs_is_said():
    rules = {name: build_rule(config) for name, config in CONFIGS.items()}
    assert [name for name in rules if rules[name].needs_student] == ['aekd']
    assert [name for name in rules if rules[name].needs_all_classes] == ['mean_logit']


@pytest.mark.parametrize('num_teachers', [1, 2, 5])
def test_targets_are_float32_distributions(rule, num_teachers):
    rule.check(num_teachers)
    targets = rule(*batch(num_teachers))
    assert targets.shape == (6, 11) and targets.dtype == torch.float32
    assert (targets >= 0).all()
    torch.testing.assert_close(targets.sum(1), torch.ones(6))


@pytest.mark.parametrize('num_teachers', [1, 2, 5])
def test_weights_sum_to_one(weighted, num_teachers):
    weights = weighted.weights(*batch(num_teachers))
    assert weights.shape == (num_teachers, 6)
    assert (weights >= 0).all()
    torch.testing.assert_close(weights.sum(0), torch.ones(6))


def test_the_target_is_the_weighted_mean(weighted):
    scores, *others = batch(5)
    weights = weighted.weights(scores, *others)
    wanted = torch.einsum('kn,knc->nc', weights, torch.softmax(scores / TEMPERATURE, -1))
    torch.testing.assert_close(weighted(scores, *others), wanted)


def test_one_teacher_is_its_own_target(rule):
    scores, *others = batch(1)
    assert torch.equal(rule(scores, *others), torch.softmax(scores[0] / TEMPERATURE, -1))


def test_k_identical_teachers_weigh_as_much_as_one(rule):
    scores, *others = batch(5)
    same = scores[:1].expand(5, -1, -1)
    wanted = torch.softmax(scores[0] / TEMPERATURE, -1)
    torch.testing.assert_close(rule(same, *others), wanted)


@pytest.mark.parametrize('name', WEIGHTED)
def test_teachers_in_another_order_have_their_weights_in_that_order(name):
    order = [3, 0, 4, 1, 2]
    scores, *others = batch(5)
    config = CONFIGS[name]
    if name == 'fixed_weights':
        config = dict(type=name, weights=[POOL_WEIGHTS[index] for index in order])
    weights = build_rule(CONFIGS[name]).weights(scores, *others)
    torch.testing.assert_close(
        build_rule(config).weights(scores[order], *others), weights[order], rtol=1e-4, atol=1e-6
    )


def test_a_sample_of_a_per_sample_rule_is_on_its_own(rule):
    """Only the rule that looks at the student weighs a batch as a whole."""
    scores, temperature, labels, student = batch(5)
    alone = rule(scores[:, :2], temperature, labels[:2], student[:2])
    together = rule(scores, temperature, labels, student)[:2]
    assert torch.allclose(alone, together, atol=1e-6) is not rule.needs_student


def test_equal_arguments_give_equal_bits(rule):
    assert torch.equal(rule(*batch(5)), rule(*batch(5)))


def test_arguments_stay_as_they_are(rule):
    arguments = batch(3)
    rule(*arguments)
    for given, still in zip(batch(3), arguments, strict=True):
        assert torch.equal(torch.as_tensor(given), torch.as_tensor(still))


def test_absent_classes_of_a_bank_of_top_scores_leave_numbers(rule):
    """Such a bank gives the classes it does not keep -inf; the label may be among them."""
    if rule.needs_all_classes:
        pytest.skip('refuses such banks')
    scores, temperature, labels, student = batch(4)
    kept = torch.zeros_like(scores, dtype=torch.bool).scatter(-1, scores.topk(2).indices, True)
    scores = scores.masked_fill(~kept, -torch.inf)
    assert scores.gather(-1, labels.expand(4, -1)[..., None]).isinf().any()
    targets = rule(scores, temperature, labels, student)
    torch.testing.assert_close(targets.sum(1), torch.ones(6))
    assert (targets[~kept.any(0)] == 0).all()


def test_teachers_that_keep_one_class_each_leave_numbers(weighted):
    """No entropy at all, and at most one teacher that knows the label."""
    scores = torch.full((3, 1, 4), -torch.inf)
    scores[[0, 1, 2], 0, [0, 1, 2]] = torch.tensor([1.0, -2.0, 7.0])
    for label in (0, 3):
        targets = weighted(scores, 2.0, torch.tensor([label]), torch.zeros(1, 4))
        assert targets.sum().item() == pytest.approx(1)


def test_extreme_scores_leave_numbers(rule):
    scores = torch.tensor([[[1e4, -1e4]], [[-1e4, 1e4]]])
    targets = rule(scores, 1.0, torch.tensor([0]), torch.zeros(1, 2))
    assert targets.isfinite().all() and targets.sum().item() == pytest.approx(1)


@pytest.mark.parametrize('temperature', [1.0, 3.0])
@pytest.mark.parametrize('name', WEIGHTED)
def test_the_mean_of_divergences_has_the_gradients_of_the_divergence_from_the_mean(
    name, temperature
):
    """So they are one method: they differ by a term that does not depend on the student."""
    scores, _, labels, student = batch(4, dtype=torch.float64)
    rule = build_rule(CONFIGS[name])
    weights = rule.weights(scores, temperature, labels, student)
    targets = rule(scores, temperature, labels, student)

    def gradient(divergence):
        given = student.clone().requires_grad_()
        value = temperature**2 * divergence(F.log_softmax(given / temperature, -1)).mean()
        value.backward()
        return value.item(), given.grad

    def of_means(log_student):
        return F.kl_div(log_student, targets, reduction='none').sum(-1)

    def mean_of(log_student):
        teachers = torch.softmax(scores / temperature, -1)
        each = [F.kl_div(log_student, q, reduction='none').sum(-1) for q in teachers]
        return (weights * torch.stack(each)).sum(0)

    (ours, ours_gradient), (other, other_gradient) = gradient(of_means), gradient(mean_of)
    torch.testing.assert_close(ours_gradient, other_gradient, rtol=1e-9, atol=1e-12)
    assert ours_gradient.abs().max() > 1e-3
    assert other > ours + 1e-3


def test_arguments_are_those_of_the_base_class(rule):
    assert inspect.signature(type(rule).__call__) == inspect.signature(AssemblyRule.__call__)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a CUDA device')
def test_targets_are_made_where_the_scores_are(rule):
    scores, temperature, labels, student = batch(4)
    on_device = rule(scores.cuda(), temperature, labels, student.cuda())
    assert on_device.is_cuda
    wanted = rule(scores, temperature, labels, student)
    torch.testing.assert_close(on_device.cpu(), wanted, rtol=1e-4, atol=1e-6)
