import numpy as np
import pytest
import torch

from ukd_bench.enhance.illumination import _solve_along_first, smooth

from .originals import least_squares


def random(seed, *shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize('length', [1, 2, 7])
@pytest.mark.parametrize('strength', [0.0, 0.3, 1e5])
def test_tridiagonal_systems_are_solved(length, strength):
    right, weights = random(0, length, 5), random(1, length, 5)
    found = _solve_along_first(right, weights, strength)
    for system in range(5):
        matrix = np.eye(length)
        for i in range(length - 1):
            step = np.zeros(length)
            step[[i, i + 1]] = -1, 1
            matrix += strength * weights[i, system].item() * np.outer(step, step)
        wanted = np.linalg.solve(matrix, right[:, system].double().numpy())
        np.testing.assert_allclose(found[:, system].numpy(), wanted, rtol=1e-4)


def test_no_weight_no_change():
    start = random(0, 2, 6, 7)
    torch.testing.assert_close(smooth(start, start * 0, start * 0, 5.0), start)


def test_infinite_weights_give_the_mean():
    start = random(0, 2, 6, 7)
    heavy = torch.full_like(start, 1e6)
    wanted = start.mean((1, 2), keepdim=True).expand_as(start)
    torch.testing.assert_close(smooth(start, heavy, heavy, 1.0), wanted, rtol=1e-3, atol=0)


def test_a_border_without_weight_is_not_crossed():
    start = torch.zeros(1, 8, 10)
    start[..., 5:] = 1
    weights = torch.full_like(start, 1e3)
    right = weights.clone()
    right[..., 4] = 0
    torch.testing.assert_close(smooth(start, weights, right, 1.0), start)


def test_values_stay_within_those_of_the_frame():
    start = random(0, 3, 20, 21)
    weights = random(1, 3, 20, 21) * 1e4
    out = smooth(start, weights, weights.flip(1), 0.5)
    assert (out.amax((1, 2)) <= start.amax((1, 2)) + 1e-5).all()
    assert (out.amin((1, 2)) >= start.amin((1, 2)) - 1e-5).all()


@pytest.mark.parametrize(('strength', 'error'), [(0.1, 0.005), (1.0, 0.03), (10.0, 0.02)])
def test_near_the_sparse_solve(strength, error):
    """Measured on values in [0, 1]: 0.003, 0.021, 0.015 on average."""
    start, down, right = (random(seed, 1, 24, 32) for seed in range(3))
    wanted = least_squares(*(v[0].double().numpy() for v in (start, down, right)), strength)
    found = smooth(start, down, right, strength)[0].numpy()
    assert np.abs(found - wanted).mean() < error
