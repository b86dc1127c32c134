"""Amounts of memory as people write them: a number with its unit, or a card by its name."""

import re

from .checks import did_you_mean
from .errors import ConfigError, quoted

MIB = 2**20
GIB = 2**30

UNITS = {
    'MB': 10**6, 'GB': 10**9, 'TB': 10**12, 'MiB': MIB, 'GiB': GIB, 'TiB': 2**40,
}  # fmt: skip
"""Bytes of each unit."""

CARDS = {
    'rtx2080ti': 10.76, 't4': 14.74, 'v100': 15.78, 'rtx4090': 23.64, 'rtx3090': 23.70,
    'rtx5090': 31.36, 'v100-32gb': 31.74, 'a100': 39.50, 'h100': 79.11, 'a100-80gb': 79.25,
    'h200': 139.80,
}  # fmt: skip
"""GiB of a card that programs can use, which is less than its box says.

It is the total capacity that torch states where it runs out of memory, as public reports quote it
for each card; it differs by some hundredths between drivers.
"""

CONTEXT_BYTES = 600 * MIB
"""Allowed for what a process has on a GPU beside its tensors: the CUDA context and kernels.

Reports on torch's own tracker tell of 300 to 600 MiB since CUDA loads kernels when they are needed.
"""


def parse_size(text: str) -> int:
    """Bytes of ``11GiB`` (2**30 each), ``24GB`` (10**9 each), ``512MiB``, or of a card's memory.

    Raises:
        ConfigError: the text is neither a positive number with a unit nor a name of :data:`CARDS`.
    """
    if (card := text.lower()) in CARDS:
        return round(CARDS[card] * GIB)
    match = re.fullmatch(r'(\d{1,9}(?:\.\d{1,9})?) ?([A-Za-z]*)', text)
    units = {unit.lower(): number for unit, number in UNITS.items()}
    if match is None:
        known = f'a size like 11GiB or 24GB, or a card: {", ".join(CARDS)}'
        raise ConfigError(f'{quoted(text)} is not {known}{did_you_mean(card, CARDS)}')
    number, unit = match.groups()
    if not unit:
        raise ConfigError(
            f'{quoted(text)} has no unit: {number}GiB is {number} x 2**30 bytes, {number}GB '
            f'{number} x 10**9'
        )
    if unit.lower() not in units:
        raise ConfigError(f'{quoted(text)}: unit {quoted(unit)} is none of {", ".join(UNITS)}')
    size = round(float(number) * units[unit.lower()])
    if not size:
        raise ConfigError(f'{quoted(text)} is no memory at all')
    return size
