import math

import pytest
import torch

from ukd_bench.distill.losses import distillation_loss, scale_losses, target_divergence


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


def test_loss_is_weight_times_temperature_squared():
    assert distillation_loss(torch.tensor(0.5), 3.0, 0.9).item() == pytest.approx(0.9 * 9 * 0.5)


def test_gradient_by_hand():
    """d/ds w T^2 KL(q || softmax(s / T)) = w T (p - q) / N, and none flows into the targets."""
    generator = torch.Generator().manual_seed(0)
    scores = torch.randn(4, 5, generator=generator).requires_grad_()
    targets = torch.softmax(torch.randn(4, 5, generator=generator), -1).requires_grad_()
    weight, temperature = 0.7, 3.0
    distillation_loss(
        target_divergence(scores, targets, temperature), temperature, weight
    ).backward()
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
        distillation_loss(
            target_divergence(student, soft, temperature), temperature, 1.0
        ).backward()
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
