"""A training set under the addresses (view, sample), for teachers to score in any order."""

from collections.abc import Iterable, Iterator
from typing import Any

import torch
from mmengine.dataset import pseudo_collate
from torch.utils.data import DataLoader, Dataset, get_worker_info

from ..datasets.replay import ReplayedPipeline
from ..errors import DataError, UkdBenchError, one_line
from .teacher import MICRO_BATCH, Teacher

Address = tuple[int, int]
"""View and sample."""


class AddressedClips(Dataset):
    """Every view of every clip.

    Loader workers draw from different views at a time, so each has a replayed pipeline of its own.

    Args:
        dataset: A training set with its own pipeline, which is replaced.
        view_seed: View seed.
    """

    def __init__(self, dataset: Any, view_seed: int) -> None:
        self.dataset = dataset
        self.view_seed = view_seed
        self.pipeline = dataset.pipeline
        self.begin()

    def begin(self) -> None:
        """Gives this process a view index that no other sees."""
        self.dataset.pipeline = ReplayedPipeline(self.pipeline, self.view_seed)

    def __getitem__(self, address: Address) -> dict:
        view, sample = address
        self.dataset.pipeline.set_view(view)
        try:
            return self.dataset[sample]
        except (UkdBenchError, MemoryError):
            raise
        # Anybody's pipeline may fail in any way, and does not say at which clip.
        except Exception as error:
            name = self.dataset.get_data_info(sample).get('filename', f'sample {sample}')
            raise DataError(f'{name}: cannot be used ({one_line(error)})') from error


class AddressedScores:
    """Iterates over pairs of a batch's addresses and its scores, (n, C) float32 on the CPU.

    Args:
        teacher: Whose scores.
        clips: Its rendering of the views.
        batches: At most ``MICRO_BATCH`` addresses each. They are asked for ahead of their scores
            where there are workers, and again in every iteration.
        num_workers: Loader processes; they live as long as this.
    """

    def __init__(
        self,
        teacher: Teacher,
        clips: AddressedClips,
        batches: Iterable[list[Address]],
        num_workers: int = 0,
    ) -> None:
        self.teacher = teacher
        # A generator of its own, because a loader draws from the global one whenever it starts.
        self.loader = DataLoader(
            clips,
            batch_sampler=batches,
            num_workers=num_workers,
            persistent_workers=num_workers > 0,
            collate_fn=pseudo_collate,
            worker_init_fn=_begin_worker,
            generator=torch.Generator(),
            pin_memory=next(teacher.model.parameters()).is_cuda,
        )

    def __iter__(self) -> Iterator[tuple[list[Address], torch.Tensor]]:
        for batch in self.loader:
            addresses = [(sample.view_index, sample.sample_idx) for sample in batch['data_samples']]
            yield addresses, self.teacher.score(batch['inputs'])


def in_micro_batches(addresses: list[Address]) -> list[list[Address]]:
    """Cuts addresses into batches, all but the last of ``MICRO_BATCH``."""
    starts = range(0, len(addresses), MICRO_BATCH)
    return [addresses[start : start + MICRO_BATCH] for start in starts]


def _begin_worker(_: int) -> None:
    worker = get_worker_info()
    assert worker is not None and isinstance(worker.dataset, AddressedClips)
    worker.dataset.begin()
