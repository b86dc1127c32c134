"""Clips a second of the bank fill, beside the teacher's bare forward.

The teacher scores clips that lie in memory already, which nothing that stores scores can exceed;
and ``fill`` reads the same number of clips from a clip cache, renders them, scores them and writes
the bank. Both take turns in one session and are compared within a block.

The rate is that of whole calls, with all that a call does once: it identifies the videos, and loads
the teacher and hashes its weights. As real fills have far more views, the views after the first
are told apart too; what a loader's worker made of them during the first is not in their time.
"""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import torch
from mmaction.registry import MODELS
from mmaction.utils import register_all_modules
from mmengine.config import Config
from torch import Tensor

from ...data.cache import build
from ...data.dataset import build_dataset
from ...data.views.replay import ReplayedPipeline
from ...errors import ConfigError
from ...files.checkpoints import save_weights
from ...knowledge.bank.fill import fill
from ...knowledge.pool import PoolEntry, read_pool
from ...knowledge.teacher import Teacher
from .ratios import ratio_interval
from .synthetic import Synthetic

WORKERS = (0, 1)
"""Loader processes that ``fill`` is measured with."""
_CLASSES = 11
_SEED = 0


@dataclass(frozen=True)
class FillSetting:
    """The teacher, and what it sees.

    Attributes:
        network: One of torchvision's video networks, at full width.
        size: Width and height of the videos in pixels.
        frames: Of a video.
        clips: How many; whole micro-batches of them waste no forward.
        clip_len: Frames of a clip.
        crop: Side in pixels.
        short_side: Of the cached frames.
        views: Views of a call of ``fill``, at least 2.
    """

    network: str = 'r2plus1d_18'
    size: tuple[int, int] = (320, 240)
    frames: int = 80
    clips: int = 32
    clip_len: int = 8
    crop: int = 112
    short_side: int = 128
    views: int = 2


@dataclass(frozen=True)
class FillFigures:
    """What was measured; every list has one entry a block.

    Attributes:
        clips: Clips a view.
        views: Views a call of ``fill``.
        bare_s: Seconds in which the teacher scores the clips of a view.
        bare_cpu_s: The same of processor time.
        loading_s: Seconds in which this process makes the clips of a view from the cache.
        fill_s: Seconds of a call of ``fill``, by workers.
        fill_cpu_s: The same of processor time, that of workers left out.
        first_s: Seconds from the call to the end of its first view, by workers.
    """

    clips: int
    views: int
    bare_s: list[float] = field(default_factory=list)
    bare_cpu_s: list[float] = field(default_factory=list)
    loading_s: list[float] = field(default_factory=list)
    fill_s: dict[int, list[float]] = field(default_factory=lambda: {n: [] for n in WORKERS})
    fill_cpu_s: dict[int, list[float]] = field(default_factory=lambda: {n: [] for n in WORKERS})
    first_s: dict[int, list[float]] = field(default_factory=lambda: {n: [] for n in WORKERS})

    @property
    def bare_clips_per_s(self) -> float:
        return self.clips * len(self.bare_s) / sum(self.bare_s)

    @property
    def loaded_clips_per_s(self) -> float:
        return self.clips * len(self.loading_s) / sum(self.loading_s)

    def clips_per_s(self, workers: int) -> float:
        """Clips a second of ``fill``."""
        blocks = self.fill_s[workers]
        return self.clips * self.views * len(blocks) / sum(blocks)

    def efficiency(self, workers: int) -> tuple[float, float, float]:
        """Throughput of ``fill`` as a share of the bare teacher's: estimate, low and high."""
        return ratio_interval([self.views * bare for bare in self.bare_s], self.fill_s[workers])

    def cpu_efficiency(self, workers: int) -> tuple[float, float, float]:
        """The same in processor time of this process, which other work disturbs less."""
        bare = [self.views * bare for bare in self.bare_cpu_s]
        return ratio_interval(bare, self.fill_cpu_s[workers])

    def later_efficiency(self, workers: int) -> tuple[float, float, float]:
        """The same of the views after each call's first, by the clock."""
        spans = zip(self.fill_s[workers], self.first_s[workers], strict=True)
        return ratio_interval(
            [(self.views - 1) * bare for bare in self.bare_s],
            [whole - first for whole, first in spans],
        )


def measure_fill(
    folder: Path,
    setting: FillSetting,
    blocks: int,
    device: str = 'cpu',
    makers: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> FillFigures:
    """Times a teacher and ``fill`` in this process, with one thread, from a warm page cache.

    Args:
        folder: For clips, cache, teacher and banks; empty.
        setting: The teacher and what it sees.
        blocks: Timed blocks, at least 2.
        device: Where the teacher runs.
        makers: Processes that make clips and cache.
        progress: Called with blocks done and blocks in all.

    Raises:
        ConfigError: ``blocks`` or ``views`` is too small, or torchvision's network cannot take
            such clips.
    """
    for name, value in (('blocks', blocks), ('views', setting.views)):
        if value < 2:
            raise ConfigError(f'{name} is {value}; the measurement needs at least 2')
    torch.set_num_threads(1)
    cv2.setNumThreads(0)
    register_all_modules(init_default_scope=True)
    entry = _make_teacher(folder, setting)
    dataset_config = _cached_clips(folder, setting, makers)
    clips = _Clips(dataset_config)
    teacher = Teacher.of(entry, device)
    figures = FillFigures(setting.clips, setting.views)
    in_memory = clips.load()
    teacher.score(in_memory)

    for block in range(blocks):
        works = [
            partial(_time_bare, figures, teacher, in_memory),
            partial(_time_loading, figures, clips),
            *(
                partial(_time_fill, figures, entry, dataset_config, setting.views, device, workers)
                for workers in WORKERS
            ),
        ]
        for turn in range(len(works)):
            works[(block + turn) % len(works)]()
        progress(block + 1, blocks)
    return figures


def _time_bare(figures: FillFigures, teacher: Teacher, clips: list[Tensor]) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    # Scores come back to the host, so the device has finished.
    teacher.score(clips)
    figures.bare_s.append(time.perf_counter() - wall)
    figures.bare_cpu_s.append(time.process_time() - cpu)


def _time_loading(figures: FillFigures, clips: '_Clips') -> None:
    wall = time.perf_counter()
    clips.load()
    figures.loading_s.append(time.perf_counter() - wall)


def _time_fill(
    figures: FillFigures,
    entry: PoolEntry,
    dataset_config: dict,
    views: int,
    device: str,
    workers: int,
) -> None:
    # A bank that is there would be kept.
    shutil.rmtree(entry.bank, ignore_errors=True)
    ends: list[float] = []
    wall, cpu = time.perf_counter(), time.process_time()
    fill(
        entry, dataset_config, _SEED, views, device, workers,
        progress=lambda done, total: ends.append(time.perf_counter()),
    )  # fmt: skip
    figures.fill_s[workers].append(time.perf_counter() - wall)
    figures.fill_cpu_s[workers].append(time.process_time() - cpu)
    figures.first_s[workers].append(ends[0] - wall)


class _Clips:
    """The views of the training set, made in this process."""

    def __init__(self, dataset_config: dict) -> None:
        self._dataset = build_dataset(dataset_config)
        self._dataset.pipeline = ReplayedPipeline(self._dataset.pipeline, _SEED)

    def load(self) -> list[Tensor]:
        return [self._dataset[index]['inputs'] for index in range(len(self._dataset))]


def _cached_clips(folder: Path, setting: FillSetting, makers: int) -> dict:
    """Config of a training set of exactly that many clips, with a full cache."""
    root, cache = folder / 'videos', folder / 'cache'
    made = Synthetic(*setting.size, (setting.frames, setting.frames), setting.clips)
    made.make(root, makers, train_only=True)
    pipeline: list[dict[str, Any]] = [
        dict(type='ukd_bench.OpenVideo', short_side=setting.short_side, cache=str(cache)),
        dict(type='ukd_bench.DrawView'),
        dict(type='ukd_bench.ViewFrames', clip_len=setting.clip_len),
        dict(type='ukd_bench.TakeFrames'),
        dict(type='ukd_bench.ViewCrop', size=setting.crop),
        dict(type='FormatShape', input_format='NCTHW'),
        dict(type='PackActionInputs', meta_keys=('video_id',)),
    ]
    config: dict = dict(type='ukd_bench.ARIDDataset', data_root=str(root), pipeline=[])
    config |= dict(split=1, subset='train', indices=setting.clips)
    dataset = build_dataset(config)
    samples = [dataset.get_data_info(index) for index in range(len(dataset))]
    build(root, cache, [sample['video_id'] for sample in samples], setting.short_side, makers)
    return config | dict(pipeline=pipeline)


def _make_teacher(folder: Path, setting: FillSetting) -> PoolEntry:
    """A teacher of random weights, which take as long as others."""
    backbone = dict(type='ukd_bench.TorchvisionVideo', name=setting.network)
    model = dict(
        type='Recognizer3D',
        backbone=backbone,
        cls_head=dict(
            type='I3DHead',
            num_classes=_CLASSES,
            in_channels=MODELS.build(backbone).feature_dim,
            average_clips='prob',
        ),
        data_preprocessor=dict(
            type='ukd_bench.LowLightPreprocessor',
            streams=[dict(type='Identity')],
            format_shape='NCTHW',
        ),
    )
    Config(dict(model=model)).dump(folder / 'teacher.py')
    with torch.random.fork_rng():
        torch.manual_seed(_SEED)
        save_weights(MODELS.build(model), folder / 'teacher.pth')
    paths = {'config': 'teacher.py', 'checkpoint': 'teacher.pth', 'bank': 'bank'}
    (entry,) = read_pool(
        [{'name': 'teacher', **{key: str(folder / name) for key, name in paths.items()}}]
    )
    return entry
