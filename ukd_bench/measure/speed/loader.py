"""Throughput of a training pipeline that decodes, and of the same one with a clip cache.

Both give the same clips, which is checked, and take turns in blocks (see :mod:`.blocks`). Beside
them stands plain reading of the frames that the cached pipeline takes: what no loader of stored
frames exceeds.
"""

import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...data.arid.layout import find_layout
from ...data.cache.build import build
from ...data.cache.store import ClipCache
from ...data.dataset import build_dataset
from ...data.views.replay import ReplayedPipeline
from .blocks import Interval, begin, ratio_interval, timed, turns

MODES = ('decoded', 'cached', 'plain reading')
_BLOCK_S = 1.0
"""Least seconds of the decoded pipeline's part of a block."""
_SUBSETS = ('train', 'test')
_SEED = 0


@dataclass(frozen=True)
class LoaderSetting:
    """Frames and pixels that a pipeline takes of every clip.

    Attributes:
        short_side: Pixels that a longer shorter side is reduced to, by decoder and cache alike;
            None leaves the size alone.
        clip_len: Frames a view.
        crop: Side in pixels of the squares that come out.
    """

    short_side: int | None = None
    clip_len: int = 8
    crop: int = 48


@dataclass(frozen=True)
class LoaderFigures:
    """Figures of the three modes.

    Attributes:
        clips: Number of clips.
        passes: Views of every clip in a block.
        frame_bytes: Bytes of frames that a pass takes of all clips, after resizing and before the
            crop.
        cache_bytes: Size of the cache.
        wall_s: Seconds of every block, by mode.
        cpu_s: Seconds of processor time of every block, by mode.
    """

    clips: int
    passes: int
    frame_bytes: int
    cache_bytes: int
    wall_s: dict[str, list[float]]
    cpu_s: dict[str, list[float]]

    def clips_per_s(self, mode: str) -> float:
        """Clips a second over all blocks."""
        blocks = self.wall_s[mode]
        return self.clips * self.passes * len(blocks) / sum(blocks)

    def bytes_per_s(self, mode: str) -> float:
        """Bytes of frames, as ``frame_bytes`` counts them, a second over all blocks."""
        return self.clips_per_s(mode) * self.frame_bytes / self.clips

    def speed_up(self, mode: str) -> Interval:
        """Throughput as a multiple of the decoded pipeline's: estimate, low and high."""
        return ratio_interval(self.wall_s['decoded'], self.wall_s[mode])

    def cpu_saving(self, mode: str) -> Interval:
        """The decoded pipeline's processor time as a multiple of this one's, likewise.

        It is what counts where loaders share the cores, and other work disturbs it less.
        """
        return ratio_interval(self.cpu_s['decoded'], self.cpu_s[mode])


def measure_loader(
    root: Path, folder: Path, setting: LoaderSetting, clips: int, blocks: int, workers: int = 1
) -> LoaderFigures:
    """Times a training pipeline in this process, with one thread, from a warm page cache.

    Args:
        root: Data root.
        folder: Folder of the cache, which is made.
        setting: Frames and pixels that are taken of every clip.
        clips: Most clips, spread over the lists of the first split.
        blocks: Timed blocks, at least 2.
        workers: Processes that make the cache.

    Raises:
        ConfigError: ``blocks`` is too small.
        DataError: the data set or one of its videos cannot be used.
    """
    begin(blocks=blocks)
    decoding = _Loader(root, setting, clips)
    cache = build(root, folder, decoding.video_ids, setting.short_side, workers)
    cached = _Loader(root, setting, clips, folder)

    _require_equal(decoding.load(0), cached.load(0))
    pass_s, _ = timed(partial(decoding.run, [0]))
    passes = max(1, math.ceil(_BLOCK_S / pass_s))
    frame_bytes = _read(cached.frame_places(cache, 0))

    wall_s: dict[str, list[float]] = {mode: [] for mode in MODES}
    cpu_s: dict[str, list[float]] = {mode: [] for mode in MODES}
    loaders = {'decoded': decoding, 'cached': cached}
    for block, mode in turns(MODES, blocks):
        views = range(1 + block * passes, 1 + (block + 1) * passes)
        if mode in loaders:
            wall, cpu = timed(partial(loaders[mode].run, views))
        else:
            places = [place for view in views for place in cached.frame_places(cache, view)]
            wall, cpu = timed(partial(_read, places))
        wall_s[mode].append(wall)
        cpu_s[mode].append(cpu)
    return LoaderFigures(
        len(decoding.video_ids), passes, frame_bytes, cache.num_bytes, wall_s, cpu_s
    )


def training_pipeline(setting: LoaderSetting, cache: Path | None) -> list[dict[str, Any]]:
    """Configs of the steps from a video to the packed clip of a 3D network.

    Args:
        setting: Frames and pixels that are taken of every clip.
        cache: Folder of the clip cache; None decodes every time.
    """
    place = {} if cache is None else dict(cache=str(cache))
    return [
        dict(type='ukd_bench.OpenVideo', short_side=setting.short_side, **place),
        dict(type='ukd_bench.DrawView'),
        dict(type='ukd_bench.ViewFrames', clip_len=setting.clip_len),
        dict(type='ukd_bench.TakeFrames'),
        dict(type='ukd_bench.ViewCrop', size=setting.crop),
        dict(type='FormatShape', input_format='NCTHW'),
        dict(type='PackActionInputs', meta_keys=('video_id',)),
    ]


class _Loader:
    """A training pipeline over clips of the first split, as a loader without workers runs it."""

    def __init__(
        self, root: Path, setting: LoaderSetting, clips: int, cache: Path | None = None
    ) -> None:
        pipeline = training_pipeline(setting, cache)
        split = find_layout(root).splits[0]
        self._datasets = []
        for subset in _SUBSETS:
            config = dict(type='ukd_bench.ARIDDataset', data_root=str(root), split=split)
            config |= dict(subset=subset, pipeline=pipeline)
            dataset = build_dataset(config)
            self._steps = dataset.pipeline.transforms
            dataset.pipeline = ReplayedPipeline(dataset.pipeline, _SEED)
            self._datasets.append(dataset)
        every = [(dataset, index) for dataset in self._datasets for index in range(len(dataset))]
        chosen = np.linspace(0, len(every) - 1, min(clips, len(every))).astype(int)
        self._samples = [every[number] for number in chosen]
        self._infos = [dataset.get_data_info(index) for dataset, index in self._samples]
        self.video_ids = [info['video_id'] for info in self._infos]

    def load(self, view: int) -> list[torch.Tensor]:
        """One view of every clip."""
        return list(self._clips(view))

    def run(self, views: Iterable[int]) -> None:
        """Makes views of every clip, and lets go of each."""
        for view in views:
            for _ in self._clips(view):
                pass

    def _clips(self, view: int) -> Iterator[torch.Tensor]:
        for dataset in self._datasets:
            dataset.pipeline.set_view(view)
        for dataset, index in self._samples:
            yield dataset.prepare_data(index)['inputs']

    def frame_places(self, cache: ClipCache, view: int) -> list[tuple[Path, list[int], int]]:
        """The file of every clip, the offsets of a view's frames in it, and a frame's bytes."""
        places = []
        for info in self._infos:
            results = dict(info, view_id=(_SEED, view, info['sample_idx']))
            for step in self._steps[:3]:
                results = step(results)
            entry = cache.manifest.clips[info['video_id']]
            frame_bytes = math.prod(entry.shape[1:])
            begin = entry.file_bytes - math.prod(entry.shape)
            offsets = [begin + int(index) * frame_bytes for index in results['frame_inds']]
            places.append((cache.folder / entry.file, offsets, frame_bytes))
        return places


def _read(places: list[tuple[Path, list[int], int]]) -> int:
    """Reads frames into memory, file after file and front to back; returns their bytes."""
    total = 0
    buffer = bytearray(max(frame_bytes for _, _, frame_bytes in places))
    for path, offsets, frame_bytes in places:
        view = memoryview(buffer)[:frame_bytes]
        with open(path, 'rb', buffering=0) as file:
            for offset in offsets:
                total += os.preadv(file.fileno(), [view], offset)
    return total


def _require_equal(decoded: list[torch.Tensor], cached: list[torch.Tensor]) -> None:
    equal = all(torch.equal(*pair) for pair in zip(decoded, cached, strict=True))
    assert equal, 'the cache changed a clip'
