import pytest
import torch

from ukd_bench.enhance import LowLightPreprocessor
from ukd_bench.enhance.preprocessor import as_clips
from ukd_bench.errors import ConfigError

M, C, T, H, W = 2, 3, 4, 6, 5


@pytest.fixture
def clips():
    generator = torch.Generator().manual_seed(0)
    shape = (M, C, T, H, W)
    # Each sample with a brightness of its own, so that mixed up samples would show.
    return [
        torch.randint(low, low + 40, shape, generator=generator).to(torch.uint8)
        for low in (0, 30, 90)
    ]


def prepared(clips, **options):
    return LowLightPreprocessor(**options)(dict(inputs=clips, data_samples=None))['inputs']


def standardized(clip):
    """One clip (C, T, H, W) by the definition, in double precision."""
    values = clip.double()
    return (values - values.mean()) / (values.std(correction=0) + 1e-3)


def test_every_clip_is_standardised_on_its_own(clips):
    out = prepared(clips)
    assert out.shape == (3, M, C, T, H, W) and out.dtype == torch.float32
    for sample, clip in enumerate(clips):
        for m in range(M):
            torch.testing.assert_close(
                out[sample, m].double(), standardized(clip[m]), rtol=1e-4, atol=1e-5
            )


def test_the_inputs_stay_as_they_are(clips):
    before = [clip.clone() for clip in clips]
    prepared(clips, streams=[dict(type='Identity'), dict(type='Identity')])
    assert all(torch.equal(a, b) for a, b in zip(before, clips, strict=True))


def test_one_flat_colour_becomes_zero_and_not_nan():
    flat = [torch.full((1, C, T, H, W), 7, dtype=torch.uint8)] * 2
    assert torch.equal(prepared(flat), torch.zeros(2, 1, C, T, H, W))


def test_streams_are_channels_in_their_order(clips):
    streams = [dict(type='Identity'), dict(type='Gamma', gamma=1.8)]
    both = prepared(clips, streams=streams)
    assert both.shape == (3, M, 2 * C, T, H, W)
    assert torch.equal(both[:, :, :C], prepared(clips, streams=streams[:1]))
    assert torch.equal(both[:, :, C:], prepared(clips, streams=streams[1:]))
    assert not torch.equal(both[:, :, :C], both[:, :, C:])


def test_2d_networks_get_frames(clips):
    volume = prepared(clips)
    frames = prepared(clips, format_shape='NCHW')
    assert frames.shape == (3, M * T, C, H, W)
    for m in range(M):
        for t in range(T):
            assert torch.equal(frames[:, m * T + t], volume[:, m, :, t])


@pytest.mark.parametrize('views', [1, M])
def test_2d_networks_can_take_views_of_the_batch(clips, views):
    frames = prepared([clip[:views] for clip in clips], format_shape='NCHW')
    assert frames.is_contiguous()


def test_clips_packed_for_2d_networks_are_the_same_clips(clips):
    packed_2d = [clip[0].transpose(0, 1) for clip in clips]
    assert packed_2d[0].shape == (T, C, H, W)
    assert torch.equal(prepared(packed_2d), prepared([clip[:1] for clip in clips]))


def test_layouts_by_shape():
    assert as_clips(torch.zeros(2, 1, 3, 4, 6, 5)).shape == (2, 1, 3, 4, 6, 5)
    assert as_clips(torch.zeros(2, 4, 3, 6, 5)).shape == (2, 1, 3, 4, 6, 5)
    with pytest.raises(ConfigError, match=r'5 or 6 dimensions, not the shape \(3, 6, 5\)'):
        as_clips(torch.zeros(3, 6, 5))


def test_options():
    with pytest.raises(ConfigError, match="format_shape 'NTCHW' is none of NCTHW, NCHW"):
        LowLightPreprocessor(format_shape='NTCHW')
    with pytest.raises(ConfigError, match='at least one stream'):
        LowLightPreprocessor(streams=[])
    with pytest.raises(ConfigError, match="enhancement 'Zero' is none of BIMEF, CLAHE"):
        LowLightPreprocessor(streams=[dict(type='Zero')])


@pytest.fixture
def clips_with_flow(clips):
    generator = torch.Generator().manual_seed(1)
    return [
        torch.cat(
            [clip, torch.randint(60, 250, (M, 2, T, H, W), generator=generator).byte()], dim=1
        )
        for clip in clips
    ]


def test_streams_of_the_picture_leave_the_flow_alone(clips, clips_with_flow):
    streams = [dict(type='Identity'), dict(type='Gamma', gamma=1.8)]
    with_flow = prepared(clips_with_flow, streams=streams)
    assert torch.equal(with_flow, prepared(clips, streams=streams))


def test_flow_keeps_its_zero_and_gets_a_mean_square_of_one(clips_with_flow):
    streams = [dict(type='Identity'), dict(type='OpticalFlow')]
    out = prepared(clips_with_flow, streams=streams)
    assert out.shape == (3, M, 5, T, H, W)
    for sample, clip in enumerate(clips_with_flow):
        for m in range(M):
            codes = clip[m, 3:].double() - 127.5
            wanted = codes / (codes.square().mean().sqrt() + 1e-3)
            torch.testing.assert_close(out[sample, m, 3:].double(), wanted, rtol=1e-4, atol=1e-5)
    frames = prepared(clips_with_flow, streams=streams, format_shape='NCHW')
    assert torch.equal(frames[1, T], out[1, 1, :, 0])


def test_flow_that_is_not_there_is_one_line(clips):
    with pytest.raises(ConfigError, match=r'OpticalFlow takes channels 3 to 4, the clips have 3: '):
        prepared(clips, streams=[dict(type='Identity'), dict(type='OpticalFlow')])


def test_a_batch_stays_as_it_was(clips):
    """Others read it after the network has: what is prepared goes into another dict."""
    samples = [object() for _ in clips]
    batch = dict(inputs=list(clips), data_samples=samples)
    prepared_batch = LowLightPreprocessor()(batch)
    assert batch['inputs'] == clips and prepared_batch['inputs'].dtype == torch.float32
    assert all(a is b for a, b in zip(prepared_batch['data_samples'], samples, strict=True))


def test_smaller_clips_of_a_batch_are_padded(clips):
    smaller = clips[0][..., :-1]
    padded = torch.nn.functional.pad(smaller, (0, 1))
    assert torch.equal(prepared([smaller, clips[1]]), prepared([padded, clips[1]]))
