"""The largest number that fits is found from both sides, in few steps."""

import random

import pytest

from ukd_bench.measure.memory.boundary import Need, find_boundary


def search(peaks, room, least=1, most=64, start=1, leap=64):
    """The boundary, and the numbers that were tried, in order."""
    tried = []

    def need(number):
        assert least <= number <= most and number not in tried
        tried.append(number)
        return Need(peaks(number), peaks(number) + 7)

    return find_boundary(need, room, least, most, start, leap), tried


def test_an_affine_peak_takes_two_probes_to_see_the_line_and_two_at_the_boundary():
    found, tried = search(lambda k: 1000 + 10 * k, room=1375)
    assert (found.value, found.at, found.beyond) == (37, Need(1370, 1377), Need(1380, 1387))
    assert tried == [1, 2, 37, 38]
    assert found.at.fits(1375) and not found.at.surely_fits(1375)


def test_what_does_not_grow_is_found_not_to():
    found, tried = search(lambda k: 1000, room=1000)
    assert (found.value, found.beyond) == (64, None) and tried == [1, 2, 64]


def test_nothing_fits():
    found, tried = search(lambda k: 1000 + k, room=1000, least=2, start=2)
    assert (found.value, found.at, found.beyond) == (1, None, Need(1002, 1009)) and tried == [2]


def test_all_fit():
    found, tried = search(lambda k: 1000 + 10 * k, room=1640)
    assert (found.value, found.at.peak_bytes, found.beyond) == (64, 1640, None)
    assert tried == [1, 2, 64]


def test_what_begins_to_grow_late_is_not_leapt_over_to_the_end():
    found, tried = search(lambda clips: max(400, 30 * clips), 1000, most=512, start=2, leap=4)
    assert (found.value, found.beyond.peak_bytes) == (33, 1020) and max(tried) < 128
    assert len(tried) <= 8


def test_a_start_that_does_not_fit():
    found, tried = search(lambda clips: 100 + 90 * clips, room=500, most=1024, start=8)
    assert found.value == 4 and {4, 5, 8} <= {*tried} and len(tried) <= 5


@pytest.mark.parametrize('step', [3, 20])
def test_steps(step):
    found, tried = search(lambda k: 1000 + 10 * step * (k // step), room=1400)
    first = next(k for k in range(1, 66) if 1000 + 10 * step * (k // step) > 1400)
    assert found.value == first - 1 and {found.value, first} <= {*tried} and len(tried) <= 10


@pytest.mark.parametrize('seed', range(50))
def test_both_sides_are_tried_whatever_the_curve(seed):
    draw = random.Random(seed)
    peaks = {k: draw.randrange(200) + 10 * k * draw.randrange(3) for k in range(1, 1025)}
    room, start = draw.randrange(1, 3000), draw.choice([1, 8, 1024])
    found, tried = search(peaks.__getitem__, room, most=1024, start=start)
    assert all(peaks[k] <= room for k in tried if k <= found.value)
    assert found.value == 0 or found.value in tried
    assert found.value == 1024 or (found.value + 1 in tried and peaks[found.value + 1] > room)
    assert len(tried) <= 40
