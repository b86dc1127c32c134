"""Verifies banks: what they were filled with, their bytes, and their scores."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...data.dataset import VideoSet, build_dataset
from ...data.fingerprint import dataset_classes, dataset_fingerprint
from ...errors import UkdBenchError, one_line
from ..identity import BankIdentity, bank_identities
from ..pool import PoolEntry
from ..teacher import Teacher
from .fill_one import (
    Address,
    AddressedClips,
    AddressedScores,
    in_micro_batches,
    sample_labels,
    teacher_dataset,
)
from .format import Bank
from .student_config import BankReader

_CHANGES = {
    'views': 'the augmentation changed: the view seed, or the parameters that views are drawn by',
    'rendering': 'the rendering changed: the pipeline by which the teacher sees a view',
    'model': "the teacher's model changed: {config} has another section model",
    'checkpoint': "the teacher's checkpoint was swapped: {checkpoint} is not the one that scored",
}


@dataclass(frozen=True)
class BankReport:
    """What was found of one teacher's bank.

    Attributes:
        teacher: Name of the teacher.
        bank: The bank; None where it cannot be opened.
        defects: One line for each defect, with the views that they are about.
        rerun: Addresses (view, sample) that were scored again.
        largest_error: Largest error among these, beyond the storage's own; None without any.
    """

    teacher: str
    bank: Bank | None = None
    defects: tuple[str, ...] = ()
    rerun: int = 0
    largest_error: float | None = None

    def lines(self) -> list[str]:
        """A line about the bank, and a line for each defect."""
        found = f'{len(self.defects)} wrong' if self.defects else 'good'
        parts = [found] if self.bank is None else [found, _holds(self.bank), self._error(self.bank)]
        return [
            f'{self.teacher}: {"; ".join(parts)}',
            *(f'  wrong: {self.teacher}: {defect}' for defect in self.defects),
        ]

    def _error(self, bank: Bank) -> str:
        if self.largest_error is None:
            return 'not run again'
        beyond = '' if bank.storage.is_exact else f' beyond {bank.storage.name}'
        return f'{self.rerun} run again, largest error {self.largest_error:.3g}{beyond}'


def _holds(bank: Bank) -> str:
    return f'{bank.num_views} views of {bank.num_samples} clips, {bank.storage.name}'


@dataclass(frozen=True)
class Sampling:
    """How a teacher is run again to check its bank.

    Attributes:
        size: Number of addresses (view, sample) that are drawn, or all where there are fewer.
        seed: Seed of the draw.
        tolerance: Largest absolute error of a score that is allowed.
        device: Device that the teacher runs on.
    """

    size: int = 64
    seed: int = 0
    tolerance: float = 1e-5
    device: str = 'cpu'


def verify_banks(reader: BankReader, sampling: Sampling) -> Iterator[BankReport]:
    """Looks at the banks of a config, one after the other, each with its teacher alone.

    Raises:
        ConfigError, DataError: the training set cannot be built at all.
    """
    dataset = build_dataset(reader.dataset)
    damage: str | None = None
    try:
        # Computed once for all teachers.
        clips = dataset_fingerprint(dataset)
    except UkdBenchError as error:
        clips, damage = '', one_line(error)
    for entry in reader.teachers:
        try:
            yield _verify(entry, reader, dataset, clips, damage, sampling)
        except UkdBenchError as error:
            yield BankReport(entry.name, defects=(one_line(error),))


def _verify(
    entry: PoolEntry,
    reader: BankReader,
    dataset: VideoSet,
    clips: str,
    damage: str | None,
    sampling: Sampling,
) -> BankReport:
    bank = Bank(entry.bank)
    changes = []
    try:
        (identity,) = bank_identities(
            [entry], dataset, reader.dataset['pipeline'], reader.view_seed, clips
        )
        changes = changes_since_fill(bank, identity, entry, dataset, damage)
    except UkdBenchError as error:
        changes = [one_line(error)]
    whole = views_text(range(bank.num_views))
    defects = [f'{whole}: {change}' for change in changes]
    defects += byte_defects(bank)
    needed = min(reader.num_views or 0, reader.epochs)
    if bank.num_views < needed:
        defects.append(f'holds {bank.num_views} views, {needed} are needed')
    report = BankReport(entry.name, bank, tuple(defects))
    # Scores of something else tell nothing.
    return report if changes else _rerun(report, entry, reader, sampling)


def changes_since_fill(
    bank: Bank,
    identity: BankIdentity,
    entry: PoolEntry,
    dataset: VideoSet,
    damage: str | None = None,
) -> list[str]:
    """What is no longer as it was when a bank was filled, in plain words.

    Args:
        bank: The bank.
        identity: What the bank should be for.
        entry: The bank's teacher.
        dataset: The student's training set.
        damage: Why the training set has no identity; None where it has one.
    """
    words = {
        'dataset': damage or _clips_text(bank, sample_labels(dataset)),
        'classes': _classes_text(bank.facts.class_names, dataset_classes(dataset)),
    }
    for part, text in _CHANGES.items():
        words[part] = text.format(config=entry.config, checkpoint=entry.checkpoint)
    differing = bank.differing(identity)
    if 'views' in differing and 'rendering' in differing:
        # The pipeline of a rendering holds the step that draws the views.
        differing.remove('rendering')
    return [words[part] for part in differing]


def byte_defects(bank: Bank) -> list[str]:
    """Views and files of a bank that differ from their checksums."""
    views = bank.damaged_views()
    defects = [f'view {view}: its scores differ from their checksum' for view in views]
    for name in bank.damaged_files():
        if name == bank.paths.labels.name:
            defects.append(f'{name} differs from its checksum')
        elif not views:
            defects.append(f'{name} differs from its checksum, outside the views')
    return defects


def views_text(views: Sequence[int]) -> str:
    """Views in words: ``view 0``, or ``views 0 to 3``."""
    first, last = views[0], views[-1]
    return f'view {first}' if first == last else f'views {first} to {last}'


def draw_addresses(num_views: int, num_samples: int, size: int, seed: int) -> list[Address]:
    """Draws ``size`` different addresses, in ascending order; all where there are no more."""
    total = num_views * num_samples
    drawn = np.random.default_rng(seed).choice(total, min(size, total), replace=False)
    return [divmod(int(index), num_samples) for index in np.sort(drawn)]


def _rerun(
    report: BankReport, entry: PoolEntry, reader: BankReader, sampling: Sampling
) -> BankReport:
    assert report.bank is not None
    bank = report.bank
    addresses = draw_addresses(bank.num_views, bank.num_samples, sampling.size, sampling.seed)
    try:
        errors = rerun_errors(bank, entry, reader, addresses, sampling.device)
    except UkdBenchError as error:
        defect = f'cannot be run again: {one_line(error, limit=1000)}'
        return replace(report, defects=(*report.defects, defect))
    # NaN is the largest of all, and within no tolerance.
    worst = int(np.argmax(errors))
    defects, largest = report.defects, float(errors[worst])
    if not largest <= sampling.tolerance:
        view, sample = addresses[worst]
        defects += (
            f'view {view}: run again, the score of sample {sample} differs by {largest:.3g}, more '
            f'than {sampling.tolerance:g}',
        )
    return replace(report, defects=defects, rerun=len(addresses), largest_error=largest)


def rerun_errors(
    bank: Bank, entry: PoolEntry, reader: BankReader, addresses: list[Address], device: str
) -> np.ndarray:
    """Scores addresses again and compares what is stored.

    Returns:
        The largest absolute error of each address, see ``Storage.deviation``.

    Raises:
        ConfigError: the teacher cannot be loaded.
        DataError: a video cannot be used.
    """
    dataset = teacher_dataset(entry, reader.dataset, reader.view_seed)
    teacher = Teacher.of(entry, device, dataset_classes(dataset))
    clips = AddressedClips(dataset, reader.view_seed)
    batches = AddressedScores(teacher, clips, in_micro_batches(addresses), reader.num_workers)
    errors = []
    for scored, scores_NC in batches:
        for (view, sample), scores_C in zip(scored, scores_NC.numpy(), strict=True):
            rows = bank.rows(view, [sample])
            errors.append(bank.storage.deviation(rows, scores_C[None])[0])
    return np.array(errors)


def _clips_text(bank: Bank, labels: list[int]) -> str:
    if len(labels) != bank.num_samples:
        return f'the training list changed: {len(labels)} clips, there were {bank.num_samples}'
    differing = np.flatnonzero(bank.labels_N != np.array(labels))
    if len(differing):
        return f'the training list changed: sample {differing[0]} has another label'
    return 'a training video changed, or the order of the list'


def _classes_text(before: Sequence[str], now: Sequence[str]) -> str:
    if len(before) != len(now):
        return f'the class names changed: {len(now)} of them, there were {len(before)}'
    for label, (old, new) in enumerate(zip(before, now, strict=True)):
        if old != new:
            return f'the class names changed: label {label} is {new!r}, it was {old!r}'
    return 'the class names changed'
