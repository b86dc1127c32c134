"""Peaks, bounds and breakdowns of a trace, by hand."""

import pytest

from ukd_bench.measure.memory.fake.trace import (
    ACTIVATIONS,
    GRADIENTS,
    KINDS,
    TEACHERS,
    WEIGHTS,
    Phase,
    Trace,
)

EVENTS = [(0, 100), (1, 10), (1, 0), (2, 50), (3, 20), (2, 0), (4, 60), (4, 0), (3, 0)]


@pytest.fixture
def trace():
    kinds = {0: WEIGHTS, 1: TEACHERS, 2: ACTIVATIONS, 3: ACTIVATIONS, 4: GRADIENTS}
    return Trace(list(EVENTS), kinds)


def test_the_peak_of_a_phase_counts_what_was_there_before(trace):
    assert Phase(trace, 0, 9).peak == (7, 180)
    assert Phase(trace, 0, 6).peak == (5, 170)
    assert Phase(trace, 8, 9).peak == (8, 120)
    assert Phase(trace, 9, 9).peak == (9, 100)


def test_kinds_add_up_to_the_peak(trace):
    found = Phase(trace, 0, 6).breakdown()
    assert found == dict.fromkeys(KINDS, 0) | {WEIGHTS: 100, ACTIVATIONS: 70}
    # What is named later was so all along.
    trace.kinds[2] = TEACHERS
    later = Phase(trace, 0, 6)
    assert later.breakdown() == found | {ACTIVATIONS: 20, TEACHERS: 50}
    assert sum(later.breakdown().values()) == later.peak[1]


def test_the_bound_is_of_the_worst_moment(trace):
    trace.scratch = {4: 25, 7: 5}
    # 150 + 25 is less than 180 + 5.
    assert Phase(trace, 0, 9).bounded_peak_bytes == 185
    assert Phase(trace, 0, 6).bounded_peak_bytes == 175
    # Scratch memory of before the phase is none of its.
    assert Phase(trace, 5, 6).bounded_peak_bytes == 170
