"""What holds for every enhancement."""

import pytest
import torch

from ukd_bench.enhance import BIMEF, CLAHE, LIME, Gamma, HistogramEqualization, Identity, by_frame
from ukd_bench.errors import ConfigError
from ukd_bench.registry import ENHANCEMENTS

BY_FRAME = [dict(type=kind) for kind in ('HistogramEqualization', 'CLAHE', 'LIME', 'BIMEF')]
ALL = [dict(type='Identity'), dict(type='Gamma', gamma=2.5), *BY_FRAME]
ODD = (3, 29, 37)
"""Frames of a length and size that no vector register divides."""


def names(config):
    return config['type']


@pytest.fixture(params=ALL, ids=names)
def enhancement(request):
    return ENHANCEMENTS.build(request.param)


@pytest.fixture(params=BY_FRAME, ids=names)
def by_frame_enhancement(request):
    return ENHANCEMENTS.build(request.param)


def test_the_kinds_are_those_the_registry_knows():
    classes = {Identity, Gamma, HistogramEqualization, CLAHE, LIME, BIMEF}
    assert classes == {type(ENHANCEMENTS.build(config)) for config in ALL}
    assert classes <= set(ENHANCEMENTS.module_dict.values())


def test_leading_dimensions_are_free(enhancement, dark_clips):
    clips = dark_clips(6, 2, 32, 40)
    out = enhancement(clips)
    assert out.dtype == torch.float32 and out.shape == clips.shape
    assert torch.equal(enhancement(clips.view(3, 2, 3, 2, 32, 40)).view(out.shape), out)
    assert torch.equal(enhancement(clips[4]), out[4])


def test_a_clip_has_the_same_bits_in_any_company(enhancement, dark_clips):
    clips = dark_clips(5, *ODD)
    together = enhancement(clips)
    assert torch.equal(enhancement(clips[:2]), together[:2])
    assert torch.equal(enhancement(clips[3:]), together[3:])
    assert torch.equal(enhancement(clips.flip(0)).flip(0), together)
    for clip, wanted in zip(clips, together, strict=True):
        assert torch.equal(enhancement(clip), wanted)


def test_a_frame_does_not_see_its_neighbours(enhancement, dark_clips):
    clip = dark_clips(1, 4, 32, 40)
    assert torch.equal(enhancement(clip[:, :, 1:3]), enhancement(clip)[:, :, 1:3])


def test_groups_of_clips_change_nothing(by_frame_enhancement, dark_clips, monkeypatch):
    clips = dark_clips(5, *ODD)
    at_once = by_frame_enhancement(clips)
    monkeypatch.setattr(by_frame, '_PIXELS_AT_ONCE', 2 * 3 * 29 * 37 + 1)
    assert torch.equal(by_frame_enhancement(clips), at_once)
    monkeypatch.setattr(by_frame, '_PIXELS_AT_ONCE', 1)
    assert torch.equal(by_frame_enhancement(clips), at_once)


def test_layout_in_memory_does_not_matter(enhancement, dark_clips):
    clips = dark_clips(2, 3, 32, 40)
    strided = clips.transpose(1, 2).contiguous().transpose(1, 2)
    assert not strided.is_contiguous()
    assert torch.equal(enhancement(strided), enhancement(clips))


@pytest.mark.parametrize('size', [(5, 6), (48, 48), (33, 64)])
@pytest.mark.parametrize('code', [0, 1, 128, 254, 255])
def test_frames_of_one_colour_stay_finite(enhancement, code, size):
    flat = torch.full((2, 3, 2, *size), code, dtype=torch.uint8)
    out = enhancement(flat)
    assert torch.isfinite(out).all()
    assert out.min() >= 0 and out.max() <= 255


@pytest.mark.parametrize('config', [BY_FRAME[0], *BY_FRAME[2:]], ids=names)
@pytest.mark.parametrize('code', [0, 255])
def test_black_stays_black_and_white_white(config, code):
    flat = torch.full((3, 2, 20, 30), code, dtype=torch.uint8)
    torch.testing.assert_close(ENHANCEMENTS.build(config)(flat), flat.float())


def test_noise_over_the_whole_range_stays_within(enhancement):
    generator = torch.Generator().manual_seed(0)
    noise = torch.randint(0, 256, (2, 3, 2, 31, 45), generator=generator).to(torch.uint8)
    noise[0, :, 0, :16] = 0
    noise[0, :, 0, 16:] = 255
    out = enhancement(noise)
    assert torch.isfinite(out).all()
    assert out.min() >= 0 and out.max() <= 255


def test_dark_frames_become_brighter(by_frame_enhancement, dark_clips):
    clips = dark_clips(2, 2, 48, 56)
    assert by_frame_enhancement(clips).mean() > 1.5 * clips.float().mean()


def test_nothing_is_left_to_autograd_or_checkpoints(enhancement, dark_clips):
    clips = dark_clips(1, 2, 32, 40)
    before = clips.clone()
    out = enhancement(clips)
    assert not out.requires_grad and out.grad_fn is None
    assert out.untyped_storage().data_ptr() != clips.untyped_storage().data_ptr()
    assert torch.equal(clips, before)
    assert not enhancement.state_dict() and not list(enhancement.parameters())


def test_wrong_inputs_are_named(by_frame_enhancement):
    name = type(by_frame_enhancement).__name__
    with pytest.raises(ConfigError, match=rf'{name} wants uint8 clips, not torch.float32'):
        by_frame_enhancement(torch.zeros(1, 3, 2, 16, 16))
    with pytest.raises(ConfigError, match=rf'{name} wants RGB clips .* \(1, 2, 3, 16, 16\)'):
        by_frame_enhancement(torch.zeros(1, 2, 3, 16, 16, dtype=torch.uint8))
    with pytest.raises(ConfigError, match=rf'{name} wants RGB clips .* \(3, 16, 16\)'):
        by_frame_enhancement(torch.zeros(3, 16, 16, dtype=torch.uint8))


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason='no CUDA device')
def test_the_device_computes_the_same(by_frame_enhancement, dark_clips):
    clips = dark_clips(3, 4, 48, 56)
    on_device = by_frame_enhancement.to('cuda')(clips.cuda())
    assert on_device.is_cuda
    wanted = by_frame_enhancement.to('cpu')(clips)
    torch.testing.assert_close(on_device.cpu(), wanted, rtol=1e-3, atol=0.1)
