"""The optical flow that comes with a clip."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from ..registry import ENHANCEMENTS


@ENHANCEMENTS.register_module()
class OpticalFlow(nn.Module):
    """Takes the flow instead of the picture, centred at no motion.

    A code of 127.5 stands for no motion and becomes 0. The preprocessor subtracts no mean: a mean
    over both components says nothing, and a still pixel should be 0 whatever moves beside it.

    Shape: uint8 of any shape in, float32 in [-127.5, 127.5] of the same shape out.

    Attributes:
        channels: The flow's channels in the packed clip, as ``ukd_bench.ViewCrop`` puts them.
        centred: True: 0 has a meaning which standardisation must keep.
    """

    channels: ClassVar[slice] = slice(3, 5)
    centred: ClassVar[bool] = True

    def forward(self, clips: Tensor) -> Tensor:
        """Codes of any shape as float32, less the code of no motion."""
        return clips.to(torch.float32) - 127.5
