"""What the teachers' knowledge adds: the distilled student beside those that learned without it."""

from dataclasses import dataclass

import numpy as np

from ..methods.table import FLOOR, SUBJECT
from .comparable import ComparableRuns, Comparison, compare_top1

BESIDE = (
    *(
        FLOOR,
        'label_smoothing',
        'plain_long',
        'wide',
        'shuffled',
        'shuffled_across',
        'precomputed',
        'self',
    ),
    *('two_stream_dark_light', 'two_stream_rgb_flow'),
)
"""Methods that tell what a student gains by: training, softness, compute, width, or class."""


@dataclass(frozen=True)
class Gains:
    """Top-1 of the distilled student at its largest K, less that of each other method.

    Attributes:
        num_teachers: That K.
        compared: The comparisons, in the order of ``BESIDE``.
        not_run: Methods of ``BESIDE`` without a run to compare with.
    """

    num_teachers: int
    compared: tuple[Comparison, ...]
    not_run: tuple[str, ...]


def gains(bench: ComparableRuns, draws: int = 2000) -> Gains | None:
    """Compares seed by seed; None where the distilled student has no run of the full schedule.

    Args:
        bench: The runs.
        draws: Bootstrap samples over clips; 0 for no interval over them.
    """
    k = bench.largest_full(SUBJECT)
    if k is None:
        return None
    found = {
        method: compare_top1(bench, SUBJECT, k, method, np.random.default_rng(0), draws)
        for method in BESIDE
    }
    return Gains(
        k,
        tuple(one for one in found.values() if one is not None),
        tuple(method for method, one in found.items() if one is None),
    )
