"""Fills a bank: one pass of one teacher over every (view, sample)."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import DATASETS, DefaultScope
from torch.utils.data import DataLoader

from ..datasets.fingerprint import dataset_classes, dataset_fingerprint
from ..datasets.views import ReplayedPipeline
from ..errors import ConfigError
from ..records import file_sha256
from .bank import Bank, BankIdentity, classes_fingerprint, views_fingerprint
from .pool import PoolEntry
from .teacher import MICRO_BATCH, Teacher


def build_dataset(dataset_config: dict) -> Any:
    """The data set of a config, with its own pipeline."""
    with DefaultScope.overwrite_default_scope('mmaction'):
        return DATASETS.build(Config(dict(dataset=dataset_config)).dataset)


def bank_identity(
    entry: PoolEntry, dataset: Any, pipeline: Sequence[dict], view_seed: int
) -> BankIdentity:
    """What a bank of that teacher over these views is for."""
    return BankIdentity(
        dataset=dataset_fingerprint(dataset),
        views=views_fingerprint(view_seed, pipeline),
        classes=classes_fingerprint(dataset_classes(dataset)),
        teacher=file_sha256(entry.checkpoint),
    )


def fill(
    entry: PoolEntry,
    dataset_config: dict,
    view_seed: int,
    num_views: int,
    device: torch.device | str = 'cpu',
    num_workers: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Bank:
    """Scores all samples under views 0 to V - 1 and writes the bank.

    Args:
        entry: The teacher, and the folder its bank goes to.
        dataset_config: The student's training set, pipeline included.
        view_seed: View seed of the students that will read the bank.
        num_views: V.
        device: Where the teacher runs.
        num_workers: Loader processes; they do not change the scores.
        progress: Called with views done and V.

    Raises:
        ConfigError: ``num_views`` is not positive, or the teacher cannot be loaded.
        DataError: a video cannot be used.
    """
    if num_views < 1:
        raise ConfigError(f'num_views = {num_views} is not positive')
    teacher = Teacher(entry.config, entry.checkpoint, device)
    dataset = build_dataset(dataset_config)
    identity = bank_identity(entry, dataset, dataset_config['pipeline'], view_seed)
    dataset.pipeline = ReplayedPipeline(dataset.pipeline, view_seed)
    loader = DataLoader(
        dataset,
        batch_size=MICRO_BATCH,
        num_workers=num_workers,
        persistent_workers=num_workers > 0,
        collate_fn=pseudo_collate,
    )
    views = []
    for view in range(num_views):
        dataset.pipeline.set_view(view)
        views.append(torch.cat([teacher.score(batch['inputs']) for batch in loader]).numpy())
        progress(view + 1, num_views)
    return Bank.write(
        entry.bank,
        np.stack(views),
        identity,
        dict(
            name=entry.name,
            key=entry.key,
            state_bytes=teacher.state_bytes,
            state_sha256=teacher.state_sha256,
        ),
    )
