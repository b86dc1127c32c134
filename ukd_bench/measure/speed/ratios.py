"""Ratios of figures that were taken side by side, with an interval."""

import math
from collections.abc import Sequence

import numpy as np
from scipy import special


def ratio_interval(
    numerators: Sequence[float], denominators: Sequence[float], confidence: float = 0.95
) -> tuple[float, float, float]:
    """Geometric mean of paired ratios, and its t-interval (on their logarithms, ddof = 1).

    Args:
        numerators: (n,) positive figures, one a block; n of at least 2.
        denominators: (n,) positive figures of the same blocks.
        confidence: Coverage of the interval.
    """
    logs = np.log(np.asarray(numerators) / np.asarray(denominators))
    quantile = special.stdtrit(len(logs) - 1, (1 + confidence) / 2)
    half = float(quantile * logs.std(ddof=1) / math.sqrt(len(logs)))
    mean = float(logs.mean())
    return math.exp(mean), math.exp(mean - half), math.exp(mean + half)
