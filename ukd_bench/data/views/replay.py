"""Replays any pipeline: its random draws follow from the view's address alone."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from mmaction.datasets import RepeatAugDataset
from mmengine.dataset import BaseDataset, Compose
from mmengine.registry import DefaultScope

from ...errors import ConfigError
from ..streams import seeded


class ViewId(NamedTuple):
    """The address of a view.

    Attributes:
        seed: View seed.
        view: Index of the view, an epoch's number.
        sample: Index in the data set.
    """

    seed: int
    view: int
    sample: int


class ReplayedPipeline:
    """A pipeline whose random draws depend on the view's address alone.

    The view index lives in shared memory, so that loader workers that already run see it change.
    Each packed sample carries ``sample_idx`` and ``view_index`` in its meta information.

    Args:
        pipeline: Called with a dict that has ``sample_idx``; returns ``inputs`` and
            ``data_samples``.
        seed: View seed.

    Attributes:
        renderings: Further pipelines by name, which render the same view for other networks; their
            ``inputs`` are packed under ``renderings``.
    """

    def __init__(self, pipeline: Callable[[dict], dict], seed: int) -> None:
        self.pipeline = pipeline
        self.seed = seed
        self.renderings: dict[str, Callable[[dict], dict]] = {}
        self._view = torch.zeros((), dtype=torch.int64).share_memory_()

    def set_view(self, view: int) -> None:
        """Chooses the view that samples are drawn from, here and in all workers."""
        self._view.fill_(view)

    def __call__(self, results: dict) -> dict:
        """Runs the pipeline, and the renderings, on the present view of a sample."""
        view_id = ViewId(self.seed, int(self._view), results['sample_idx'])
        others = {
            name: self._render(pipeline, dict(results), view_id)['inputs']
            for name, pipeline in self.renderings.items()
        }
        packed = self._render(self.pipeline, results, view_id)
        packed['data_samples'].set_metainfo(
            dict(sample_idx=view_id.sample, view_index=view_id.view)
        )
        return packed | dict(renderings=others) if others else packed

    def _render(self, pipeline: Callable[[dict], dict], results: dict, view_id: ViewId) -> dict:
        results['view_id'] = view_id
        with seeded(view_id):
            packed = pipeline(results)
        if not isinstance(packed, dict) or 'data_samples' not in packed:
            raise ConfigError(
                'a pipeline that does not end in one packed sample (repeated augmentation?) '
                'cannot be replayed'
            )
        return packed


def require_replayable(dataset: Any) -> BaseDataset:
    """The data set, if each of its samples has one address.

    Raises:
        ConfigError: naming what stands in the way.
    """
    require_replayable_kind(type(dataset))
    return dataset


def require_replayable_kind(kind: type) -> None:
    """Refuses a class of data sets whose samples have not one address each.

    Raises:
        ConfigError: naming what stands in the way.
    """
    if not issubclass(kind, BaseDataset):
        raise ConfigError(
            f'{kind.__name__} repeats sample indices and cannot be replayed: train on one data set'
        )
    if issubclass(kind, RepeatAugDataset):
        raise ConfigError(
            f'{kind.__name__} (repeated augmentation) makes several clips of a sample, which share '
            "its address: use type='VideoDataset' without num_repeats"
        )


def require_unblended(blending: object) -> None:
    """Refuses blending, a data preprocessor's.

    Raises:
        ConfigError: there is some.
    """
    if blending is not None:
        raise ConfigError(
            'blending (mixup, cutmix) mixes samples and cannot be replayed: set blending to None '
            'in the data preprocessor'
        )


def build_pipeline(steps: Sequence[Mapping], seed: int) -> Compose:
    """A pipeline whose steps draw the same wherever they are made.

    Some of MMAction2's steps draw when they are made (``ColorJitter`` the order of its operations),
    so a student's and its teachers' would differ.

    Args:
        steps: Configs.
        seed: View seed.
    """
    with DefaultScope.overwrite_default_scope('mmaction'), seeded((seed,)):
        return Compose(steps)
