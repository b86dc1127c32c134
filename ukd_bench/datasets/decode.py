"""Decoding once what is read every epoch."""

import decord
import numpy as np
from mmcv.transforms import BaseTransform

from ..registry import TRANSFORMS


@TRANSFORMS.register_module()
class OpenKeptVideo(BaseTransform):
    """Stands for ``DecordInit`` where a data set is small enough to keep decoded.

    Decodes every frame of a video the first time and keeps them for as long as the process lives,
    so that later epochs cost no decoding. The frames are those that decord gives, bit for bit. Each
    loader worker keeps its own; a set of V videos of T frames takes 3 V T H W bytes in each.

    Adds the keys ``kept_frames``, (T, H, W, 3) uint8, and ``total_frames``.
    """

    def __init__(self) -> None:
        self._kept: dict[str, np.ndarray] = {}

    def transform(self, results: dict) -> dict:
        filename = results['filename']
        frames = self._kept.get(filename)
        if frames is None:
            reader = decord.VideoReader(filename, num_threads=1)
            frames = reader.get_batch(range(len(reader))).asnumpy()
            self._kept[filename] = frames
        results.update(kept_frames=frames, total_frames=len(frames))
        return results


@TRANSFORMS.register_module()
class TakeKeptFrames(BaseTransform):
    """Stands for ``DecordDecode``: takes the frames at ``frame_inds`` from those kept."""

    def transform(self, results: dict) -> dict:
        frames = results.pop('kept_frames')
        results['imgs'] = list(frames[results['frame_inds']])
        results['original_shape'] = results['img_shape'] = frames.shape[1:3]
        return results
