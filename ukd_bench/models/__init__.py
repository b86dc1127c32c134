"""Networks that MMAction2 does not have."""

from .channels_last import ChannelsLastHook
from .pretrained import pretrained_backbone
from .torchvision_video import TorchvisionVideo
from .two_stream import LateFusionHead, SplitStreams, TwoStreamBackbone

__all__ = [
    'ChannelsLastHook',
    'LateFusionHead',
    'SplitStreams',
    'TorchvisionVideo',
    'TwoStreamBackbone',
    'pretrained_backbone',
]
