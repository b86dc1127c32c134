"""The ends of a pipeline that touch video: opening it, and taking the frames of the views."""

import numpy as np
from mmcv.transforms import BaseTransform

from ..errors import ConfigError
from ..registry import TRANSFORMS
from .video import DecodedVideo


@TRANSFORMS.register_module()
class OpenVideo(BaseTransform):
    """Opens a clip's video.

    Adds the keys ``video``, a :class:`ukd_bench.datasets.video.Frames`, and ``total_frames``.

    Args:
        short_side: Pixels that the shorter side of every frame is resized to, before any crop;
            None leaves the size alone.

    Raises:
        ConfigError: ``short_side`` is not positive.
        DataError: the video cannot be opened.
    """

    def __init__(self, short_side: int | None = None) -> None:
        if short_side is not None and short_side < 1:
            raise ConfigError(f'OpenVideo: short_side = {short_side} is not positive')
        self.short_side = short_side

    def transform(self, results: dict) -> dict:
        video = DecodedVideo(results['filename'], self.short_side)
        results.update(video=video, total_frames=len(video))
        return results


@TRANSFORMS.register_module()
class TakeFrames(BaseTransform):
    """Takes the frames at ``frame_inds`` of the open video, and of the open flow if there is one.

    Adds ``imgs``, a list of (H, W, 3) uint8 frames, and ``flows``, a list of (H, W, 2) uint8
    fields. The flow of a frame is that towards the next; the last frame has the one before it.
    """

    def transform(self, results: dict) -> dict:
        indices = results['frame_inds']
        video = results.pop('video')
        frames = video.take(indices)
        results['imgs'] = list(frames)
        results['original_shape'] = results['img_shape'] = frames.shape[1:3]
        if 'flow' in results:
            flow = results.pop('flow')
            results['flows'] = list(flow.take(np.minimum(indices, len(flow) - 1)))
        return results
