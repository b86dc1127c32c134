"""Replays any pipeline: its random draws follow from the view's address alone."""

import contextlib
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from mmaction.datasets import RepeatAugDataset
from mmengine.dataset import BaseDataset, Compose
from mmengine.registry import DefaultScope

from ...errors import ConfigError


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
    if not isinstance(dataset, BaseDataset):
        raise ConfigError(
            f'{type(dataset).__name__} repeats sample indices and cannot be replayed: '
            'train on one data set'
        )
    if isinstance(dataset, RepeatAugDataset):
        raise ConfigError(
            f'{type(dataset).__name__} (repeated augmentation) makes several clips of a sample, '
            "which share its address: use type='VideoDataset' without num_repeats"
        )
    return dataset


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


@contextlib.contextmanager
def seeded(entropy: tuple[int, ...]) -> Iterator[None]:
    """Seeds Python's, NumPy's and torch's global streams, and restores them at the end."""
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    words = np.random.SeedSequence(entropy).generate_state(3, np.uint32)
    try:
        random.seed(int(words[0]))
        np.random.seed(int(words[1]))
        torch.default_generator.manual_seed(int(words[2]))
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])
