"""What stands in for videos where only the memory that a training takes is of interest."""

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from mmaction.datasets import BaseActionDataset
from torch import Tensor

from ....data.darkroom.film import write_video
from ....errors import ConfigError
from ....registry import DATASETS

FRAMES, HEIGHT, WIDTH, FPS = 80, 240, 320, 30
"""ARID's median length, and its size and rate."""
FRAME_NAME = 'img_{:05}.jpg'


@DATASETS.register_module()
class StandInVideos(BaseActionDataset):
    """Any number of clips of one video, which is decoded and augmented once.

    Every clip has the same pixels and a label of its own, two neighbours the same. Pipelines that
    open a video and those that read a folder of frames both find what they look for.

    Args:
        video: The video file.
        frames: Folder of its frames as pictures, named as :data:`FRAME_NAME` says.
        clips: How many clips.
        classes: How many classes.
        pipeline: Steps of the config that is measured.
        test_mode: Whether it is a test set.
        clip: Frames, height and width of the blank clips that take the place of those that the
            pipeline makes; None for the latter. Clips of single frames keep their number.
    """

    def __init__(
        self,
        video: str,
        frames: str,
        clips: int,
        classes: int,
        pipeline: Sequence[dict],
        test_mode: bool = False,
        clip: tuple[int, int, int] | None = None,
    ) -> None:
        self._video, self._frames, self._clips, self._clip = video, frames, clips, clip
        self._kept: tuple[Any, dict] | None = None
        names = tuple(f'class {number}' for number in range(classes))
        super().__init__(
            ann_file='', pipeline=list(pipeline), test_mode=test_mode, num_classes=classes,
            metainfo=dict(classes=names),
        )  # fmt: skip

    def load_data_list(self) -> list[dict[str, Any]]:
        """What pipelines are told of each clip."""
        return [
            dict(
                filename=self._video,
                frame_dir=self._frames,
                filename_tmpl=FRAME_NAME,
                total_frames=FRAMES,
                video_id='stand-in',
                label=clip // 2 % self.num_classes,
            )
            for clip in range(self._clips)
        ]

    def fingerprint(self) -> str:
        """The same for all stand-ins of as many clips."""
        return f'{self._clips} stand-ins of {self.num_classes} classes'

    def __getitem__(self, idx: int) -> dict[str, Any]:
        """The one packed clip, with another address and label."""
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
    """Makes a video and its frames, unless they are there already.

    Args:
        folder: Where they go; made if need be.
        clip: Frames, height and width of a clip; None for those that pipelines make.

    Returns:
        What :class:`StandInVideos` takes of them.
    """
    video, pictures = folder / 'stand-in.avi', folder / 'frames'
    if not video.exists():
        pictures.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(0).integers(0, 64, (HEIGHT, WIDTH, 3), dtype=np.uint8)
        shots = np.stack([np.roll(noise, shot, axis=1) for shot in range(FRAMES)])
        # Lists of frames may count from 0 or from 1.
        for number in range(FRAMES + 1):
            cv2.imwrite(str(pictures / FRAME_NAME.format(number)), shots[number % FRAMES])
        write_video(video, shots, FPS)
    return dict(video=str(video), frames=str(pictures), clip=clip)


def num_classes(model: dict[str, Any]) -> int:
    """Number of classes that a recognizer's config scores.

    Raises:
        ConfigError: its head does not say.
    """
    found = _find(model.get('cls_head'), 'num_classes')
    if not isinstance(found, int) or found < 1:
        raise ConfigError("the config's model.cls_head does not say num_classes")
    return found


def _find(section: Any, key: str) -> Any:
    if not isinstance(section, dict):
        return None
    if key in section:
        return section[key]
    return next((one for part in section.values() if (one := _find(part, key))), None)
