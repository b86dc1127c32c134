"""A hash of all targets of a training run, in whatever order they come."""

import hashlib
from collections.abc import Iterable

from torch import Tensor

_MODULUS = 2**256


class TargetHash:
    """The sum, modulo 2^256, of the SHA-256 of every target with its address.

    A sum has no order and can go on: batches of any size, and a run that was resumed, give the hash
    of one undisturbed run. Each process of a distributed training has the sum of its own share.

    Attributes:
        total: The sum so far.
    """

    def __init__(self) -> None:
        self.total = 0

    def update(self, addresses: Iterable[tuple[int, int]], targets_NC: Tensor) -> None:
        """Adds the targets (N, C) of N addresses, of view and sample each."""
        for (view, sample), target_C in zip(addresses, targets_NC.numpy(force=True), strict=True):
            address = f'{view},{sample};'.encode()
            digest = hashlib.sha256(address + target_C.tobytes()).digest()
            self.add(int.from_bytes(digest))

    def add(self, part: int) -> None:
        """Adds the sum over some targets, such as those of another process."""
        self.total = (self.total + part) % _MODULUS

    def hexdigest(self) -> str:
        """The sum as 64 hexadecimal digits."""
        return f'{self.total:064x}'
