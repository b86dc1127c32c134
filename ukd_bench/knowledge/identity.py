"""What a bank's scores belong to."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.config import Config, ConfigDict

from ..data.dataset import VideoSet
from ..data.fingerprint import dataset_classes, dataset_fingerprint
from ..data.views.rendering import (
    Pipeline,
    rendering_fingerprint,
    teacher_pipeline,
    views_fingerprint,
)
from ..errors import ConfigError
from ..files.configs import read_config
from ..files.downloads import checkpoint_sha256
from ..files.hashes import digest
from ..methods.config_files import wants_channels_last
from ..records.key import scientific_part
from ..records.plain import require_plain
from ..records.weights import made_by_runs, weights_in
from .pool import PoolEntry


@dataclass(frozen=True)
class BankIdentity:
    """What a bank was made for. A student whose own differs is refused.

    Attributes:
        dataset: Fingerprint of the clips.
        views: Fingerprint of view seed and view parameters.
        rendering: Fingerprint of the pipeline by which the teacher sees the views.
        classes: Fingerprint of the class names in label order.
        model: Fingerprint of the teacher's ``model`` section, its enhancement, a preprocessor at
            the config's top level and the memory order of its convolutions included, and of the
            label order that its entry in the pool gives. Where the teacher's initial weights came
            from is left out: the checkpoint holds what they became.
        checkpoint: SHA-256 of the teacher's checkpoint file.
    """

    dataset: str
    views: str
    rendering: str
    classes: str
    model: str
    checkpoint: str


def classes_fingerprint(classes: Sequence[str]) -> str:
    """Fingerprint of class names in label order."""
    return digest(list(classes))


def teacher_config(entry: PoolEntry) -> Config:
    """A teacher's config, see :func:`read_teacher_config`."""
    return read_teacher_config(entry.config)


def read_teacher_config(path: Path) -> Config:
    """Reads a config whose ``model`` is a teacher.

    Raises:
        ConfigError: the file is absent, cannot be read, or has no model.
    """
    config = read_config(path, 'teacher config')
    if not isinstance(config.get('model'), dict):
        raise ConfigError(f'teacher config {path} has no section model')
    return config


def model_section(config: Config) -> ConfigDict:
    """A copy of a config's ``model`` as MMEngine's Runner builds it.

    A ``data_preprocessor`` at the config's top level is the model's where that has none of its own.
    """
    model = copy.deepcopy(config.model)
    if config.get('data_preprocessor') is not None:
        model.setdefault('data_preprocessor', copy.deepcopy(config.data_preprocessor))
    return model


def bank_identities(
    teachers: Sequence[PoolEntry],
    dataset: VideoSet,
    pipeline: Pipeline,
    view_seed: int,
    clips: str | None = None,
) -> list[BankIdentity]:
    """What the banks of some teachers over a student's views are for.

    Args:
        teachers: The first K teachers of the pool.
        dataset: The student's training set.
        pipeline: Config of that set's pipeline.
        view_seed: The student's seed of the views.
        clips: Fingerprint of the clips; where it is None, finding out hashes every video.

    Raises:
        ConfigError: a teacher's config or checkpoint is absent.
    """
    clips = dataset_fingerprint(dataset) if clips is None else clips
    views = views_fingerprint(view_seed, pipeline)
    classes = classes_fingerprint(dataset_classes(dataset))
    identities = []
    for entry in teachers:
        config = teacher_config(entry)
        identities.append(
            BankIdentity(
                dataset=clips,
                views=views,
                rendering=rendering_fingerprint(teacher_pipeline(pipeline, config)),
                classes=classes,
                model=digest([_network(config, entry), entry.classes]),
                checkpoint=checkpoint_sha256(entry.checkpoint_file()),
            )
        )
    return identities


def _network(config: Config, entry: PoolEntry) -> dict[str, Any]:
    """A teacher's model in plain values, without the names of its initial weights."""
    model = scientific_part(model_section(config).to_dict())
    require_plain(model, f'teacher config {entry.config}: model')
    whole = dict(model=model)
    for holder, key, _ in [*weights_in(whole)]:
        holder[key] = None
    for backbone in [*made_by_runs(whole)]:
        backbone.update(checkpoint=None, run=None)
    if wants_channels_last(config):
        # Scores differ in their last bits.
        model['channels_last'] = True
    return model
