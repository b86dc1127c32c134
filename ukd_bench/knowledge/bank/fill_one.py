"""Fills banks: addresses by micro-batches, a teacher over all of them, the scores into a bank."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from mmengine.dataset import pseudo_collate
from torch.utils.data import DataLoader, Dataset, get_worker_info

from ...data.dataset import ReplayableSet, VideoSet, build_dataset
from ...data.fingerprint import dataset_classes, sample_label
from ...data.views.rendering import teacher_pipeline
from ...data.views.replay import ReplayedPipeline, build_pipeline, require_replayable
from ...errors import ConfigError, DataError, UkdBenchError, one_line
from ..identity import BankIdentity, bank_identities, teacher_config
from ..pool import PoolEntry
from ..teacher import MICRO_BATCH, Teacher
from .format import Bank, complete_bank
from .manifest import BankFacts, Job
from .storage import FLOAT32, Storage
from .writer import BankWriter, tidy

Address = tuple[int, int]
"""Address of a rendered clip: its view and its sample."""


class AddressedClips(Dataset[dict[str, Any]]):
    """Data set of every view of every clip, by address (view, sample).

    Loader workers draw from different views at a time, so each has a replayed pipeline of its own.

    Args:
        dataset: A training set with its own pipeline, which is replaced.
        view_seed: Seed of the views.
    """

    def __init__(self, dataset: ReplayableSet, view_seed: int) -> None:
        self.dataset = dataset
        self.view_seed = view_seed
        self.pipeline = dataset.pipeline
        self.begin()

    def begin(self) -> None:
        """Gives this process a view index that no other sees."""
        self.dataset.pipeline = ReplayedPipeline(self.pipeline, self.view_seed)

    def __getitem__(self, address: Address) -> dict[str, Any]:
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
        teacher: The teacher that scores.
        clips: The views in the teacher's rendering.
        batches: Batches of at most ``MICRO_BATCH`` addresses. They are asked for ahead of their
            scores where there are workers, and again in every iteration.
        num_workers: Loader processes; they live as long as this object.
    """

    def __init__(
        self,
        teacher: Teacher,
        clips: AddressedClips,
        batches: Iterable[list[Address]],
        num_workers: int = 0,
    ) -> None:
        self.teacher = teacher
        # The loader gets a generator, because it draws from the global one whenever it starts.
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


def teacher_dataset(
    entry: PoolEntry, dataset_config: dict[str, Any], view_seed: int
) -> ReplayableSet:
    """A student's training set as a teacher sees it.

    Args:
        entry: The teacher.
        dataset_config: The student's training set, pipeline included.
        view_seed: View seed of the student.

    Raises:
        ConfigError: the data set cannot be replayed, or the teacher's config cannot be read.
    """
    pipeline = teacher_pipeline(dataset_config['pipeline'], teacher_config(entry))
    dataset = require_replayable(build_dataset(dict(dataset_config, pipeline=pipeline)))
    dataset.pipeline = build_pipeline(pipeline, view_seed)
    return dataset


def fill(
    entry: PoolEntry,
    dataset_config: dict[str, Any],
    view_seed: int,
    num_views: int,
    device: torch.device | str = 'cpu',
    num_workers: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
    storage: str = FLOAT32,
    identity: BankIdentity | None = None,
) -> Bank:
    """Scores all samples under views 0 to V - 1 and writes the bank.

    What an earlier call finished, however it ended, is kept, and other processes may fill the same
    bank at the same time. A bank that is complete is returned as it is.

    Args:
        entry: The teacher, and the folder its bank goes to.
        dataset_config: The student's training set, pipeline included.
        view_seed: View seed of the students that will read the bank.
        num_views: V, the number of views.
        device: Device that the teacher runs on.
        num_workers: Loader processes; they do not change the scores.
        progress: Called with views done, by whichever process, and V, after each view of this one.
        storage: ``float32``, ``float16``, or ``topK`` with a number K.
        identity: What the bank is for; where it is None, finding out hashes every video.

    Raises:
        ConfigError: ``num_views`` is not positive, there is no such storage, or the teacher cannot
            be loaded.
        DataError: a video cannot be used.
        BankError: another process fills the folder with something else, or the scores cannot be
            stored.
    """
    if num_views < 1:
        raise ConfigError(f'num_views = {num_views} is not positive')
    form = Storage.of(storage)
    dataset = teacher_dataset(entry, dataset_config, view_seed)
    if identity is None:
        (identity,) = bank_identities([entry], dataset, dataset_config['pipeline'], view_seed)
    bank = complete_bank(entry.bank, identity, form, num_views)
    if bank is not None:
        tidy(bank.paths)
        return bank
    teacher = Teacher.of(entry, device, dataset_classes(dataset))
    clips = AddressedClips(dataset, view_seed)
    num_classes, class_names = _num_classes(teacher, clips), dataset_classes(dataset)
    if class_names and num_classes != len(class_names):
        raise ConfigError(
            f'teacher {entry.name} scores {num_classes} classes, the training set has '
            f'{len(class_names)}'
        )
    labels = sample_labels(dataset)
    facts = BankFacts(
        identity=identity,
        storage=form,
        shape=(num_views, len(labels), num_classes),
        teacher=dict(
            name=entry.name,
            key=entry.key,
            state_bytes=teacher.state_bytes,
            state_sha256=teacher.state_sha256,
        ),
        class_names=class_names,
    )
    job = Job(facts, labels)
    with BankWriter(entry.bank, job) as writer:
        try:
            _fill(writer, teacher, clips, num_workers, progress)
        except UkdBenchError as error:
            # The message of a loader's worker comes with its traceback.
            raise type(error)(one_line(error, limit=2000)) from error
    return Bank(entry.bank)


def _num_classes(teacher: Teacher, clips: AddressedClips) -> int:
    if teacher.order is not None:
        return len(teacher.order)
    # MMAction2's heads say how many classes they score; a head of heads may not.
    said = getattr(teacher.model.cls_head, 'num_classes', None)
    return said or teacher.score([clips[0, 0]['inputs']]).shape[1]


def sample_labels(dataset: VideoSet) -> list[int]:
    """The label of each sample of a training set.

    Raises:
        ConfigError: a sample has no label, or several.
    """
    return [sample_label(dataset, dataset.get_data_info(index)) for index in range(len(dataset))]


class _FreeViews:
    """Batches of the addresses of views that nobody scores yet, each claimed when it is begun.

    A loader asks ahead of what has been scored, so its workers never wait between two views.
    """

    def __init__(self, writer: BankWriter) -> None:
        self.writer = writer

    def __iter__(self) -> Iterator[list[Address]]:
        samples = range(self.writer.job.facts.shape[1])
        for view in iter(self.writer.claim, None):
            yield from in_micro_batches([(view, sample) for sample in samples])


def _fill(
    writer: BankWriter,
    teacher: Teacher,
    clips: AddressedClips,
    num_workers: int,
    progress: Callable[[int, int], None],
) -> None:
    num_views, num_samples, _ = writer.job.facts.shape
    scored = AddressedScores(teacher, clips, _FreeViews(writer), num_workers)
    # Nothing is free by now, but what others have not finished may yet become free.
    while writer.wait_for_work():
        parts: list[torch.Tensor] = []
        for addresses, scores_NC in scored:
            parts.append(scores_NC)
            view, sample = addresses[-1]
            if sample == num_samples - 1:
                writer.write(view, torch.cat(parts).numpy())
                progress(writer.num_done, num_views)
                parts = []
        assert not parts, 'a view ended before its last sample'
