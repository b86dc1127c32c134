"""The rule whose weights make the teachers' gradients agree best."""

import itertools

import pytest
import torch
import torch.nn.functional as F

from ukd_bench.errors import ConfigError, DivergedError
from ukd_bench.knowledge.assembly import build_rule

STEPS = 50


def weights_of(scores, student, temperature=1.0):
    """(K,) weights, after a look at their being one vector for the whole batch."""
    labels = torch.zeros(len(student), dtype=torch.int64)
    weights = build_rule('aekd').weights(scores, temperature, labels, student)
    assert torch.equal(weights, weights[:, :1].expand_as(weights))
    return weights[:, 0]


def gradients_of(scores, student, temperature):
    """(K, N C) gradients of T^2 mean_n KL(q_k || p), by autograd in float64."""
    rows = []
    for one in scores.double():
        given = student.double().clone().requires_grad_()
        log_student = F.log_softmax(given / temperature, -1)
        divergence = F.kl_div(log_student, (one / temperature).softmax(-1), reduction='batchmean')
        (temperature**2 * divergence).backward()
        rows.append(given.grad.flatten())
    return torch.stack(rows)


def random_case(num_teachers, seed, spread=2.0):
    generator = torch.Generator().manual_seed(seed)
    centre = torch.randn(4, 5, generator=generator)
    scores = centre + spread * torch.randn(num_teachers, 4, 5, generator=generator)
    return scores, centre + 0.3 * spread * torch.randn(4, 5, generator=generator)


def grid(num_teachers):
    """All weights that are multiples of 1 / STEPS."""
    points = itertools.product(range(STEPS + 1), repeat=num_teachers - 1)
    inside = [point for point in points if sum(point) <= STEPS]
    return torch.tensor([[*point, STEPS - sum(point)] for point in inside]).double() / STEPS


@pytest.mark.parametrize(
    ('student', 'wanted'),
    [
        (0.5, [0.5, 0.5]),
        (0.375, [0.75, 0.25]),
        (0.25, [1.0, 0.0]),
        (0.1, [1.0, 0.0]),
        (0.9, [0.0, 1.0]),
    ],
)
def test_two_teachers_around_the_student(student, wanted):
    """They give the first class 1/4 and 3/4, and the student is met where it lies between them."""
    scores = torch.tensor([[[0.25, 0.75]], [[0.75, 0.25]]]).log()
    student_scores = torch.tensor([[student, 1 - student]]).log()
    weights = weights_of(scores, student_scores)
    torch.testing.assert_close(weights, torch.tensor(wanted), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize('temperature', [1.0, 3.0])
@pytest.mark.parametrize('num_teachers', [2, 3])
@pytest.mark.parametrize('seed', range(4))
def test_no_weights_of_a_grid_are_better(num_teachers, seed, temperature):
    scores, student = random_case(num_teachers, seed)
    gradients = gradients_of(scores, student, temperature)
    weights = weights_of(scores, student, temperature).double()
    norms = (grid(num_teachers) @ gradients).norm(dim=1)
    ours = (weights @ gradients).norm()
    assert ours <= norms.min() * (1 + 1e-6)
    # The best of the grid is near, though not necessarily the nearest.
    assert ours >= norms.min() - gradients.norm(dim=1).max() * num_teachers / STEPS
    assert (grid(num_teachers)[norms.argmin()] - weights).abs().max() < 3 / STEPS


@pytest.mark.parametrize('spread', [2.0, 1e-3, 1e-7])
@pytest.mark.parametrize('num_teachers', [2, 8, 40])
def test_weights_are_optimal(num_teachers, spread):
    """The point x of least norm in a hull is the one with ``g_k . x >= x . x`` for every k."""
    scores, student = random_case(num_teachers, seed=9, spread=spread)
    scores, student = scores.double(), student.double()
    gradients = gradients_of(scores, student, 2.0)
    weights = weights_of(scores, student, 2.0)
    point = weights @ gradients
    longest = gradients.norm(dim=1).max()
    assert (gradients @ point >= point @ point - 1e-9 * longest**2).all()
    assert (gradients.mean(0).norm() - point.norm()) > 1e-3 * longest


def test_the_gradients_are_those_of_the_docstring():
    scores, student = random_case(3, seed=1)
    temperature = 3.0
    p, q = (student.double() / temperature).softmax(-1), (scores.double() / temperature).softmax(-1)
    wanted = (p - q) * temperature / len(student)
    torch.testing.assert_close(gradients_of(scores, student, temperature), wanted.flatten(1))


def test_a_teacher_that_is_the_student_is_the_target():
    scores, student = random_case(3, seed=2)
    scores[1] = student
    assert weights_of(scores, student).tolist() == pytest.approx([0, 1, 0], abs=1e-6)


def test_where_all_agree_with_the_student_all_weigh_the_same():
    scores, student = random_case(1, seed=3)
    scores = student.expand(4, -1, -1)
    assert weights_of(scores, student).tolist() == [0.25] * 4


def test_nothing_flows_back_to_the_student():
    scores, student = random_case(3, seed=4)
    labels = torch.zeros(4, dtype=torch.int64)
    student.requires_grad_()
    targets = build_rule('aekd')(scores.requires_grad_(), 2.0, labels, student)
    weights = build_rule('aekd').weights(scores, 2.0, labels, student)
    assert not weights.requires_grad
    targets.sum().backward()
    assert student.grad is None


def test_a_student_of_half_precision_is_taken():
    scores, student = random_case(3, seed=5)
    half = student.bfloat16()
    assert torch.equal(weights_of(scores, half), weights_of(scores, half.float()))


def test_the_student_is_needed():
    scores, _ = random_case(2, seed=6)
    with pytest.raises(ConfigError, match='aekd needs the current scores of the student'):
        build_rule('aekd')(scores, 1.0, torch.zeros(4, dtype=torch.int64))


def test_a_student_that_diverged_is_said_to_have():
    scores, student = random_case(2, seed=7)
    student[1, 2] = torch.nan
    with pytest.raises(DivergedError, match=r'aekd: .*student.* are not finite numbers'):
        weights_of(scores, student)
