import subprocess
import sys

import cv2
import numpy as np
import pytest
import torch

from ukd_bench.enhance import CLAHE
from ukd_bench.errors import ConfigError


def by_opencv(clip, clip_limit, grid):
    """The clip (3, T, H, W) with OpenCV's change of luma, and the mean size of that change."""
    reference = cv2.createCLAHE(clip_limit, (grid, grid))
    out, sizes = torch.empty(clip.shape), []
    for t in range(clip.shape[1]):
        frame = clip[:, t].permute(1, 2, 0).numpy()
        before = cv2.cvtColor(frame, cv2.COLOR_RGB2YCrCb)[..., 0]
        change = reference.apply(before).astype(np.float32) - before
        out[:, t] = torch.from_numpy((frame + change[..., None]).clip(0, 255)).permute(2, 0, 1)
        sizes.append(np.abs(change).mean())
    return out, np.mean(sizes)


@pytest.mark.parametrize('clip_limit', [0, 1.0, 4.0, 40.0])
@pytest.mark.parametrize('side', [12, 13, 14])
def test_equal_to_opencv_where_all_tiles_are_alike(side, clip_limit):
    """Then interpolation between tiles is without effect, and clipping and rounding are left."""
    generator = torch.Generator().manual_seed(side)
    tile = (torch.rand(3, 2, side, side, generator=generator) ** 3 * 60).to(torch.uint8)
    clip = tile.repeat(1, 1, 4, 4)
    wanted, size = by_opencv(clip, clip_limit, 4)
    torch.testing.assert_close(CLAHE(clip_limit, 4)(clip), wanted, rtol=0, atol=1e-3)
    assert size > 3


@pytest.mark.parametrize(
    ('size', 'grid', 'clip_limit', 'tolerance'),
    [
        # As a share of the mean change. Measured: 0.06, 0.03, 0.02, 0.02, 0.02, 0.02.
        ((48, 48), 8, 2.0, 0.07),
        ((48, 48), 4, 4.0, 0.035),
        ((112, 112), 8, 2.0, 0.03),
        ((56, 56), 4, 4.0, 0.03),
        ((112, 112), 4, 4.0, 0.02),
        ((50, 70), 4, 4.0, 0.03),
    ],
)
def test_near_opencv(size, grid, clip_limit, tolerance, dark_clips):
    """The interpolation is half a pixel apart, so the smaller the tiles, the larger the rest."""
    clip = dark_clips(1, 2, *size)[0]
    wanted, change = by_opencv(clip, clip_limit, grid)
    off = (CLAHE(clip_limit, grid)(clip) - wanted).abs()
    assert off.mean() < tolerance * change
    assert off.max() < 10


def test_any_number_of_frames(dark_clips):
    clip = dark_clips(1, 3, 32, 40)[0]
    many = clip.repeat(1, 23, 1, 1)
    assert torch.equal(CLAHE()(many), CLAHE()(clip).repeat(1, 23, 1, 1))


def test_below_one_count_a_level_the_limit_changes_nothing(dark_clips):
    clips = dark_clips(1, 2, 48, 48)
    wanted = CLAHE(clip_limit=1.0, grid=8)(clips)
    assert torch.equal(CLAHE(clip_limit=14.0, grid=8)(clips), wanted)
    assert not torch.equal(CLAHE(clip_limit=15.0, grid=8)(clips), wanted)


@pytest.mark.parametrize('clip_limit', [-1, 257, float('nan')])
def test_clip_limit_out_of_range(clip_limit):
    with pytest.raises(ConfigError, match=rf'CLAHE: clip_limit = {clip_limit} is not in \[0, 256'):
        CLAHE(clip_limit=clip_limit)


@pytest.mark.parametrize('grid', [1, 33, 2.5, (8, 8)])
def test_grid_out_of_range(grid):
    with pytest.raises(ConfigError, match=r'CLAHE: grid = .* is not an integer in \[2, 32\]'):
        CLAHE(grid=grid)


def test_frames_no_larger_than_the_grid():
    clip = torch.zeros(3, 1, 20, 8, dtype=torch.uint8)
    with pytest.raises(ConfigError, match='frames of 20 x 8 are too small for grid = 8'):
        CLAHE(grid=8)(clip)


@pytest.mark.slow
def test_who_does_not_use_it_does_not_import_its_library():
    code = 'import sys, ukd_bench.enhance; print("kornia" in sys.modules)'
    answer = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert answer.stdout.strip() == 'False', answer.stderr[-2000:]
