"""Which steps of a training have their live tensors counted."""

import random

FIRST_STEPS = 3
"""The first steps of a process: the optimiser makes its state, libraries their caches."""


def watched_steps(seed: int, epoch: int, steps: int, first: int = 1) -> set[int]:
    """The steps of an epoch that are watched: the first ones, the last, and one drawn by chance.

    Steps of one kind are alike, so a few of each will do. Whatever is done at the end of an epoch
    comes between the last step of one and the first of the next. The step that is drawn depends on
    seed and epoch alone, and nobody else's draws on it.

    Args:
        seed: Seed of the run.
        epoch: Number of the epoch.
        steps: Steps of an epoch.
        first: How many of the first ones.

    Returns:
        Their numbers, from 0.
    """
    drawn = random.Random(f'{seed} {epoch}').randrange(steps)
    return {*range(min(first, steps)), drawn, steps - 1}
