"""A few test clips as networks see them: a frame of each, as their enhancements make it."""

import ast
import base64
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope

from ..data.darkroom.film import GENERATOR_VERSION, frames_of, write_video
from ..data.darkroom.layout import clips_of
from ..data.darkroom.spec import DarkRoomSpec
from ..data.dataset import build_dataset
from ..enhance.preprocessor import PICTURE, LowLightPreprocessor, as_clips
from ..records.samples import BRIGHT, STUDENT, TEACHER

MOST_CLIPS = 5
_MOST_SIDE = 112
"""Pixels of the longer side of a frame; larger ones are made smaller."""


def sample_frames(about: Mapping[str, Any]) -> dict[str, Any]:
    """The middle frames of test clips, as a student and its teachers see them.

    The clips are the first, by name, of classes evenly spread over all: no result chooses them.

    Args:
        about: The ``student`` and the ``teachers``, a dict each with ``name``, ``run`` and the
            ``config`` as a literal of Python; and of synthetic videos the ``darkroom``, from whose
            specification the well-lit twins are filmed.

    Returns:
        ``clips`` and ``rows``, as ``samples.json`` has them.
    """
    student, *teachers = (_Network(one) for one in (about['student'], *about['teachers']))
    indices = _chosen(student.paths, student.labels)
    paths = [student.paths[index] for index in indices]
    rows = [_row(STUDENT, student, [student.frame(path) for path in paths])]
    darkroom = about.get('darkroom') or {}
    # Videos of an earlier generator have other twins.
    if darkroom.get('generator_version') == GENERATOR_VERSION:
        frames = _twins(darkroom['spec'], student, paths)
        rows.insert(0, dict(seen_by=BRIGHT, name='The same, well lit', run=None, frames=frames))
    rows += [_row(TEACHER, one, [one.frame(path) for path in paths]) for one in teachers]
    clips = [dict(path=student.paths[index], label=student.labels[index]) for index in indices]
    return dict(clips=clips, rows=rows)


class _Network:
    """What a network sees of the test clips of its config."""

    def __init__(self, told: Mapping[str, str]) -> None:
        self.name, self.run = told['name'], told['run']
        config = Config(ast.literal_eval(told['config']), format_python_code=False)
        self._clips = build_dataset(config.test_dataloader.dataset)
        infos = [self._clips.get_data_info(index) for index in range(len(self._clips))]
        self.paths = [str(info['video_id']) for info in infos]
        self.labels = [int(info['label']) for info in infos]
        with DefaultScope.overwrite_default_scope('mmaction'):
            self._preprocessor = MODELS.build(config.model.data_preprocessor)

    def frame(self, path: str, file: Path | None = None) -> str:
        """The middle frame of a clip's first view, as a PNG in base64.

        Args:
            path: The clip.
            file: Another video to take in the place of the clip's own, as it is.
        """
        info = self._clips.get_data_info(self.paths.index(path))
        if file is not None:
            info = dict(info, filename=str(file))
        packed = self._clips.pipeline(info)['inputs']
        clip_CTHW = as_clips(packed.unsqueeze(0))[0, 0]
        seen = clip_CTHW[PICTURE].to(torch.float32) if file else self._seen(clip_CTHW)
        return _png(seen[:, seen.shape[1] // 2])

    def _seen(self, clip_CTHW: torch.Tensor) -> torch.Tensor:
        """The clip in [0, 255], as the first stream's enhancement makes it, not normalised yet.

        Where 0 stands for no motion, grey does, and the largest change is black or white.
        """
        if not isinstance(self._preprocessor, LowLightPreprocessor):
            return clip_CTHW[PICTURE].to(torch.float32)
        enhancement = self._preprocessor.streams[0]
        channels = getattr(enhancement, 'channels', PICTURE)
        made = enhancement(clip_CTHW[None, channels])[0]
        if not getattr(enhancement, 'centred', False):
            return made
        most = made.abs().quantile(0.999).clamp(min=1)
        return 127.5 + 127.5 * (made / most)


def _row(seen_by: str, network: _Network, frames: list[str]) -> dict[str, Any]:
    return dict(seen_by=seen_by, name=network.name, run=network.run, frames=frames)


def _chosen(paths: list[str], labels: list[int]) -> list[int]:
    """Indices of the first clips of classes that are evenly spread over all."""
    classes = sorted({*labels})
    spread = np.linspace(0, len(classes) - 1, min(MOST_CLIPS, len(classes))).round().astype(int)
    by_path = sorted(range(len(paths)), key=paths.__getitem__)
    return [next(n for n in by_path if labels[n] == classes[number]) for number in spread]


def _twins(spec: Mapping[str, Any], student: _Network, paths: list[str]) -> list[str]:
    """The same scenes with the lights on, filmed anew, in the student's rendering."""
    bright = DarkRoomSpec(**{**spec, 'mean_code': tuple(spec['mean_code']), 'bright': True})
    takes = {take.path: take for take in clips_of(bright)}
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for path in paths:
            file = Path(folder) / 'twin.avi'
            write_video(file, frames_of(bright, takes[path]), bright.fps, bright.rendering)
            found.append(student.frame(path, file))
    return found


def _png(frame_CHW: torch.Tensor) -> str:
    """A frame of 1 to 3 channels, red green blue, in [0, 255]; absent channels are grey."""
    levels = frame_CHW.clamp(0, 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
    if levels.shape[2] < 3:
        grey = np.full((*levels.shape[:2], 3 - levels.shape[2]), 128, np.uint8)
        levels = np.concatenate([levels, grey], axis=2)
    height, width = levels.shape[:2]
    scale = _MOST_SIDE / max(height, width)
    picture = np.ascontiguousarray(levels[..., ::-1])
    if scale < 1:
        size = (round(width * scale), round(height * scale))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    _, encoded = cv2.imencode('.png', picture)
    return base64.b64encode(encoded.tobytes()).decode()
