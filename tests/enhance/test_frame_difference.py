import pytest
import torch

from ukd_bench.enhance import FrameDifference, Gamma, LowLightPreprocessor
from ukd_bench.errors import ConfigError


def test_by_hand():
    # One channel, three frames of two pixels.
    clip = torch.tensor([[[[10, 250]], [[12, 0]], [[12, 255]]]], dtype=torch.uint8)
    change = FrameDifference()(clip)
    assert change.dtype == torch.float32
    assert change.tolist() == [[[[0, 0]], [[2, -250]], [[0, 255]]]]


def test_every_channel_and_clip_has_its_own(dark_clips):
    clips = dark_clips(2, 4, 6, 8)
    before = clips.clone()
    change = FrameDifference()(clips)
    assert change.shape == clips.shape and torch.equal(clips, before)
    assert not change[:, :, 0].any() and change[:, :, 1:].any()
    # Adding up changes gives the clip back, but for its first frame.
    first = clips[:, :, :1].float()
    assert torch.equal(change.cumsum(dim=2) + first, clips.float())
    assert torch.equal(FrameDifference()(clips[:1]), change[:1])


def test_brightening_comes_first(dark_clips):
    clips = dark_clips(1, 3, 6, 8)
    bright = Gamma(2.5)(clips)
    change = FrameDifference(gamma=2.5)(clips)
    assert torch.equal(change[:, :, 1:], bright[:, :, 1:] - bright[:, :, :-1])
    assert not change[:, :, 0].any()


def test_a_still_pixel_stays_zero_beside_a_brightening_one():
    clip = torch.zeros(1, 3, 4, 2, 2, dtype=torch.uint8)
    clip[..., 0, 0] = torch.arange(0, 40, 10).byte()
    preprocessor = LowLightPreprocessor(streams=[dict(type='FrameDifference')])
    out = preprocessor(dict(inputs=[clip, clip], data_samples=None))['inputs']
    assert out.shape == (2, 1, 3, 4, 2, 2)
    assert not out[..., 1, 1].any() and not out[:, :, :, 0].any()
    torch.testing.assert_close(out.square().mean(), torch.tensor(1.0), rtol=1e-3, atol=0)


def test_a_still_clip_is_zero_and_a_single_frame_too():
    still = torch.full((1, 3, 4, 2, 2), 9, dtype=torch.uint8)
    preprocessor = LowLightPreprocessor(streams=[dict(type='FrameDifference', gamma=2.5)])
    for clip in (still, still[:, :, :1]):
        out = preprocessor(dict(inputs=[clip], data_samples=None))['inputs']
        assert torch.equal(out, torch.zeros(1, *clip.shape))


def test_nothing_of_it_is_in_a_checkpoint():
    assert not FrameDifference(gamma=2.5).state_dict()


def test_gamma_has_a_range():
    with pytest.raises(ConfigError, match=r'FrameDifference: gamma = 0 is not in \[0\.1, 20\]'):
        FrameDifference(gamma=0)
