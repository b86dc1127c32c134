import cv2
import numpy as np
import pytest
import torch

from ukd_bench.enhance import HistogramEqualization
from ukd_bench.enhance.by_frame import luma
from ukd_bench.enhance.histogram_equalization import histogram


def frames_of(clip):
    """A clip (3, T, H, W) as frames (T, H, W, 3)."""
    return clip.permute(1, 2, 3, 0).numpy()


@pytest.fixture(params=['dark', 'noise', 'bright', 'two colours'])
def clip(request, dark_clips):
    if request.param == 'dark':
        return dark_clips(1, 3, 37, 50)[0]
    generator = torch.Generator().manual_seed(1)
    low, high = {'noise': (0, 256), 'bright': (180, 256), 'two colours': (90, 92)}[request.param]
    return torch.randint(low, high, (3, 2, 37, 50), generator=generator).to(torch.uint8)


def test_luma_is_that_of_opencv():
    generator = torch.Generator().manual_seed(0)
    frames = torch.randint(0, 256, (4, 3, 64, 64), generator=generator).to(torch.uint8)
    for frame, y in zip(frames, luma(frames), strict=True):
        wanted = cv2.cvtColor(frame.permute(1, 2, 0).numpy(), cv2.COLOR_RGB2YCrCb)[..., 0]
        assert np.array_equal(y.numpy(), wanted)


def test_the_change_of_luma_is_that_of_opencv(clip):
    out = HistogramEqualization()(clip)
    for t, frame in enumerate(frames_of(clip)):
        before = cv2.cvtColor(frame, cv2.COLOR_RGB2YCrCb)[..., 0]
        change = cv2.equalizeHist(before).astype(int) - before
        wanted = (frame + change[..., None]).clip(0, 255)
        assert np.array_equal(out[:, t].permute(1, 2, 0).numpy(), wanted)


def test_colours_are_those_of_a_way_through_ycrcb(clip):
    out = HistogramEqualization()(clip)
    for t, frame in enumerate(frames_of(clip)):
        converted = cv2.cvtColor(frame, cv2.COLOR_RGB2YCrCb)
        converted[..., 0] = cv2.equalizeHist(converted[..., 0])
        wanted = cv2.cvtColor(converted, cv2.COLOR_YCrCb2RGB)
        # Chroma rounded to 8 bits, which here it is not, moves a channel by up to two levels.
        off = np.abs(out[:, t].permute(1, 2, 0).numpy() - wanted)
        inside = (wanted > 0) & (wanted < 255)
        assert off[inside].max(initial=0) <= 2


def test_by_hand():
    # Lumas 10, 20, 20, 40 of a grey frame: counts up to each are 1, 3, 4, the smallest has 1.
    grey = torch.tensor([10, 20, 20, 40], dtype=torch.uint8).view(1, 1, 2, 2).expand(3, 1, 2, 2)
    wanted = torch.tensor([0.0, 170, 170, 255]).view(1, 1, 2, 2).expand(3, 1, 2, 2)
    assert torch.equal(HistogramEqualization()(grey), wanted)


def test_one_luma_stays_as_it_is():
    flat = torch.tensor([7, 90, 33], dtype=torch.uint8).view(3, 1, 1, 1).expand(3, 2, 4, 5)
    assert torch.equal(HistogramEqualization()(flat), flat.float())


def test_histogram_counts_each_row_apart():
    codes = torch.tensor([[0, 2, 2, 1], [3, 3, 3, 3]])
    assert histogram(codes, 4).tolist() == [[1, 1, 2, 0], [0, 0, 0, 4]]
