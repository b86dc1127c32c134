"""Times the bank fill in clips a second, beside the teacher's bare forward.

The teacher scores clips that lie in memory already, which nothing that stores scores can exceed;
and ``fill`` reads the same number of clips from a clip cache, renders them, scores them and writes
the bank. Both take turns in blocks (see :mod:`.blocks`).

The rate is that of whole calls, with all that a call does once: it identifies the videos, and loads
the teacher and hashes its weights. As real fills have far more views, the views after the first
are timed apart too; clips of theirs that a worker made during the first are not in their time.
"""

import shutil
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch
from mmaction.registry import MODELS
from mmaction.utils import register_all_modules
from mmengine.config import Config
from torch import Tensor

from ...data.cache.build import build
from ...data.dataset import build_dataset
from ...data.views.replay import ReplayedPipeline
from ...files.checkpoints import save_weights
from ...knowledge.bank.fill_one import fill
from ...knowledge.pool import PoolEntry, read_pool
from ...knowledge.teacher import Teacher
from .blocks import Interval, Progress, begin, ratio_interval, timed, turns
from .loader import LoaderSetting, training_pipeline
from .synthetic import Synthetic

WORKERS = (0, 1)
"""Loader processes that ``fill`` is measured with."""
_CLASSES = 11
_SEED = 0


@dataclass(frozen=True)
class FillSetting:
    """The teacher, and the clips that it scores.

    Attributes:
        network: One of torchvision's video networks, at full width.
        size: Width and height of the videos in pixels.
        frames: Frames of a video.
        clips: Number of clips; whole micro-batches waste no forward.
        clip_len: Frames of a clip.
        crop: Side of a clip in pixels.
        short_side: Shorter side of the cached frames in pixels.
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
    """Figures of the fill and of the bare teacher; every list has one entry a block.

    Attributes:
        clips: Clips a view.
        views: Views a call of ``fill``.
        bare_s: Seconds in which the teacher scores the clips of a view.
        bare_cpu_s: Seconds of processor time of the same.
        loading_s: Seconds in which this process makes the clips of a view from the cache.
        fill_s: Seconds of a call of ``fill``, by workers.
        fill_cpu_s: Seconds of processor time of a call, without its workers'.
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
        """Clips a second of the teacher alone."""
        return self.clips * len(self.bare_s) / sum(self.bare_s)

    @property
    def loaded_clips_per_s(self) -> float:
        """Clips a second that this process makes from the cache."""
        return self.clips * len(self.loading_s) / sum(self.loading_s)

    def clips_per_s(self, workers: int) -> float:
        """Clips a second of ``fill``."""
        blocks = self.fill_s[workers]
        return self.clips * self.views * len(blocks) / sum(blocks)

    def efficiency(self, workers: int) -> Interval:
        """Throughput of ``fill`` as a share of the bare teacher's: estimate, low and high."""
        return ratio_interval([self.views * bare for bare in self.bare_s], self.fill_s[workers])

    def cpu_efficiency(self, workers: int) -> Interval:
        """The share in processor time of this process, which other work disturbs less."""
        bare = [self.views * bare for bare in self.bare_cpu_s]
        return ratio_interval(bare, self.fill_cpu_s[workers])

    def later_efficiency(self, workers: int) -> Interval:
        """The share over the views after each call's first, by the clock."""
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
    progress: Progress | None = None,
) -> FillFigures:
    """Times a teacher and ``fill`` in this process, with one thread, from a warm page cache.

    Args:
        folder: Empty folder for clips, cache, teacher and banks.
        setting: The teacher and the clips that it scores.
        blocks: Timed blocks, at least 2.
        device: Device of the teacher.
        makers: Processes that make clips and cache.
        progress: Called with blocks done and blocks in all.

    Raises:
        ConfigError: ``blocks`` or ``views`` is too small, or torchvision's network cannot take
            such clips.
    """
    begin(blocks=blocks, views=setting.views)
    register_all_modules(init_default_scope=True)
    entry = _make_teacher(folder, setting)
    dataset_config = _cached_clips(folder, setting, makers)
    clips = _Clips(dataset_config)
    teacher = Teacher.of(entry, device)
    figures = FillFigures(setting.clips, setting.views)
    in_memory = clips.load()
    teacher.score(in_memory)

    works = [
        partial(_time_bare, figures, teacher, in_memory),
        partial(_time_loading, figures, clips),
        *(
            partial(_time_fill, figures, entry, dataset_config, setting.views, device, workers)
            for workers in WORKERS
        ),
    ]
    for _, work in turns(works, blocks, progress):
        work()
    return figures


def _time_bare(figures: FillFigures, teacher: Teacher, clips: list[Tensor]) -> None:
    # Scores come back to the host, so the device has finished.
    wall, cpu = timed(partial(teacher.score, clips))
    figures.bare_s.append(wall)
    figures.bare_cpu_s.append(cpu)


def _time_loading(figures: FillFigures, clips: '_Clips') -> None:
    wall, _ = timed(clips.load)
    figures.loading_s.append(wall)


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

    def call() -> None:
        fill(
            entry, dataset_config, _SEED, views, device, workers,
            progress=lambda done, total: ends.append(time.perf_counter()),
        )  # fmt: skip

    begun = time.perf_counter()
    wall, cpu = timed(call)
    figures.fill_s[workers].append(wall)
    figures.fill_cpu_s[workers].append(cpu)
    figures.first_s[workers].append(ends[0] - begun)


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
    taken = LoaderSetting(setting.short_side, setting.clip_len, setting.crop)
    config: dict[str, Any] = dict(type='ukd_bench.ARIDDataset', data_root=str(root), pipeline=[])
    config |= dict(split=1, subset='train', indices=setting.clips)
    dataset = build_dataset(config)
    samples = [dataset.get_data_info(index) for index in range(len(dataset))]
    build(root, cache, [sample['video_id'] for sample in samples], setting.short_side, makers)
    return config | dict(pipeline=training_pipeline(taken, cache))


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
