"""Views that replay: one augmented clip is a function of (view seed, view index, sample index).

A view's *parameters* are normalised: where in the source it starts and how much of it it spans, a
crop box as fractions, a flip. A *rendering* turns them into one network's clip length and size.
Transforms of others replay in another way, see :mod:`.replay`.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from mmcv.transforms import BaseTransform

from ...errors import ConfigError, DataError
from ...registry import TRANSFORMS
from .protocols import Source, ViewParameters, protocol as named_protocol


@TRANSFORMS.register_module()
class DrawView(BaseTransform):
    """Draws the parameters of a training view from its address alone.

    Adds the key ``views`` with one view. Needs ``view_id``, which
    :class:`ukd_bench.data.views.replay.ReplayedPipeline` provides.

    Args:
        min_span: Smallest share of the clip's duration that a view spans.
        min_side: Smallest share of the frame's width and of its height that the crop keeps.
        flip_ratio: Probability of mirroring.
    """

    def __init__(
        self, min_span: float = 0.8, min_side: float = 0.8, flip_ratio: float = 0.5
    ) -> None:
        for name, value in (('min_span', min_span), ('min_side', min_side)):
            if not 0 < value <= 1:
                raise ConfigError(f'DrawView: {name} = {value} is not in (0, 1]')
        if not 0 <= flip_ratio <= 1:
            raise ConfigError(f'DrawView: flip_ratio = {flip_ratio} is not in [0, 1]')
        self.min_span = min_span
        self.min_side = min_side
        self.flip_ratio = flip_ratio

    def transform(self, results: dict) -> dict:
        """Adds ``views``."""
        if 'view_id' not in results:
            raise ConfigError('DrawView needs ukd_bench.ReplayHook (or a hook built on it)')
        generator = np.random.default_rng(results['view_id'])
        span, width, height = generator.uniform((self.min_span, self.min_side, self.min_side), 1.0)
        start, left, top = generator.random(3) * (1 - np.array((span, width, height)))
        flip = generator.random() < self.flip_ratio
        results['views'] = (ViewParameters(start, span, left, top, width, height, bool(flip)),)
        return results


@TRANSFORMS.register_module()
class EvaluationViews(BaseTransform):
    """The views that an evaluation protocol wants of a test clip.

    Adds the key ``views``. Needs ``video``, which :class:`ukd_bench.data.video.loading.OpenVideo`
    opens.

    Args:
        protocol: A name from :data:`ukd_bench.data.views.protocols.PROTOCOLS`.

    Raises:
        ConfigError: no such protocol.
    """

    def __init__(self, protocol: str = 'center') -> None:
        self.protocol = named_protocol(protocol)

    def transform(self, results: dict) -> dict:
        """Adds ``views``."""
        _require_frames(results)
        shape = results['video'].shape if self.protocol.num_views > 1 else (1, 1)
        source = Source(results['sample_idx'], results['total_frames'], shape)
        results['views'] = self.protocol.views(source)
        return results


@TRANSFORMS.register_module()
class ViewFrames(BaseTransform):
    """Renders the views' time: ``clip_len`` frames at the middles of equal parts of each span.

    Args:
        clip_len: Frames a view.
    """

    def __init__(self, clip_len: int) -> None:
        if clip_len < 1:
            raise ConfigError(f'ViewFrames: clip_len = {clip_len} is not positive')
        self.clip_len = clip_len

    def transform(self, results: dict) -> dict:
        """Adds ``frame_inds``, those of one view after those of the other."""
        _require_frames(results)
        total, views = results['total_frames'], results['views']
        middles = (np.arange(self.clip_len) + 0.5) / self.clip_len
        instants = np.concatenate([view.start + view.span * middles for view in views])
        results['frame_inds'] = np.minimum((instants * total).astype(np.int64), total - 1)
        results.update(clip_len=self.clip_len, num_clips=len(views), frame_interval=None)
        return results


def _require_frames(results: dict) -> None:
    if results['total_frames'] < 1:
        raise DataError(f'{results["filename"]}: cannot be decoded (it holds no frame)')


@TRANSFORMS.register_module()
class ViewCrop(BaseTransform):
    """Renders the views' space: crop, resize to a square, flip; frames stay uint8.

    ``flows``, if any, get the same box and become channels 3 and 4 of ``imgs``. A flip turns their
    horizontal component round; their magnitude stays in pixels of the source.

    Args:
        size: Side of the output in pixels.
    """

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ConfigError(f'ViewCrop: size = {size} is not positive')
        self.size = size

    def transform(self, results: dict) -> dict:
        """Replaces ``imgs`` by (size, size, C) frames, C being 3, or 5 with flow."""
        views = results['views']
        results['imgs'] = self._render(results['imgs'], views)
        if 'flows' in results:
            flows = self._render(results.pop('flows'), views, mirrors_x=True)
            pairs = zip(results['imgs'], flows, strict=True)
            results['imgs'] = [np.concatenate(pair, axis=-1) for pair in pairs]
        results['img_shape'] = (self.size, self.size)
        return results

    def _render(
        self, frames: list[np.ndarray], views: Sequence[ViewParameters], mirrors_x: bool = False
    ) -> list[np.ndarray]:
        length = len(frames) // len(views)
        rendered = []
        for number, view in enumerate(views):
            rows, columns = _box(view, frames[0].shape)
            for frame in frames[number * length : (number + 1) * length]:
                square = self._resize(frame[rows, columns])
                if view.flip:
                    square = cv2.flip(square, 1)
                    if mirrors_x:
                        square[..., 0] = 255 - square[..., 0]
                rendered.append(square)
        return rendered

    def _resize(self, crop: np.ndarray) -> np.ndarray:
        # Averaging keeps the shot noise of small dark frames from aliasing.
        shrinks = crop.shape[0] >= self.size and crop.shape[1] >= self.size
        interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        return cv2.resize(crop, (self.size, self.size), interpolation=interpolation)


def _box(view: ViewParameters, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns of a view's box in frames of ``shape``; at least one of each."""
    height, width = shape[:2]
    top = min(round(view.top * height), height - 1)
    left = min(round(view.left * width), width - 1)
    bottom = max(top + 1, round((view.top + view.height) * height))
    right = max(left + 1, round((view.left + view.width) * width))
    return slice(top, bottom), slice(left, right)
