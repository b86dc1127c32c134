"""Each rule but AEKD on cases that can be computed by hand."""

import math

import pytest
import torch

from ukd_bench.errors import ConfigError
from ukd_bench.knowledge.assembly import build_rule

LABEL = torch.tensor([0])
ABSENT = -math.inf


def scores_of(*probabilities):
    """(K, 1, C) scores whose softmax at T = 1 is this."""
    return torch.tensor(probabilities).log()[:, None]


def assert_weights(rule, scores, wanted, temperature=1.0):
    weights = build_rule(rule).weights(scores, temperature, LABEL)
    torch.testing.assert_close(weights[:, 0], torch.tensor(wanted))


def test_mean_probability():
    # softmax(0, log 3) = (1/4, 3/4); softmax(log 9, 0) = (9/10, 1/10).
    scores = torch.tensor([[[0.0, math.log(3)]], [[math.log(9), 0.0]]])
    rule = build_rule('mean_probability')
    torch.testing.assert_close(rule(scores, 1.0, LABEL), torch.tensor([[0.575, 0.425]]))
    # At T = 2 the odds are 1 : sqrt 3 and 3 : 1.
    first = 1 / (1 + math.sqrt(3))
    wanted = [[(first + 0.75) / 2, (1 - first + 0.25) / 2]]
    torch.testing.assert_close(rule(scores, 2.0, LABEL), torch.tensor(wanted))
    assert_weights('mean_probability', scores, [0.5, 0.5])


@pytest.mark.parametrize('num_teachers', [1, 2, 3, 7])
def test_mean_probability_is_the_sum_in_pool_order_divided_once(num_teachers):
    """To the bit: results are compared by the hash of their targets."""
    generator = torch.Generator().manual_seed(0)
    scores = 3 * torch.randn(num_teachers, 16, 11, generator=generator)
    total = torch.softmax(scores[0] / 3.0, dim=-1)
    for one in scores[1:]:
        total = total + torch.softmax(one / 3.0, dim=-1)
    targets = build_rule('mean_probability')(scores, 3.0, torch.zeros(16, dtype=torch.int64))
    assert torch.equal(targets, total / num_teachers)


def test_mean_logit():
    rule = build_rule('mean_logit')
    # The mean of (0, log 9) and (0, 0) is (0, log 3).
    scores = torch.tensor([[[0.0, math.log(9)]], [[0.0, 0.0]]])
    torch.testing.assert_close(rule(scores, 1.0, LABEL), torch.tensor([[0.25, 0.75]]))
    torch.testing.assert_close(rule(2 * scores, 2.0, LABEL), torch.tensor([[0.25, 0.75]]))


def test_mean_logit_listens_to_larger_scores():
    scores = torch.tensor([[[0.0, 8.0]], [[4.0, 0.0]]])
    assert build_rule('mean_logit')(scores, 1.0, LABEL)[0, 1] > 0.85
    assert build_rule('mean_probability')(scores, 1.0, LABEL)[0, 1] < 0.51


def test_entropy_weighted():
    # Entropies log 2 and log 4, shares 1/3 and 2/3.
    scores = scores_of([0.5, 0.5, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25])
    assert_weights('entropy_weighted', scores, [2 / 3, 1 / 3])
    # A third teacher without doubt: shares 1/3, 2/3 and 0, and K - 1 = 2.
    certain = torch.tensor([[[ABSENT, 3.0, ABSENT, ABSENT]]])
    assert_weights('entropy_weighted', torch.cat([scores, certain]), [1 / 3, 1 / 6, 1 / 2])


def test_entropy_weighted_without_any_doubt():
    scores = torch.tensor([[[3.0, ABSENT]], [[ABSENT, 1.0]], [[0.0, -1e4]]])
    assert_weights('entropy_weighted', scores, [1 / 3, 1 / 3, 1 / 3])


def test_entropy_is_that_of_what_is_distilled():
    # At T = 2 the odds 9 : 1 become 3 : 1; the other teacher keeps log 2.
    scores = scores_of([0.9, 0.1], [0.5, 0.5])
    entropy = -0.75 * math.log(0.75) - 0.25 * math.log(0.25)
    share = entropy / (entropy + math.log(2))
    assert_weights('entropy_weighted', scores, [1 - share, share], temperature=2.0)


@pytest.mark.parametrize('temperature', [1.0, 3.0])
def test_confidence_aware(temperature):
    # exp(CE) is 1 / p of the label: 4/3 and 4, shares 1/4 and 3/4; no matter what T is.
    scores = scores_of([0.75, 0.25], [0.25, 0.75])
    assert_weights('confidence_aware', scores, [0.75, 0.25], temperature)
    # 2, 3 and 6: shares 2/11, 3/11, 6/11, and K - 1 = 2.
    scores = scores_of([1 / 2, 1 / 2], [1 / 3, 2 / 3], [1 / 6, 5 / 6])
    assert_weights('confidence_aware', scores, [9 / 22, 8 / 22, 5 / 22], temperature)


def test_confidence_aware_looks_at_the_label_of_each_sample():
    scores = scores_of([0.75, 0.25], [0.25, 0.75]).expand(-1, 2, -1)
    weights = build_rule('confidence_aware').weights(scores, 1.0, torch.tensor([0, 1]))
    torch.testing.assert_close(weights, torch.tensor([[0.75, 0.25], [0.25, 0.75]]))


@pytest.mark.parametrize(
    ('knows_the_label', 'wanted'),
    [
        ((True, True, False), [1 / 2, 1 / 2, 0]),
        ((True, False, False), [1 / 2, 1 / 4, 1 / 4]),
        ((False, False, False), [1 / 3, 1 / 3, 1 / 3]),
    ],
)
def test_confidence_aware_where_a_bank_lacks_the_label(knows_the_label, wanted):
    scores = torch.tensor([[[0.0 if knows else ABSENT, 0.0]] for knows in knows_the_label])
    assert_weights('confidence_aware', scores, [float(weight) for weight in wanted])


def test_fixed_weights():
    rule = dict(type='fixed_weights', weights=[2, 1, 1])
    scores = scores_of([0.8, 0.2], [0.4, 0.6], [0.2, 0.8])
    assert_weights(rule, scores, [0.5, 0.25, 0.25])
    torch.testing.assert_close(build_rule(rule)(scores, 1.0, LABEL), torch.tensor([[0.55, 0.45]]))
    assert_weights(rule, scores[:2], [2 / 3, 1 / 3])
    assert_weights(dict(type='fixed_weights', weights=(0, 3)), scores[:2], [0.0, 1.0])


@pytest.mark.parametrize(
    'weights', [[], [1, -1], [1, math.nan], [math.inf, 1], ['2', 1], 'equal', 3, None]
)
def test_fixed_weights_must_be_numbers(weights):
    with pytest.raises(
        ConfigError,
        match=r'fixed_weights: weights = .* is not a list of finite numbers that are not negative',
    ):
        build_rule(dict(type='fixed_weights', weights=weights))


def test_fixed_weights_must_suffice():
    rule = build_rule(dict(type='fixed_weights', weights=[0, 1, 2]))
    rule.check(3)
    with pytest.raises(ConfigError, match=r'weights = \[0.0, 1.0, 2.0\] are 3, fewer than 4 teach'):
        rule.check(4)
    with pytest.raises(ConfigError, match=r'the first 1 of weights = \[0.0, .* no positive, finit'):
        rule.check(1)
    with pytest.raises(ConfigError, match='fewer than 4 teachers'):
        rule(torch.zeros(4, 1, 2), 1.0, LABEL)


def test_a_rule_needs_a_teacher():
    for rule in ('mean_probability', dict(type='fixed_weights', weights=[1])):
        with pytest.raises(ConfigError, match='needs at least 1 teacher, not 0'):
            build_rule(rule).check(0)
