"""Statistics of the report, as pure functions: seeds are training noise, clips are test noise.

With three to five seeds a t-interval covers about 95 %; a standard error or a percentile bootstrap
over seeds covers 50-83 %. So the t-interval is primary, and clips are resampled only beside it.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import sqrt

import numpy as np
from scipy import optimize, stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import CompareMeans

MAX_SEEDS = 1000
_LEVELS = 4000
"""Quantiles over which a power is averaged; four times as many change it by less than 2e-4."""
_NO_SPREAD = 1e-12
"""A standard deviation below this is rounding."""


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds; ``low`` and ``high`` are None where n = 1 gives no interval."""

    mean: float
    low: float | None
    high: float | None
    n: int

    @property
    def half_width(self) -> float | None:
        """Distance from the mean to either end of the interval; None where there is none."""
        return None if self.high is None else self.high - self.mean


@dataclass(frozen=True)
class Difference:
    """A paired difference over seeds; all but ``mean`` and ``n`` are None where n = 1."""

    mean: float
    low: float | None
    high: float | None
    sd: float | None
    p_value: float | None
    n: int

    @property
    def effect_size(self) -> float | None:
        """Mean over standard deviation, d_z (Cohen 1988, chapter 2); None without a spread."""
        return None if self.sd is None or self.sd < _NO_SPREAD else self.mean / self.sd


@dataclass(frozen=True)
class Slope:
    """A least-squares line; ``low`` and ``high`` are None where df < 1 gives no interval."""

    value: float
    intercept: float
    low: float | None
    high: float | None
    df: int


def mean_interval(values: Sequence[float | None], confidence: float = 0.95) -> Estimate | None:
    """Mean and two-sided t-interval with n - 1 degrees of freedom (ddof = 1).

    Args:
        values: (n,) figures, one a seed; None, for what was not measured, is left out.
        confidence: coverage of the interval.

    Returns:
        None where no value was measured.
    """
    kept = np.array([value for value in values if value is not None], dtype=float)
    if kept.size == 0:
        return None
    mean = float(kept.mean())
    if kept.size == 1:
        return Estimate(mean, None, None, 1)
    half = _half_width(float(kept.std(ddof=1)) / sqrt(kept.size), kept.size - 1, confidence)
    return Estimate(mean, mean - half, mean + half, int(kept.size))


def paired_difference(
    first: Sequence[float], second: Sequence[float], confidence: float = 0.95
) -> Difference:
    """Paired t-test of ``first - second`` (Student 1908), two-sided.

    Args:
        first: (n,) figures, one a seed.
        second: (n,) figures of the same seeds, in the same order.
        confidence: coverage of the interval.

    Raises:
        ValueError: the lengths differ or are zero.
    """
    if len(first) != len(second) or not len(first):
        raise ValueError(
            f'paired figures must be as many, and some: {len(first)} and {len(second)}'
        )
    gaps = np.asarray(first, dtype=float) - np.asarray(second, dtype=float)
    estimate = mean_interval(gaps.tolist(), confidence)
    assert estimate is not None
    if estimate.n == 1:
        return Difference(estimate.mean, None, None, None, None, 1)
    sd = float(gaps.std(ddof=1))
    # Equal gaps leave no noise to test against; the limit of the test is 1 at zero and 0 elsewhere.
    if sd < _NO_SPREAD:
        p_value = 1.0 if abs(estimate.mean) < 1e-12 else 0.0
    else:
        p_value = float(stats.ttest_1samp(gaps, 0).pvalue)
    return Difference(estimate.mean, estimate.low, estimate.high, sd, p_value, estimate.n)


def unpaired_difference(
    first: Sequence[float], second: Sequence[float], confidence: float = 0.95
) -> Difference:
    """Welch's t-test of ``first - second`` (Biometrika 34, 1947), two-sided.

    Args:
        first: (n,) figures, one a seed.
        second: (m,) figures of other trainings.
        confidence: coverage of the interval.

    Returns:
        The difference of the means, with the smaller of n and m; without an interval where that
        is 1.

    Raises:
        ValueError: one of the two is empty.
    """
    if not len(first) or not len(second):
        raise ValueError(f'figures must be some: {len(first)} and {len(second)}')
    one, other = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    mean, n = float(one.mean() - other.mean()), min(one.size, other.size)
    if n == 1:
        return Difference(mean, None, None, None, None, 1)
    # As where pairs have equal gaps, there is no noise to test against.
    if max(one.std(ddof=1), other.std(ddof=1)) < _NO_SPREAD:
        return Difference(mean, mean, mean, None, 1.0 if abs(mean) < 1e-12 else 0.0, n)
    tested = CompareMeans.from_data(one, other)
    low, high = tested.tconfint_diff(1 - confidence, usevar='unequal')
    p_value = tested.ttest_ind(usevar='unequal')[1]
    return Difference(mean, float(low), float(high), None, float(p_value), n)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment (Scandinavian Journal of Statistics 6, 1979).

    Args:
        p_values: (m,) p-values of one family.

    Returns:
        (m,) adjusted p-values in the order given.
    """
    if not p_values:
        return []
    return [float(value) for value in multipletests(p_values, method='holm')[1]]


def least_squares(x: Sequence[float], y: Sequence[float], confidence: float = 0.95) -> Slope | None:
    """Slope of ``y`` on ``x`` with its t-interval on m - 2 degrees of freedom.

    Args:
        x: (m,) for memory: the numbers of teachers, each once (seeds repeat the same bytes and are
            no new evidence).
        y: (m,) figures, for memory in bytes.
        confidence: coverage of the interval.

    Returns:
        None where ``x`` holds fewer than two distinct values.
    """
    if len(set(x)) < 2:
        return None
    # By hand: of figures that are all equal, as memory may be, SciPy's error is no number.
    xs, ys = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    centred = xs - xs.mean()
    spread = float((centred**2).sum())
    value = float((centred * (ys - ys.mean())).sum() / spread)
    intercept = float(ys.mean() - value * xs.mean())
    df = len(xs) - 2
    if df < 1:
        return Slope(value, intercept, None, None, df)
    residuals = ys - (intercept + value * xs)
    half = _half_width(float(np.sqrt((residuals**2).sum() / df / spread)), df, confidence)
    return Slope(value, intercept, value - half, value + half, df)


def clip_bootstrap(
    gaps: Sequence[np.ndarray],
    weights: Sequence[float],
    rng: np.random.Generator,
    draws: int = 2000,
    confidence: float = 0.95,
) -> tuple[float, float]:
    """Percentile bootstrap over test clips with the trained networks held fixed (Efron 1979).

    It tells how far the result hangs on which clips were tested, not on which seed trained; it is
    secondary for that reason.

    Args:
        gaps: one (N,) array a test split: per clip, hits of one method minus hits of the other,
            averaged over seeds, so that one draw of clips serves both methods and every seed.
        weights: (splits,) weight of each split in the mean; summed to 1 here.
        rng: the generator to draw clips from.
        draws: bootstrap samples.
        confidence: coverage of the interval.

    Returns:
        The interval's two ends.
    """
    shares = np.asarray(weights, dtype=float) / np.sum(weights)
    means = np.zeros(draws)
    for gap, share in zip(gaps, shares, strict=True):
        picks = rng.integers(0, len(gap), size=(draws, len(gap)))
        means += share * np.asarray(gap, dtype=float)[picks].mean(axis=1)
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)


def seeds_to_decide(
    mean: float, sd: float | None, alpha: float = 0.05, power: float = 0.8
) -> int | None:
    """Seeds a paired two-sided t-test needs, were the difference and its sd those observed.

    Power from the noncentral t distribution (Cohen 1988, chapter 2).

    Args:
        mean: observed mean difference.
        sd: standard deviation of the paired differences (ddof = 1); None where n < 2.
        alpha: level of the test.
        power: chance of a significant result asked for.

    Returns:
        None where ``sd`` is unknown, or where even ``MAX_SEEDS`` would not do.
    """
    if sd is None or abs(mean) < 1e-12:
        return None
    if sd < _NO_SPREAD:
        return 2
    size = abs(mean) / sd
    # Power rises with the number of seeds.
    found = bisect_left(range(MAX_SEEDS + 1), power, 2, key=lambda n: t_test_power(size, n, alpha))
    return found if found <= MAX_SEEDS else None


def detectable_difference(
    sd: float | None, n: int, alpha: float = 0.05, power: float = 0.8
) -> float | None:
    """The smallest true difference that a paired two-sided t-test would find with that power.

    It says what a test without a result could have seen. Power from the noncentral t distribution
    (Cohen 1988, chapter 2), the spread being the one observed.

    Args:
        sd: standard deviation of the paired differences (ddof = 1); None where n < 2.
        n: number of pairs.
        alpha: level of the test.
        power: chance of a significant result.

    Returns:
        It in the unit of ``sd``; None where there is no spread to tell by.
    """
    if sd is None or n < 2 or sd < _NO_SPREAD:
        return None
    most = 1.0
    while t_test_power(most, n, alpha) < power:
        most *= 2
    return float(optimize.brentq(lambda size: t_test_power(size, n, alpha) - power, 0, most)) * sd


def t_test_power(effect_size: float, n: int, alpha: float) -> float:
    """Power of a paired two-sided t-test (Cohen 1988, chapter 2).

    The test is significant where ``|Z + d sqrt(n)| > c S``, with Z standard normal, c the
    critical value and S^2 a chi-square over its n - 1 degrees of freedom: the mean over S of two
    normal tails. It is taken over quantiles of S, since SciPy's noncentral t distribution, and so
    the power that statsmodels computes by it, is no number for some strict levels.

    Args:
        effect_size: d, the true mean difference over its standard deviation.
        n: number of pairs, 2 at least.
        alpha: level of the test.
    """
    critical, shift = _t_quantile(1 - alpha / 2, n - 1), effect_size * sqrt(n)
    bounds = critical * _spreads(n - 1)
    return float((stats.norm.sf(bounds - shift) + stats.norm.sf(bounds + shift)).mean())


@cache
def _spreads(df: int) -> np.ndarray:
    """Quantiles of S, the root of a chi-square over its degrees of freedom, evenly spaced."""
    levels = (np.arange(_LEVELS) + 0.5) / _LEVELS
    return np.sqrt(stats.chi2.ppf(levels, df) / df)


def _half_width(standard_error: float, df: int, confidence: float) -> float:
    return _t_quantile((1 + confidence) / 2, df) * standard_error


@cache
def _t_quantile(probability: float, df: int) -> float:
    return float(stats.t.ppf(probability, df))
