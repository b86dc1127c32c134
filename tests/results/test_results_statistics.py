import numpy as np
import pytest
from scipy import stats

from ukd_bench.results.statistics import (
    clip_bootstrap,
    detectable_difference,
    holm,
    least_squares,
    mean_interval,
    paired_difference,
    seeds_to_decide,
    t_test_power,
    unpaired_difference,
)


def test_mean_interval_by_hand():
    # mean 2, sd 1, t(0.975, 2) = 4.303: half-width 4.303 / sqrt(3) = 2.484
    estimate = mean_interval([1.0, 2.0, 3.0])
    assert (estimate.mean, estimate.n) == (2.0, 3)
    assert estimate.half_width == pytest.approx(2.4841, abs=1e-4)


def test_one_value_has_no_interval_and_none_no_estimate():
    estimate = mean_interval([0.5, None])
    assert (estimate.mean, estimate.low, estimate.high, estimate.half_width) == (
        0.5,
        None,
        None,
        None,
    )
    assert mean_interval([None, None]) is None


def test_paired_difference_is_scipys():
    first, second = [0.7, 0.75, 0.69, 0.8], [0.6, 0.72, 0.65, 0.7]
    result = paired_difference(first, second)
    expected = stats.ttest_rel(first, second)
    assert result.p_value == pytest.approx(expected.pvalue)
    interval = expected.confidence_interval(0.95)
    assert (result.low, result.high) == pytest.approx((interval.low, interval.high))


def test_paired_difference_of_one_seed_and_of_equal_gaps():
    assert paired_difference([0.7], [0.6]).p_value is None
    assert paired_difference([0.5, 0.75], [0.25, 0.5]).p_value == 0.0
    assert paired_difference([0.5, 0.75], [0.5, 0.75]).p_value == 1.0


def test_effect_size_by_hand():
    # Gaps 0.1, 0.2, 0.3: mean 0.2, sd 0.1.
    assert paired_difference([0.2, 0.4, 0.6], [0.1, 0.2, 0.3]).effect_size == pytest.approx(2.0)
    assert paired_difference([0.7], [0.6]).effect_size is None
    assert paired_difference([0.7, 0.8], [0.6, 0.7]).effect_size is None


def test_paired_difference_refuses_unequal_lengths():
    with pytest.raises(ValueError, match='2 and 1'):
        paired_difference([1.0, 2.0], [1.0])


def test_holm_by_hand():
    # sorted 0.01 x 3 = 0.03, 0.02 x 2 = 0.04, 0.04 x 1 = 0.04
    assert holm([0.04, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_slope_is_scipys():
    x, y = [1, 2, 4, 8], [10.0, 12.5, 16.0, 25.0]
    line = least_squares(x, y)
    expected = stats.linregress(x, y)
    assert (line.value, line.intercept) == pytest.approx((expected.slope, expected.intercept))
    half = stats.t.ppf(0.975, 2) * expected.stderr
    assert (line.low, line.high) == pytest.approx((line.value - half, line.value + half))


def test_slope_without_degrees_of_freedom():
    line = least_squares([1, 4], [10.0, 16.0])
    assert (line.value, line.low, line.high, line.df) == (2.0, None, None, 0)
    assert least_squares([2, 2], [1.0, 3.0]) is None


def test_seeds_to_decide_has_the_power_asked_for():
    seeds = seeds_to_decide(0.05, 0.06)

    def power(n):
        shift = 0.05 / 0.06 * np.sqrt(n)
        return stats.nct.sf(stats.t.ppf(0.975, n - 1), n - 1, shift)

    assert power(seeds) >= 0.8 > power(seeds - 1)


def test_seeds_to_decide_where_none_would():
    assert seeds_to_decide(0.05, None) is None
    assert seeds_to_decide(0.0, 0.1) is None
    assert seeds_to_decide(1e-5, 0.1) is None
    assert seeds_to_decide(0.05, 0.0) == 2


@pytest.mark.parametrize(
    ('n', 'alpha'), [(2, 0.05), (3, 1e-4), (5, 0.05), (5, 0.001), (8, 0.005), (40, 0.05)]
)
def test_a_difference_that_would_be_seen_is_seen_that_often(n, alpha):
    """By simulation; at 5 and 0.001 statsmodels' power is no number."""
    least = detectable_difference(0.02, n, alpha, power=0.8)
    draws = np.random.default_rng(0).normal(least, 0.02, (100_000, n))
    found = (stats.ttest_1samp(draws, 0, axis=1).pvalue < alpha).mean()
    assert found == pytest.approx(0.8, abs=0.005)
    assert t_test_power(least / 0.02, n, alpha) == pytest.approx(0.8, abs=1e-9)


def test_power_is_that_of_the_noncentral_t():
    for size, n, alpha in ((0.5, 34, 0.05), (1.7, 5, 0.05), (3.0, 4, 0.01), (0.0, 7, 0.05)):
        bound, shift = stats.t.ppf(1 - alpha / 2, n - 1), size * np.sqrt(n)
        expected = stats.nct.sf(bound, n - 1, shift) + stats.nct.cdf(-bound, n - 1, shift)
        assert t_test_power(size, n, alpha) == pytest.approx(expected, abs=1e-4)


def test_without_a_spread_nothing_tells_what_would_be_seen():
    for sd, n in ((None, 5), (0.1, 1), (0.0, 5)):
        assert detectable_difference(sd, n) is None
    assert detectable_difference(0.1, 5) == pytest.approx(0.16820, abs=1e-5)


def test_clip_bootstrap_is_explicit_in_its_randomness():
    gap = np.array([1.0, 0.0, 0.0, -1.0] * 25 + [1.0] * 20)
    low, high = clip_bootstrap([gap], [1], np.random.default_rng(0))
    assert low < gap.mean() < high
    assert (low, high) == clip_bootstrap([gap], [1], np.random.default_rng(0))
    # The normal approximation agrees where clips are many.
    half = 1.96 * gap.std() / np.sqrt(len(gap))
    assert high - low == pytest.approx(2 * half, rel=0.15)


def test_clip_bootstrap_weighs_splits():
    ones, zeros = np.ones(5), np.zeros(7)
    assert clip_bootstrap([ones, zeros], [3, 1], np.random.default_rng(0)) == (0.75, 0.75)


def test_unpaired_difference_is_welchs():
    first, second = [0.7, 0.75, 0.69, 0.8], [0.6, 0.72, 0.65]
    result = unpaired_difference(first, second)
    expected = stats.ttest_ind(first, second, equal_var=False)
    assert (result.p_value, result.n) == (pytest.approx(expected.pvalue), 3)
    interval = expected.confidence_interval(0.95)
    assert (result.low, result.high) == pytest.approx((interval.low, interval.high))
    narrow = unpaired_difference(first, second, 0.5)
    assert result.low < narrow.low < result.mean < narrow.high < result.high


@pytest.mark.filterwarnings('error')
def test_unpaired_figures_without_spread():
    same, other = (
        unpaired_difference([0.5] * 3, [0.5] * 2),
        unpaired_difference([0.5] * 3, [0.4] * 3),
    )
    assert (same.low, same.high, same.p_value) == (0, 0, 1)
    assert (other.low, other.p_value) == (pytest.approx(0.1), 0)
    # One of the two has some: sd 0.05, t(0.975, 2) x 0.05 / sqrt(3) = 0.1242
    half = unpaired_difference([0.5] * 3, [0.4, 0.45, 0.5])
    assert half.high - half.mean == pytest.approx(0.1242, abs=1e-4)


def test_unpaired_figures_of_one_seed_have_no_interval():
    one = unpaired_difference([0.5], [0.4, 0.5])
    assert (one.mean, one.low, one.p_value, one.n) == (pytest.approx(0.05), None, None, 1)
    with pytest.raises(ValueError, match='must be some: 0 and 1'):
        unpaired_difference([], [0.5])
