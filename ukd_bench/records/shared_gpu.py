"""How many runs may share a GPU, as a run's process is told by a variable of its environment.

It changes what a run takes and nothing of what it computes. So it is in no specification, key or
fingerprint, and stands in the record alone.
"""

import os

from ..errors import ConfigError, quoted

VARIABLE = 'UKD_BENCH_RUNS_PER_GPU'
"""Holds the number of runs that may be on one GPU at once; absent where a run has its own."""


def told_of_sharing(runs: int) -> dict[str, str]:
    """The variables by which the process of a run is told; none where it shares with no other."""
    return {VARIABLE: str(runs)} if runs > 1 else {}


def runs_per_gpu(device: str) -> int:
    """Runs that may be on this process's GPU at once, itself among them; 1 on the CPU.

    Args:
        device: ``cpu`` or ``cuda``.

    Raises:
        ConfigError: the variable holds no positive whole number.
    """
    told = os.environ.get(VARIABLE, '')
    if device != 'cuda' or not told:
        return 1
    if not (told.isascii() and told.isdecimal() and 0 < len(told) < 5 and int(told)):
        raise ConfigError(f'{VARIABLE} = {quoted(told)} is no number of runs')
    return int(told)
