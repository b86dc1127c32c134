"""Networks that MMAction2 does not have."""

from .late_fusion_head import LateFusionHead
from .split_streams import SplitStreams
from .two_stream import TwoStreamBackbone

__all__ = ['LateFusionHead', 'SplitStreams', 'TwoStreamBackbone']
