"""The optical flow that comes with a clip."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from ..registry import ENHANCEMENTS


@ENHANCEMENTS.register_module()
class OpticalFlow(nn.Module):
    """Takes the flow instead of the picture, centred at no motion.

    A code of 127.5 stands for no motion. The mean is kept where the preprocessor standardises: one
    over both components means nothing, and a still pixel should be 0 whatever moves beside it.

    Shape: uint8 of any shape in, float32 in [-127.5, 127.5] of the same shape out.

    Attributes:
        channels: Of the packed clip, see :class:`ukd_bench.ViewCrop`.
        centred: That 0 has a meaning which standardisation must keep.
    """

    channels: ClassVar[slice] = slice(3, 5)
    centred: ClassVar[bool] = True

    def forward(self, clips: Tensor) -> Tensor:
        return clips.to(torch.float32) - 127.5
