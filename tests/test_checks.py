from math import nan

import numpy as np
import pytest

from ukd_bench.checks import did_you_mean, is_a, is_number


@pytest.mark.parametrize('value', [0, 1.5, nan, np.float32(2)])
def test_whole_and_real_numbers_are_numbers(value):
    assert is_number(value)


@pytest.mark.parametrize('value', [True, False, '1', None, 1j, [1]])
def test_truth_values_and_what_only_looks_like_a_number_are_none(value):
    assert not is_number(value)
    assert not is_a(value, int, float)


def test_a_near_word_is_proposed_and_a_far_one_is_not():
    assert did_you_mean('titel', ['name', 'title']) == "; did you mean 'title'?"
    assert did_you_mean('colour', ['name', 'title']) == ''
    assert did_you_mean(3, ['name', 'title']) == ''
