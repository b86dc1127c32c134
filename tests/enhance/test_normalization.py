import pytest
import torch

from ukd_bench.enhance import LowLightPreprocessor
from ukd_bench.enhance.normalization import standardize_clips
from ukd_bench.errors import ConfigError

BRIGHT = dict(mean=[120.5, 80.0, 40.25], std=[50.0, 40.0, 30.5])


@pytest.fixture
def clips():
    generator = torch.Generator().manual_seed(0)
    shape = (1, 5, 4, 33, 31)
    return [
        torch.randint(low, low + 40, shape, generator=generator).to(torch.uint8)
        for low in (0, 10, 60, 90, 130)
    ]


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def prepared(clips, streams=('Identity',), **options):
    streams = [stream if isinstance(stream, dict) else dict(type=stream) for stream in streams]
    preprocessor = LowLightPreprocessor(streams=streams, **options)
    return preprocessor(dict(inputs=clips, data_samples=None))['inputs']


def test_a_fixed_normalization_is_that_of_each_channel(clips):
    out = prepared(clips, normalization=BRIGHT)
    mean, std = (torch.tensor(BRIGHT[name]).view(3, 1, 1, 1) for name in ('mean', 'std'))
    for sample, clip in enumerate(clips):
        assert torch.equal(out[sample], (clip[:, :3].float() - mean) / std)


def test_gamma_is_applied_before_the_normalization(clips):
    gamma = dict(type='Gamma', gamma=2.0)
    out = prepared(clips, [gamma], normalization=dict(mean=[0, 0, 0], std=[255, 255, 255]))
    wanted = (torch.stack(clips)[:, :, :3].double() / 255).sqrt()
    torch.testing.assert_close(out.double(), wanted, rtol=1e-5, atol=0)


def test_a_dark_clip_stays_dark_and_is_bright_by_itself(clips):
    assert prepared(clips, normalization=BRIGHT)[0].mean() < -1
    assert abs(prepared(clips)[0].mean()) < 1e-5


@pytest.mark.parametrize('motion', ['FrameDifference', 'OpticalFlow'])
def test_motion_is_standardised_by_clip_in_either_case(clips, motion):
    both = prepared(clips, ['Identity', motion], normalization=BRIGHT)
    assert torch.equal(both[:, :, :3], prepared(clips, normalization=BRIGHT))
    assert torch.equal(both[:, :, 3:], prepared(clips, [motion]))
    # But for the 0.001 levels that are added to the deviation.
    assert both[:, :, 3:].square().mean().item() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize('normalization', [None, BRIGHT], ids=['clip', 'fixed'])
@pytest.mark.parametrize(
    'stream',
    [
        *('Identity', 'FrameDifference', 'OpticalFlow', 'CLAHE', 'HistogramEqualization', 'LIME'),
        *('BIMEF', dict(type='Gamma', gamma=2.5)),
    ],
    ids=str,
)
def test_a_clip_has_the_same_bits_whoever_is_in_its_batch(clips, stream, normalization):
    together = prepared(clips, [stream], normalization=normalization)
    for part in (slice(0, 1), slice(3, 4), slice(1, 4)):
        alone = prepared(clips[part], [stream], normalization=normalization)
        assert torch.equal(alone, together[part])


@pytest.mark.parametrize('centred', [False, True])
def test_threads_change_no_bit(threads, centred):
    # Larger than what torch hands to one thread.
    clips = 60 * torch.rand(3, 1, 3, 8, 48, 48, generator=torch.Generator().manual_seed(0))
    results = []
    for number in (1, 2):
        threads(number)
        results.append(standardize_clips(clips.clone(), centred))
        assert torch.equal(standardize_clips(clips[:1].clone(), centred), results[-1][:1])
    assert torch.equal(*results)


def test_the_layout_of_a_clip_changes_no_bit(clips):
    packed_for_2d = [clip[0].transpose(0, 1) for clip in clips]
    assert torch.equal(prepared(packed_for_2d), prepared(clips))


def test_a_normalization_stands_in_no_checkpoint():
    assert not LowLightPreprocessor(normalization=BRIGHT).state_dict()


@pytest.mark.parametrize(
    ('normalization', 'problem'),
    [
        ('clip', "normalization = 'clip': wants None or a dict of mean and std"),
        ({}, 'wants None or a dict of mean and std'),
        (dict(mean=[1, 2, 3]), 'wants None or a dict of mean and std'),
        (BRIGHT | dict(to_rgb=True), 'wants None or a dict of mean and std'),
        (BRIGHT | dict(mean=[1, 2]), r'mean = \[1, 2\] is no list of three numbers'),
        (BRIGHT | dict(mean=127.5), 'mean = 127.5 is no list of three numbers'),
        (BRIGHT | dict(std=[1, 2, 'x']), r"std = \[1, 2, 'x'\] is no list of three numbers"),
        (BRIGHT | dict(mean=[1, 2, float('nan')]), r'mean = \[1, 2, nan\] is no list of three'),
        (BRIGHT | dict(std=[1, 0, 2]), r'normalization: std = \[1, 0, 2\] is not above 0'),
        (BRIGHT | dict(std=[1, -4.0, 2]), r'std = \[1, -4.0, 2\] is not above 0'),
    ],
)
def test_what_cannot_be_used_is_one_line(normalization, problem):
    with pytest.raises(ConfigError, match=problem) as caught:
        LowLightPreprocessor(normalization=normalization)
    assert '\n' not in str(caught.value)


def test_other_channels_than_three_are_one_line(clips):
    class Doubled(torch.nn.Module):
        def forward(self, clips):
            return torch.cat([clips, clips], dim=2).float()

    preprocessor = LowLightPreprocessor(normalization=BRIGHT)
    preprocessor.streams[0] = Doubled()
    with pytest.raises(ConfigError, match='mean and std of 3 channels, the enhanced clips have 6'):
        preprocessor(dict(inputs=clips, data_samples=None))
