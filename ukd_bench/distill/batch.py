"""What a knowledge source is told of a batch."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class AddressedBatch:
    """A batch of training clips by address.

    Attributes:
        view: View index of all its clips.
        samples: N sample indices.
        labels_N: (N,) int64 true labels, on the CPU.
        inputs: The N packed clips as the student gets them, (M, C, T, H, W) each.
        renderings: By fingerprint, the N clips as networks with another rendering get them.
        iteration: Training iterations done before this one.
        data: The whole batch as the loader made it.
    """

    view: int
    samples: list[int]
    labels_N: Tensor
    inputs: list[Tensor]
    renderings: dict[str, list[Tensor]]
    iteration: int
    data: dict
