"""Settings of the caching allocator as torch reads them."""

import pytest

from ukd_bench.errors import ConfigError
from ukd_bench.measure.memory.allocator import AllocatorSettings

MIB = 1024**2


def test_nothing_set_is_what_torch_does_by_itself():
    settings = AllocatorSettings.parse('')
    assert settings == AllocatorSettings()
    assert not settings.expandable_segments
    assert settings.max_split_size is None
    assert settings.large_segment_size == 20 * MIB
    assert settings.roundup_power2_divisions == (0,) * 16


def test_all_that_matters_is_read():
    text = (
        'expandable_segments:True, max_split_size_mb:64,max_non_split_rounding_mb:48,'
        'large_segment_size_mb:32,roundup_power2_divisions:8'
    )
    assert AllocatorSettings.parse(text) == AllocatorSettings(
        expandable_segments=True,
        max_split_size=64 * MIB,
        max_non_split_rounding=48 * MIB,
        large_segment_size=32 * MIB,
        roundup_power2_divisions=(8,) * 16,
    )
    assert AllocatorSettings.parse('expandable_segments:False,') == AllocatorSettings()


@pytest.mark.parametrize(
    ('listed', 'divisions'),
    [
        # The first boundary, 4 MiB, is the third interval, and holds below it too.
        ('[4:2,8:16,>:1]', (2, 2, 2, 16) + (1,) * 12),
        # What lies between two boundaries is not rounded.
        ('[1:8,4:2]', (8, 0, 2) + (0,) * 13),
        ('[>:4]', (4,) * 16),
        # Boundaries over the last interval, from 32 GiB on, are that interval.
        ('[1:0,131072:4]', (0,) * 15 + (4,)),
    ],
)
def test_divisions_by_interval(listed, divisions):
    settings = AllocatorSettings.parse(f'roundup_power2_divisions:{listed},backend:native')
    assert settings.roundup_power2_divisions == divisions


def test_divisions_apply_to_their_interval():
    settings = AllocatorSettings.parse('roundup_power2_divisions:[1:2,2:4,>:1]')
    # Half of 1 MiB, a quarter of 2 MiB, and 512 bytes from 4 MiB on.
    assert settings.rounded(MIB + 1) == 1.5 * MIB
    assert settings.rounded(2 * MIB + 1) == 2.5 * MIB
    assert settings.rounded(4 * MIB + 1) == 4 * MIB + 512
    # Below 1 MiB as from it on: half of 512 KiB.
    assert settings.rounded(MIB // 2 + 1) == 0.75 * MIB


@pytest.mark.parametrize(
    'text',
    [
        'pinned_use_background_threads:True',
        'garbage_collection_threshold:0.8',
        'pinned_num_register_threads:8,release_lock_on_cudamalloc:True',
        'per_process_memory_fraction:1.0',
        'backend:native',
    ],
)
def test_what_changes_no_size_is_ignored(text):
    assert AllocatorSettings.parse(text) == AllocatorSettings()


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('max_split_size:64', r"^allocator setting 'max_split_size': no such key$"),
        ('x' * 200 + ':1', r"^allocator setting 'x+\.\.\. \(202 characters\): no such key$"),
        ('expandable_segments:true', "expandable_segments: 'true': True or False"),
        ('expandable_segments', "expandable_segments: '': True or False"),
        ('max_split_size_mb:many', "max_split_size_mb: 'many': a whole number"),
        ('max_split_size_mb:-64', "max_split_size_mb: '-64': a whole number"),
        ('max_split_size_mb:19', "max_split_size_mb: '19': at least 20"),
        ('max_split_size_mb:30,large_segment_size_mb:50', "size_mb: '30': at least 50"),
        ('max_non_split_rounding_mb:10', "max_non_split_rounding_mb: '10': at least 20"),
        ('large_segment_size_mb:10', "large_segment_size_mb: '10': over 10"),
        ('roundup_power2_divisions:3', "roundup_power2_divisions: '3': a power of two"),
        ('roundup_power2_divisions:0', "roundup_power2_divisions: '0': a power of two"),
        ('roundup_power2_divisions:[3:4]', "roundup_power2_divisions: '3': a power of two"),
        ('roundup_power2_divisions:[4:x]', "roundup_power2_divisions: 'x': a whole number"),
        ('backend:cudaMallocAsync', "'cudaMallocAsync': only the native allocator is modelled"),
        ('per_process_memory_fraction:0.5', "memory_fraction: '0.5': .* a smaller capacity"),
    ],
)
def test_what_cannot_be_used_is_named(text, message):
    with pytest.raises(ConfigError, match=message):
        AllocatorSettings.parse(text)
