"""What a person calls a run of a sweep."""

from .regime import DEFAULT_REGIME


def run_label(method: str, num_teachers: int, network: str | None, seed: int, regime: str) -> str:
    """Name of a run in lines of progress.

    Args:
        method: Its method.
        num_teachers: K; 0 where there is none.
        network: Its teacher, or else its student; None of an ensemble.
        seed: Its seed.
        regime: The first regime that it is part of.
    """
    count = f'K={num_teachers}' if num_teachers else ''
    where = '' if regime == DEFAULT_REGIME else f'({regime})'
    return ' '.join(filter(None, (method, count, network, f'seed={seed}', where)))
