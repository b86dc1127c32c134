"""Wrong labels on purpose: symmetric label noise on a training list."""

import numpy as np

from ...errors import ConfigError, quoted


def with_noise(labels: list[int], share: float, num_classes: int, seed: int) -> list[int]:
    """Labels of which some are replaced, each by one of the other classes, all alike likely.

    Which ones, and by what, follows from the arguments alone.

    Args:
        labels: The labels of N clips, from 0.
        share: Share of the clips that get a wrong label; the nearest whole number of them does.
        num_classes: Number of classes C, at least 2.
        seed: Seed of the draws.

    Raises:
        ConfigError: the share is not from 0 to below 1, or there is no other class.
    """
    require_share(share)
    if num_classes < 2:
        raise ConfigError('label_noise: with one class there is no wrong label')
    generator = np.random.default_rng(seed)
    wrong = generator.permutation(len(labels))[: round(share * len(labels))]
    shifts = generator.integers(1, num_classes, size=len(wrong))
    noisy = list(labels)
    for index, shift in zip(wrong, shifts, strict=True):
        noisy[index] = int((labels[index] + shift) % num_classes)
    return noisy


def require_share(share: float, where: str = '') -> None:
    """Refuses what is no share of clips that may get a wrong label.

    Args:
        share: The share.
        where: What messages begin with.

    Raises:
        ConfigError: it is not from 0 to below 1.
    """
    if not 0 <= share < 1:
        raise ConfigError(f'{where}label_noise = {quoted(share)} is no share from 0 to below 1')
