"""The numbers of fixed normalisation, checked for those who plan without torch as well."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..checks import is_number
from ..errors import ConfigError, quoted

KEYS = ('mean', 'std')


def require_numbers(numbers: Mapping[str, Sequence[Any]], where: str = '') -> None:
    """Refuses what no clip can be normalised by.

    Args:
        numbers: ``mean`` and ``std`` of red, green and blue, in intensity levels.
        where: What messages begin with.

    Raises:
        ConfigError: either is no list of three finite numbers, or a deviation is not above 0.
    """
    for name in KEYS:
        values = numbers[name]
        three = isinstance(values, (list, tuple)) and len(values) == 3
        if not (three and all(is_number(value) and math.isfinite(value) for value in values)):
            raise ConfigError(
                f'{where}normalization: {name} = {quoted(values)} is no list of three numbers, '
                'for red, green and blue in [0, 255]'
            )
    if min(numbers['std']) <= 0:
        raise ConfigError(f'{where}normalization: std = {quoted(numbers["std"])} is not above 0')
