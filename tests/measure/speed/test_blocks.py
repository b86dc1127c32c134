"""Ratios of paired figures, by hand."""

import math

import numpy as np
import pytest
from scipy import stats

from ukd_bench.measure.speed.blocks import ratio_interval


def test_ratios_are_paired_by_block():
    first, second = [2.0, 8.0, 6.0], [1.0, 2.0, 2.0]
    ratio, low, high = ratio_interval(first, second)
    logs = np.log([2.0, 4.0, 3.0])
    assert ratio == pytest.approx(24 ** (1 / 3))
    wanted = stats.t.interval(0.95, 2, logs.mean(), stats.sem(logs))
    assert (math.log(low), math.log(high)) == pytest.approx(wanted)
    assert ratio_interval([3.0, 6.0], [1.0, 2.0]) == pytest.approx((3, 3, 3))
