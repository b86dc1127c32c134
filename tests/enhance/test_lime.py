import numpy as np
import pytest
import torch

from ukd_bench.enhance import LIME
from ukd_bench.errors import ConfigError

from . import originals


@pytest.mark.parametrize(
    ('gain', 'map_error', 'correlation', 'error'),
    [
        # Measured, worst of five frames: 0.7 % of the mean of T, 0.76, 0.4 levels; in the dark the
        # least squares leave T all but flat, so there its correlation says little.
        (1, 0.015, 0.65, 1.0),
        # 4.5 %, 0.977, 3.1 levels.
        (6, 0.06, 0.96, 4.0),
    ],
)
def test_near_the_sparse_solve(gain, map_error, correlation, error, dark_frames):
    for seed in range(5):
        dark = dark_frames(seed, 1, 24, 32)[0]
        frame = (dark.astype(int) * gain).clip(0, 255).astype(np.uint8)
        frames = torch.from_numpy(frame).permute(2, 0, 1)[None]
        found = LIME().illumination(frames)[0].numpy()
        wanted = originals.lime_map(frame)
        assert np.abs(found - wanted).mean() < map_error * wanted.mean()
        assert np.corrcoef(found.ravel(), wanted.ravel())[0, 1] > correlation
        # The map it starts from is not near at all.
        assert np.abs(frame.max(2) / 255 - wanted).mean() > 0.35 * wanted.mean()

        out = LIME().enhance(frames)[0].permute(1, 2, 0).numpy()
        original = originals.lime(frame)
        assert np.abs(out - original).mean() < error
        assert np.corrcoef(out.ravel(), original.ravel())[0, 1] > 0.998


def test_without_smoothing_by_hand():
    # T is 40 / 255 and 100 / 255; out is i / sqrt(T).
    clip = torch.tensor([[10, 100], [40, 50], [20, 0]], dtype=torch.uint8).view(3, 1, 1, 2)
    wanted = clip.float() / (torch.tensor([40.0, 100.0]) / 255).sqrt()
    torch.testing.assert_close(LIME(gamma=0.5, alpha=0)(clip), wanted)


def test_all_illumination_removed_leaves_a_full_channel():
    clip = torch.tensor([30, 60, 15], dtype=torch.uint8).view(3, 1, 1, 1).expand(3, 1, 6, 8)
    wanted = torch.tensor([127.5, 255, 63.75]).view(3, 1, 1, 1).expand(3, 1, 6, 8)
    torch.testing.assert_close(LIME(gamma=1)(clip), wanted)


def test_more_gamma_is_brighter(dark_clips):
    clips = dark_clips(1, 2, 32, 40)
    means = [LIME(gamma=gamma)(clips).mean() for gamma in (0.05, 0.4, 0.7, 1)]
    assert means == sorted(means)


@pytest.mark.parametrize('gamma', [0, 0.04, 1.1, float('nan')])
def test_gamma_out_of_range(gamma):
    with pytest.raises(ConfigError, match=rf'LIME: gamma = {gamma} is not in \[0.05, 1\]'):
        LIME(gamma=gamma)


@pytest.mark.parametrize('alpha', [-0.1, 10.5])
def test_alpha_out_of_range(alpha):
    with pytest.raises(ConfigError, match=rf'LIME: alpha = {alpha} is not in \[0, 10\]'):
        LIME(alpha=alpha)
