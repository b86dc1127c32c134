"""Turns and ratios of measurements, by hand."""

import math
import time

import numpy as np
import pytest
from scipy import stats

from ukd_bench.errors import ConfigError
from ukd_bench.measure.speed.blocks import begin, ratio_interval, timed, turns


def test_ratios_are_paired_by_block():
    first, second = [2.0, 8.0, 6.0], [1.0, 2.0, 2.0]
    ratio, low, high = ratio_interval(first, second)
    logs = np.log([2.0, 4.0, 3.0])
    assert ratio == pytest.approx(24 ** (1 / 3))
    wanted = stats.t.interval(0.95, 2, logs.mean(), stats.sem(logs))
    assert (math.log(low), math.log(high)) == pytest.approx(wanted)
    assert ratio_interval([3.0, 6.0], [1.0, 2.0]) == pytest.approx((3, 3, 3))


def test_every_block_has_all_in_an_order_that_rotates():
    told = []
    order = list(turns('abc', 4, lambda *done: told.append(done)))
    assert ''.join(thing for _, thing in order) == 'abcbcacababc'
    assert [block for block, _ in order] == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_waiting_takes_time_by_the_clock_alone():
    wall, cpu = timed(lambda: time.sleep(0.05))
    assert wall >= 0.05
    assert cpu < 0.05


def test_one_figure_gives_no_interval():
    with pytest.raises(ConfigError, match='views is 1; the measurement needs at least 2'):
        begin(blocks=2, views=1)
