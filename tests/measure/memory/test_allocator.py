"""The model of the caching allocator on traces that are worked out by hand."""

import pytest

from tests.measure.memory.traces import MIB, figures
from ukd_bench.errors import UkdBenchError
from ukd_bench.measure.memory.allocator import (
    AllocatorSettings,
    CachingAllocator,
    OutOfDeviceMemoryError,
)

EXPANDABLE = AllocatorSettings(expandable_segments=True)


def replayed(*events, **arguments):
    """An allocator after events whose sizes are in MiB."""
    allocator = CachingAllocator(**arguments)
    allocator.replay((block, int(size * MIB)) for block, size in events)
    return allocator


def held(allocator):
    """Allocated and reserved MiB."""
    return allocator.allocated_bytes / MIB, allocator.reserved_bytes / MIB


@pytest.mark.parametrize(
    ('size', 'allocated', 'reserved'),
    [
        # Rounded up to 512 bytes; a segment of the small pool has 2 MiB.
        (1, 512, 2 * MIB),
        (512, 512, 2 * MIB),
        (513, 1024, 2 * MIB),
        # The largest small request, and the smallest large one in a segment of 20 MiB.
        (MIB, MIB, 2 * MIB),
        (MIB + 1, MIB + 512, 20 * MIB),
        (10 * MIB - 512, 10 * MIB - 512, 20 * MIB),
        # From 10 MiB on a segment of its own, in steps of 2 MiB.
        (10 * MIB - 511, 10 * MIB, 10 * MIB),
        # 2 MiB - 512 are left of 12, which is over 1 MiB: split off.
        (10 * MIB + 1, 10 * MIB + 512, 12 * MIB),
        # 1 MiB + 512 are left of 12: split off.
        (11 * MIB - 512, 11 * MIB - 512, 12 * MIB),
        # Just 1 MiB is left of 12: not split, so the block counts whole.
        (11 * MIB, 12 * MIB, 12 * MIB),
        (11 * MIB + 1, 12 * MIB, 12 * MIB),
    ],
)
def test_one_request(size, allocated, reserved):
    allocator = CachingAllocator()
    allocator.allocate(0, size)
    assert figures(allocator) == (allocated, reserved, allocated, reserved)
    allocator.free(0)
    assert figures(allocator) == (0, reserved, allocated, reserved)


def test_small_and_large_requests_do_not_share_segments():
    # Two of 1 MiB fill a small segment, the third begins another: 2 + 2. The 2 MiB lie in 20.
    allocator = replayed((0, 1), (1, 1), (2, 1), (3, 2))
    assert held(allocator) == (5, 24)
    # 17 MiB are free in the large segment after 1 more, and still no small request goes there.
    allocator.replay([(4, MIB), (5, MIB), (6, MIB + 1)])
    assert held(allocator) == (8 + 512 / MIB, 26)


def test_small_blocks_are_split_down_to_512_bytes():
    # 2 MiB hold 4,096 blocks of 512 bytes.
    allocator = CachingAllocator()
    allocator.replay((block, 1) for block in range(4096))
    assert held(allocator) == (2, 2)
    allocator.allocate(4096, 1)
    assert held(allocator) == (2 + 512 / MIB, 4)


def test_the_rest_of_a_block_is_handed_out_next_and_merged_again_when_both_are_free():
    # 8 + 8 of a shared segment of 20 leave 4.
    allocator = replayed((0, 8), (1, 8), (2, 4))
    assert held(allocator) == (20, 20)
    # All are free again as one block of 20, which 18 fit into; apart they would not.
    allocator.replay([(0, 0), (2, 0), (1, 0), (3, 18 * MIB)])
    assert held(allocator) == (18, 20)


def test_a_block_that_was_not_split_counts_whole_when_used_again():
    # 16 are cached; 15 leave 1, which is not over 1 MiB: 16 count. 14 leave 2: split.
    allocator = replayed((0, 16), (0, 0), (1, 15))
    assert held(allocator) == (16, 16)
    allocator.replay([(1, 0), (2, 14 * MIB)])
    assert held(allocator) == (14, 16)


def test_the_smallest_block_that_suffices_is_taken():
    # 6 + 3 + 4 + 7 fill a segment of 20. With the 6 and the 4 free, a request for 4 takes the 4
    # although the 6 comes first, so that one for 6 fits as well.
    allocator = replayed((0, 6), (1, 3), (2, 4), (3, 7), (0, 0), (2, 0), (4, 4), (5, 6))
    assert held(allocator) == (20, 20)


def test_of_equal_blocks_the_one_of_lowest_address_is_taken():
    # 4 x 5 fill a segment of 20. The second and the fourth are free, and 3 are taken at the begin
    # of the second. With the first freed, 5, 2 and 5 are free apart from each other, and 6 need
    # another segment. Had the 3 been taken of the fourth, the first two would now be 10.
    allocator = replayed(*((block, 5) for block in range(4)), (1, 0), (3, 0), (4, 3), (0, 0))
    assert held(allocator) == (8, 20)
    allocator.allocate(5, 6 * MIB)
    assert held(allocator) == (14, 40)


def test_fragmentation_reserves_more_than_is_allocated():
    # Ten blocks of 2 fill a segment of 20; every other one is freed. 10 MiB are free in pieces of
    # 2, so that 4 need another segment: 10 + 4 of 40.
    allocator = replayed(*((block, 2) for block in range(10)), *((b, 0) for b in range(0, 10, 2)))
    assert held(allocator) == (10, 20)
    allocator.allocate(10, 4 * MIB)
    assert held(allocator) == (14, 40)


def test_cached_segments_are_given_back_before_the_capacity_is_passed():
    events = (0, 16), (0, 0), (1, 20)
    # 16 are cached and 20 do not fit there: 36 without a limit; of 30 the 16 are given back.
    assert held(replayed(*events)) == (20, 36)
    allocator = replayed(*events, capacity=30 * MIB)
    assert held(allocator) == (20, 20)
    assert allocator.reserved_peak_bytes == 20 * MIB


def test_a_segment_in_use_is_not_given_back_and_the_error_says_what_was_there():
    # 2 live in a segment of 20, of which 18 are free. 24 more than 20 are over 40.
    with pytest.raises(OutOfDeviceMemoryError) as raised:
        replayed((0, 2), (1, 16), (1, 0), (2, 24), capacity=40 * MIB)
    error = raised.value
    assert isinstance(error, UkdBenchError)
    assert (error.requested, error.allocated) == (24 * MIB, 2 * MIB)
    assert (error.reserved, error.capacity) == (20 * MIB, 40 * MIB)
    assert str(error) == (
        'out of device memory: 25,165,824 bytes requested, 2,097,152 allocated and '
        '20,971,520 reserved of 41,943,040'
    )


def test_what_does_not_fit_leaves_all_else_as_it_was():
    allocator = replayed((0, 8), capacity=20 * MIB)
    with pytest.raises(OutOfDeviceMemoryError):
        allocator.allocate(1, 13 * MIB)
    assert held(allocator) == (8, 20)
    # The number was not handed out, so it may come again.
    allocator.allocate(1, 12 * MIB)
    assert held(allocator) == (20, 20)


def test_empty_cache_keeps_segments_in_use():
    # Segments of 2, 20 (2 live in it) and 30.
    allocator = replayed((0, 1), (1, 2), (2, 4), (3, 30), (0, 0), (2, 0), (3, 0))
    assert held(allocator) == (2, 52)
    allocator.empty_cache()
    assert held(allocator) == (2, 20)
    assert allocator.reserved_peak_bytes == 52 * MIB


def test_reset_peaks_lets_them_start_from_what_there_is():
    allocator = replayed((0, 30), (1, 10), (0, 0))
    allocator.empty_cache()
    assert figures(allocator) == (10 * MIB, 10 * MIB, 40 * MIB, 40 * MIB)
    allocator.reset_peaks()
    assert figures(allocator) == (10 * MIB, 10 * MIB, 10 * MIB, 10 * MIB)
    allocator.allocate(2, 12 * MIB)
    assert figures(allocator) == (22 * MIB, 22 * MIB, 22 * MIB, 22 * MIB)


@pytest.mark.parametrize(
    ('events', 'expected'),
    [
        # 40 are cached and not split, so that 24 need a segment of their own.
        ([(0, 40), (0, 0), (1, 24)], (24, 64)),
        # 36 are at least 32 as well, and 4 are less than 20 to spare: 40 are handed out whole.
        ([(0, 40), (0, 0), (1, 36)], (40, 40)),
        # 20 to spare are not less than 20.
        ([(0, 60), (0, 0), (1, 40)], (40, 100)),
        ([(0, 58), (0, 0), (1, 40)], (58, 58)),
        # Below the limit blocks are split as ever: 24 of a cached 30.
        ([(0, 30), (0, 0), (1, 24)], (24, 30)),
    ],
)
def test_blocks_from_max_split_size_on_are_not_split(events, expected):
    settings = AllocatorSettings(max_split_size=32 * MIB)
    assert held(replayed(*events, settings=settings)) == expected


def test_unsplit_blocks_are_given_back_until_they_suffice_and_before_all_others():
    settings = AllocatorSettings(max_split_size=32 * MIB)
    cached = (0, 16), (1, 34), (2, 50), (0, 0), (1, 0), (2, 0)
    # 16 + 34 + 50 are cached of 120. 80 is more than each: the 50 and the 34 go, and the 16 may
    # stay, as 16 + 80 are less than 120.
    assert held(replayed(*cached, (3, 80), settings=settings, capacity=120 * MIB)) == (80, 96)
    # 24 need 32, the least that is not split: the 34 suffice. 16 + 50 + 24.
    assert held(replayed(*cached, (3, 24), settings=settings, capacity=110 * MIB)) == (24, 90)
    # 110 do not fit beside the 16, which goes in the last attempt.
    assert held(replayed(*cached, (3, 110), settings=settings, capacity=120 * MIB)) == (110, 110)


def test_large_segments_of_another_size():
    settings = AllocatorSettings(large_segment_size=32 * MIB)
    assert held(replayed((0, 2), (1, 9), settings=settings)) == (11, 32)
    assert held(replayed((0, 12), settings=settings)) == (12, 12)


@pytest.mark.parametrize(
    ('size', 'rounded'),
    [
        # Between 16 and 32 MiB four steps of 4 MiB.
        (17 * MIB, 20 * MIB),
        (20 * MIB, 20 * MIB),
        (20 * MIB + 1, 24 * MIB),
        (16 * MIB, 16 * MIB),
        # Between 2,048 and 4,096 bytes steps of 512; up to 4 x 512 bytes as without.
        (2049, 2560),
        (1025, 1536),
        (3, 512),
    ],
)
def test_requests_are_rounded_to_divisions_of_powers_of_two(size, rounded):
    settings = AllocatorSettings(roundup_power2_divisions=(4,) * 16)
    assert settings.rounded(size) == rounded
    allocator = CachingAllocator(settings=settings)
    allocator.allocate(0, size)
    assert allocator.allocated_bytes == rounded


def test_expandable_segments_grow_where_others_are_added():
    growing = (0, 12), (0, 0), (1, 14), (1, 0), (2, 16), (2, 0), (3, 24)
    # 12 + 14 + 16 + 24, none of which the next fits into.
    assert held(replayed(*growing)) == (24, 66)
    # Pages of 20: the first holds 12, 14 and 16 in turn, and with a second one 24.
    assert held(replayed(*growing, settings=EXPANDABLE)) == (24, 40)


def test_expandable_segments_count_blocks_to_512_bytes_and_have_two_pools():
    # 11 of 12 would not be split in a segment of its own. Small pages have 2 MiB.
    allocator = replayed((0, 11), (1, 1 / 2), settings=EXPANDABLE)
    assert held(allocator) == (11.5, 22)
    # 9 are free at the end; 30 take them and 21 more, which is two pages.
    allocator.allocate(2, 30 * MIB)
    assert held(allocator) == (41.5, 62)


def test_expandable_segments_unmap_whole_pages_and_map_them_again():
    # 10 + 40 + 10 fill three pages. Of the 40 from 10 to 50 the page from 20 to 40 is whole.
    allocator = replayed((0, 10), (1, 40), (2, 10), (1, 0), settings=EXPANDABLE)
    assert held(allocator) == (20, 60)
    allocator.empty_cache()
    assert held(allocator) == (20, 40)
    # 10 before the gap and 10 after it make 40 with it: one page is mapped.
    allocator.allocate(3, 40 * MIB)
    assert held(allocator) == (60, 60)
    # 41 do not fit there, and go to the end: three pages.
    allocator.free(3)
    allocator.empty_cache()
    allocator.allocate(4, 41 * MIB)
    assert held(allocator) == (61, 100)


def test_expandable_segments_unmap_before_they_are_out_of_memory():
    # 2 + 30 take two pages, of which the second is all free when the 30 are.
    allocator = replayed((0, 2), (1, 30), (1, 0), settings=EXPANDABLE, capacity=40 * MIB)
    assert held(allocator) == (2, 40)
    # A page of the small pool takes its place: 20 + 2.
    allocator.allocate(2, 1)
    assert held(allocator) == (2 + 512 / MIB, 22)
    # 18 are free, and 30 need one page more, which is over 40.
    with pytest.raises(OutOfDeviceMemoryError, match=r'31,457,280 bytes requested, 2,097,664 '):
        allocator.allocate(3, 30 * MIB)
    assert held(allocator) == (2 + 512 / MIB, 22)


def test_an_expandable_block_counts_with_what_it_can_grow_by():
    # 10 + 28 of two pages leave 2, and the 10 are free. 2 are taken from the 10, as the 2 at the
    # end can grow to any size. So 22 find 2 at the end and need one page more, not two.
    allocator = replayed((0, 10), (1, 28), (0, 0), (2, 2), settings=EXPANDABLE)
    assert held(allocator) == (30, 40)
    allocator.allocate(3, 22 * MIB)
    assert held(allocator) == (52, 60)


def test_a_block_is_handed_out_and_freed_once():
    allocator = replayed((0, 2))
    with pytest.raises(ValueError, match='block 0 cannot be allocated'):
        allocator.allocate(0, 1)
    with pytest.raises(ValueError, match='block 1 cannot be allocated with -1'):
        allocator.allocate(1, -1)
    allocator.free(0)
    with pytest.raises(ValueError, match='block 0 is not allocated'):
        allocator.free(0)
