"""What stands in for videos where only the memory that a training takes is of interest."""

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from mmaction.datasets import BaseActionDataset
from mmengine.config import Config
from torch import Tensor

from ....data.darkroom.film import write_video
from ....errors import ConfigError
from ....files.atomic import folder_once
from .stand_in_flow import without_flow

_LABELS = 2
_VIDEO, _PICTURES = 'stand-in.avi', 'frames'
FRAMES, HEIGHT, WIDTH, FPS = 80, 240, 320, 30
"""ARID's median length, and its size and rate."""
FRAME_NAMES = {'RGB': 'img_{:05}.jpg', 'Flow': 'flow_{}_{:05}.jpg'}
"""How frames are named, by what MMAction2 calls a modality."""
_LEFT_OUT = ('PytorchVideoWrapper',)
"""Steps that change pixels alone, and want a library that need not be here."""


class StandInVideos(BaseActionDataset):
    """Any number of clips of one video, which is decoded and augmented once.

    Every clip has the same pixels and a label of its own, two neighbours the same. Pipelines that
    open a video and those that read a folder of frames both find what they look for.

    Args:
        video: The video file.
        frames: Folder of its frames as pictures, named as :data:`FRAME_NAMES` says.
        clips: How many clips.
        classes: How many classes; None where nobody knows.
        pipeline: Steps of the config that is measured.
        clip: Frames, height and width of the blank clips that take the place of those that the
            pipeline makes; None for the latter. Clips of single frames keep their number.
        repeats: Clips of a sample, where each is a list of some.
        options: As of MMAction2's data sets.
    """

    def __init__(
        self,
        video: str,
        frames: str,
        clips: int,
        classes: int | None,
        pipeline: Sequence[dict],
        clip: tuple[int, int, int] | None = None,
        repeats: int | None = None,
        **options: Any,
    ) -> None:
        self._video, self._frames, self._clips, self._clip = video, frames, clips, clip
        self._kept: tuple[Any, dict] | None = None
        self._repeats = repeats
        names = dict(classes=tuple(f'class {number}' for number in range(classes or 0)))
        super().__init__(
            ann_file='', pipeline=list(pipeline), num_classes=classes or _LABELS,
            metainfo=names if classes else None, serialize_data=False, **options,
        )  # fmt: skip

    def load_data_list(self) -> list[dict[str, Any]]:
        """What pipelines are told of each clip."""
        return [
            dict(
                filename=self._video,
                frame_dir=self._frames,
                filename_tmpl=FRAME_NAMES[self.modality],
                total_frames=FRAMES,
                video_id='stand-in',
                label=clip // 2 % self.num_classes,
            )
            for clip in range(self._clips)
        ]

    def fingerprint(self) -> str:
        """The same for all stand-ins of as many clips."""
        return f'{self._clips} stand-ins of {self.num_classes} classes'

    def __getitem__(self, idx: int) -> Any:
        """The one packed clip, with another address and label."""
        if self._repeats is None:
            return self._packed(idx)
        return [self._packed(idx) for _ in range(self._repeats)]

    def _packed(self, idx: int) -> dict[str, Any]:
        if self._kept is None or self._kept[0] is not self.pipeline:
            self._kept = self.pipeline, self._sized(super().__getitem__(0))
        packed = dict(self._kept[1])
        sample = packed['data_samples'] = copy.deepcopy(packed['data_samples'])
        sample.set_metainfo(dict(sample_idx=idx))
        sample.set_gt_labels(idx // 2 % self.num_classes)
        return packed

    def _sized(self, packed: dict[str, Any]) -> dict[str, Any]:
        if self._clip is None:
            return packed
        others = {
            name: _blank(one, self._clip) for name, one in packed.get('renderings', {}).items()
        }
        inputs = _blank(packed['inputs'], self._clip)
        return packed | dict(inputs=inputs) | (dict(renderings=others) if others else {})


def _blank(frames: Tensor, clip: tuple[int, int, int]) -> Tensor:
    """A blank in the place of frames (M, C, T, H, W) or (T, C, H, W), of another size."""
    length, *size = clip
    if frames.ndim not in (4, 5):
        raise ConfigError(f'clips of shape {[*frames.shape]} cannot be had in another size')
    inner = [length, *size] if frames.ndim == 5 else size
    shape = [*frames.shape[: frames.ndim - len(inner)], *inner]
    # Frames of a video lie where NumPy put them, and so does this.
    return torch.from_numpy(np.zeros(shape, frames.numpy().dtype))


def make_stand_in(folder: Path, clip: tuple[int, int, int] | None = None) -> dict[str, Any]:
    """Makes a video and its frames, unless their folder is there already.

    Args:
        folder: Where they go; made if need be.
        clip: Frames, height and width of a clip; None for those that pipelines make.

    Returns:
        What :class:`StandInVideos` takes of them.
    """
    folder_once(folder, _film)
    return dict(video=str(folder / _VIDEO), frames=str(folder / _PICTURES), clip=clip)


def _film(folder: Path) -> None:
    pictures = folder / _PICTURES
    pictures.mkdir(parents=True)
    noise = np.random.default_rng(0).integers(0, 64, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    shots = np.stack([np.roll(noise, shot, axis=1) for shot in range(FRAMES)])
    # Lists of frames may count from 0 or from 1.
    for number in range(FRAMES + 1):
        picture = pictures / FRAME_NAMES['RGB'].format(number)
        cv2.imwrite(str(picture), shots[number % FRAMES])
        for direction in 'xy':
            name = FRAME_NAMES['Flow'].format(direction, number)
            (pictures / name).symlink_to(picture.name)
    write_video(folder / _VIDEO, shots, FPS)


def stand_in_set(
    config: Config, loader: str, stand_in: Mapping[str, str], clips: int, classes_of: Config
) -> dict[str, Any]:
    """The config of what stands in for a data set.

    Args:
        config: A whole config.
        loader: Its key of the loader of that set.
        stand_in: See :func:`make_stand_in`.
        clips: How many clips it has.
        classes_of: Config whose network tells the number of classes.

    Raises:
        ConfigError: the data set has no pipeline.
    """
    dataset = config[loader].dataset
    # What repeats or joins others has their steps.
    while 'pipeline' not in dataset:
        within = dataset.get('dataset') or next(iter(dataset.get('datasets') or ()), None)
        if not isinstance(within, dict):
            raise ConfigError(f'{loader}.dataset: has no pipeline')
        dataset = within
    options = ('modality', 'start_index', 'multi_class')
    return dict(
        type=f'{__name__}.{StandInVideos.__name__}',
        **stand_in,
        clips=clips,
        classes=_num_classes(classes_of.model.get('cls_head'), dataset),
        pipeline=[
            without_flow(step) for step in dataset.pipeline if step.get('type') not in _LEFT_OUT
        ],
        repeats=dataset.get('num_repeats'),
        test_mode=loader == 'test_dataloader',
        **{name: dataset[name] for name in options if name in dataset},
    )


def _num_classes(head: Any, dataset: Mapping[str, Any]) -> int | None:
    """Number of classes by a head's config, or else by a data set's; None where neither tells."""
    named = (dataset.get('metainfo') or {}).get('classes')
    found = _find(head, 'num_classes') or dataset.get('num_classes') or (named and len(named))
    return found if isinstance(found, int) and found > 0 else None


def _find(section: Any, key: str) -> Any:
    if isinstance(section, dict) and key in section:
        return section[key]
    parts = section.values() if isinstance(section, dict) else section
    parts = parts if isinstance(section, (dict, list, tuple)) else ()
    return next((one for part in parts if (one := _find(part, key))), None)
