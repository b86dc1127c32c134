"""Computes the fields of one clip and writes them."""

import itertools
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ...errors import DataError
from ..making import Source
from ..video.frames import DecodedVideo, decoder, in_chunks
from .algorithms import Estimator, FlowSettings, brightening, estimator
from .format import encode, flow_folder, write_field

MARK = '.flow.json'
"""File in a clip's folder that holds the clip's entry of the manifest."""

_current: list[Estimator] = []
"""The process's estimator, made once."""


def prepare(settings: FlowSettings, weights: Path | None, device: str) -> None:
    """Makes this process's estimator.

    Raises:
        ConfigError: the algorithm is not available here.
    """
    _current[:] = [estimator(settings, weights, device)]


def make_clip(root: Path, out: Path, settings: FlowSettings, video: str) -> tuple[str, dict]:
    """Writes one clip's fields; returns its folder below ``out`` and its manifest entry."""
    start = time.perf_counter()
    path, name = root / video, flow_folder(video)
    source = Source.of(path)
    folder = out / name
    # One name a clip, so that the next call takes away what a killed one left.
    partial = folder.with_name(f'.{folder.name}.partial')
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    written = fields = 0
    for field in _fields(path, settings):
        written += write_field(partial, fields, encode(field, settings.bound))
        fields += 1
    source.require_at(path)
    seconds = time.perf_counter() - start
    entry = {
        'source': {'path': video, **source._asdict()},
        'decoder': decoder(),
        'fields': fields,
        'bytes': written,
        'compute_s': round(seconds, 4),
    }
    # Nobody sees it before the rename, so it need not be written atomically.
    (partial / MARK).write_text(json.dumps(entry))
    if folder.exists():
        # First, so that a call that is killed meanwhile leaves nothing that looks whole.
        (folder / MARK).unlink(missing_ok=True)
        shutil.rmtree(folder)
    partial.rename(folder)
    return name, entry


def _fields(path: Path, settings: FlowSettings) -> Iterator[np.ndarray]:
    """The fields of a video, (H, W, 2) each; one without motion where it has but one frame."""
    video = DecodedVideo(path, settings.short_side)
    if len(video) < 1:
        raise DataError(f'{path}: cannot be decoded (it holds no frame)')
    if len(video) == 1:
        yield np.zeros((*video.shape, 2), np.float32)
        return
    table = brightening(settings.gamma)
    flow, previous = _current[0], None
    for frame in itertools.chain.from_iterable(in_chunks(video)):
        prepared = flow.prepare(table[frame])
        if previous is not None:
            yield flow.between(previous, prepared)
        previous = prepared
