"""The pipeline steps that touch video: opening it, and taking the frames of the views."""

from pathlib import Path

import numpy as np
from mmcv.transforms import BaseTransform

from ...errors import ConfigError
from ...registry import TRANSFORMS
from ..cache.store import CachedVideo, ClipCache
from .frames import DecodedVideo, Frames


@TRANSFORMS.register_module()
class OpenVideo(BaseTransform):
    """Opens a clip's video, or its frames in a clip cache.

    Adds the keys ``video``, a :class:`ukd_bench.data.video.frames.Frames`, and ``total_frames``.
    With and without a cache the frames are the same; what the cache does not hold is decoded.

    Args:
        short_side: Pixels that the shorter side of larger frames is reduced to, before any crop;
            None leaves the size alone.
        cache: Folder that ``ukd-bench data cache`` has made; None decodes every time.
            Clips go by their ``video_id``; without that key they are decoded.

    Raises:
        ConfigError: ``short_side`` is not positive, or is not that of the cache.
        DataError: the folder holds no cache, or the video cannot be opened.
    """

    def __init__(self, short_side: int | None = None, cache: str | Path | None = None) -> None:
        if short_side is not None and short_side < 1:
            raise ConfigError(f'OpenVideo: short_side = {short_side} is not positive')
        self.short_side = short_side
        self.cache = None if cache is None else ClipCache(cache)
        if self.cache is not None and self.cache.short_side != short_side:
            raise ConfigError(
                f'OpenVideo: short_side = {short_side}, but the clip cache {cache} was made with '
                f'{self.cache.short_side}'
            )

    def transform(self, results: dict) -> dict:
        """Adds ``video`` and ``total_frames``."""
        video = self._open(results)
        results.update(video=video, total_frames=len(video))
        return results

    def _open(self, results: dict) -> Frames:
        filename = results['filename']
        if self.cache is not None and 'video_id' in results:
            cached = self.cache.find(results['video_id'], filename)
            if cached is not None:
                return cached
        return DecodedVideo(filename, self.short_side)


@TRANSFORMS.register_module()
class TakeFrames(BaseTransform):
    """Takes the frames at ``frame_inds`` of the open video, and of the open flow if there is one.

    Adds ``imgs``, a list of (H, W, 3) uint8 frames, and ``flows``, a list of (H, W, 2) uint8
    fields. The flow of a frame is that towards the next; the last frame has the one before it.
    """

    def transform(self, results: dict) -> dict:
        """Puts ``imgs`` in the place of ``video``, and ``flows`` in that of ``flow``."""
        indices = results['frame_inds']
        video = results.pop('video')
        # Most of a cached frame's cost is copying it, and a crop comes next.
        copies = not isinstance(video, CachedVideo)
        results['imgs'] = list(video.take(indices)) if copies else video.look(indices)
        results['original_shape'] = results['img_shape'] = results['imgs'][0].shape[:2]
        if 'flow' in results:
            flow = results.pop('flow')
            results['flows'] = list(flow.take(np.minimum(indices, len(flow) - 1)))
        return results
