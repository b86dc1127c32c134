import math

import pytest
import torch

from ukd_bench.errors import ConfigError
from ukd_bench.knowledge.assembly import RULES, assembly_rule


def softmax(scores, temperature):
    exponentials = [math.exp(score / temperature) for score in scores]
    return [value / sum(exponentials) for value in exponentials]


def test_mean_probability_by_hand():
    # softmax(0, log 3) = (1/4, 3/4); softmax(log 9, 0) = (9/10, 1/10).
    scores = torch.tensor([[[0.0, math.log(3)]], [[math.log(9), 0.0]]])
    rule = assembly_rule('mean_probability')
    torch.testing.assert_close(rule(scores, 1.0), torch.tensor([[0.575, 0.425]]))
    # At T = 2 the exponents halve: (1, sqrt 3) and (3, 1).
    first, second = softmax([0, math.log(3)], 2), softmax([math.log(9), 0], 2)
    assert second == pytest.approx([0.75, 0.25])
    wanted = [[(a + b) / 2 for a, b in zip(first, second, strict=True)]]
    torch.testing.assert_close(rule(scores, 2.0), torch.tensor(wanted))


@pytest.mark.parametrize('name', sorted(RULES))
@pytest.mark.parametrize('num_teachers', [1, 2, 5])
def test_weights_sum_to_one(name, num_teachers):
    """So that targets are distributions, and K identical teachers weigh as much as one."""
    scores = 5 * torch.randn(num_teachers, 6, 11, generator=torch.Generator().manual_seed(1))
    targets = assembly_rule(name)(scores, 3.0)
    assert targets.shape == (6, 11) and (targets >= 0).all()
    torch.testing.assert_close(targets.sum(1), torch.ones(6))
    same = scores[:1].expand(num_teachers, -1, -1)
    torch.testing.assert_close(assembly_rule(name)(same, 3.0), torch.softmax(scores[0] / 3, -1))


def test_extreme_scores_stay_numbers():
    targets = assembly_rule('mean_probability')(torch.tensor([[[1e4, -1e4]], [[-1e4, 1e4]]]), 1.0)
    assert torch.equal(targets, torch.tensor([[0.5, 0.5]]))


def test_the_scores_stay_as_they_are():
    scores = torch.randn(2, 3, 4)
    before = scores.clone()
    assembly_rule('mean_probability')(scores, 2.0)
    assert torch.equal(scores, before)


def test_an_unknown_rule_is_named():
    with pytest.raises(ConfigError, match="rule 'median' is none of mean_probability"):
        assembly_rule('median')
