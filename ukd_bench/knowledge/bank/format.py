"""The knowledge bank: one teacher's scores for every (view, sample), and what they belong to."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import BankError, ResultsError, is_unreadable, one_line
from ...files.hashes import HasHash, file_sha256, has_sha256
from ..identity import BankIdentity
from ..pool import PoolEntry
from .manifest import BankFacts, Manifest, facts_in
from .storage import Storage, rows_sha256


@dataclass(frozen=True)
class BankPaths:
    """The files of one bank.

    Attributes:
        folder: Folder that all of them lie in.
    """

    folder: Path

    @property
    def manifest(self) -> Path:
        """File of what the scores belong to; written last, so a bank without it is incomplete."""
        return self.folder / 'manifest.json'

    @property
    def labels(self) -> Path:
        """File of the samples' own labels."""
        return self.folder / 'labels.npy'

    @property
    def work(self) -> Path:
        """Folder of what filling processes tell each other; absent from a complete bank."""
        return self.folder / 'fill'

    @property
    def job(self) -> Path:
        """File of what the bank is being filled with."""
        return self.work / 'job.json'

    def array(self, name: str) -> Path:
        """File of the array of that name: ``scores`` or ``classes``."""
        return self.folder / f'{name}.npy'

    def coming(self, name: str) -> Path:
        """File of an array that will take the place of the one of that name."""
        return self.work / self.array(name).name

    def arrays(self) -> list[Path]:
        """Files of the arrays of any storage, whether there or not."""
        return [self.array('scores'), self.array('classes')]

    def note(self, view: int) -> Path:
        """File of a view's note: the rows' checksum, written once all of them are on the disk."""
        return self.work / f'view-{view:05d}.json'

    def notes(self) -> list[Path]:
        """Files of the notes that views have so far, sorted."""
        return sorted(self.work.glob('view-*.json'))

    def begun(self) -> BankFacts | None:
        """What the bank is being filled with; None where nobody began."""
        return facts_in(self.job)

    def progress(self, begun: BankFacts) -> str:
        """How far a fill with ``begun`` has come, as in ``2 of 5 views``."""
        return f'{len(self.notes())} of {begun.num_views} views'


class Bank:
    """Scores of one teacher, memory-mapped.

    On disk: ``scores.npy`` of shape (V, N, C) for views, samples and classes, before softmax; where
    the K best classes alone are kept, (V, N, K) and their labels in ``classes.npy``; the samples'
    own labels (N,) in ``labels.npy``; and ``manifest.json``.

    Args:
        folder: The bank's folder.

    Attributes:
        manifest: What the bank says of itself.
        labels_N: int64 labels of the samples.

    Raises:
        BankError: the bank is absent, incomplete or damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paths = BankPaths(folder)
        self.manifest = _read_manifest(self.paths)
        self.num_views, self.num_samples, self.num_classes = self.facts.shape
        layout = self.storage.layout(*self.facts.shape)
        self.arrays = {
            name: self._map(self.paths.array(name), shape, kind)
            for name, (shape, kind) in layout.items()
        }
        self.labels_N = self._map(self.paths.labels, (self.num_samples,), np.dtype(np.int64))

    @property
    def facts(self) -> BankFacts:
        """What the bank was filled with."""
        return self.manifest.facts

    @property
    def storage(self) -> Storage:
        """How the bank keeps its scores."""
        return self.facts.storage

    @property
    def teacher(self) -> dict[str, Any]:
        """``name``, ``key``, ``state_bytes`` and ``state_sha256`` of the teacher."""
        return self.facts.teacher

    @property
    def keeps_all_classes(self) -> bool:
        """Whether no class was left out."""
        return self.storage.k is None

    @property
    def scores_bytes(self) -> int:
        """Bytes on disk that the scores take, labels of kept classes included."""
        return sum(self.paths.array(name).stat().st_size for name in self.arrays)

    def read(self, view: int, samples: Sequence[int]) -> np.ndarray:
        """Scores of some samples under one view.

        Returns:
            (n, C) float32, a copy; -inf for classes that were left out.
        """
        return self.storage.decode(self.rows(view, samples), self.num_classes)

    def rows(self, view: int, samples: Sequence[int] | None = None) -> dict[str, np.ndarray]:
        """Kept rows of a view, of all samples or of some, by array; see ``Storage.encode``."""
        chosen = slice(None) if samples is None else np.asarray(samples)
        return {name: array[view][chosen] for name, array in self.arrays.items()}

    def best_classes(self, view: int) -> np.ndarray:
        """(N,) labels of the highest scores under one view."""
        if 'classes' in self.arrays:
            return self.arrays['classes'][view, :, 0]
        return self.arrays['scores'][view].argmax(axis=1)

    def damaged_views(self) -> list[int]:
        """Views whose rows differ from their checksums."""
        return [
            view
            for view, note in enumerate(self.manifest.views)
            if rows_sha256(self.rows(view)) != note['sha256']
        ]

    def damaged_files(self) -> list[str]:
        """Names of files that differ from their checksums."""
        return [
            name
            for name, facts in self.manifest.files.items()
            if file_sha256(self.folder / name) != facts['sha256']
        ]

    def require(self, identity: BankIdentity) -> None:
        """Refuses a bank that was made for something else.

        Raises:
            BankError: naming every part that differs.
        """
        own, wanted = asdict(self.facts.identity), asdict(identity)
        differing = [
            f'{part} (bank {own[part][:12]}, here {wanted[part][:12]})'
            for part in self.differing(identity)
        ]
        if differing:
            raise BankError(
                f'bank {self.folder} does not fit, it differs in {" and ".join(differing)}'
            )

    def differing(self, identity: BankIdentity) -> list[str]:
        """The parts of an identity in which the bank's own differs."""
        own = asdict(self.facts.identity)
        return [part for part, value in asdict(identity).items() if own[part] != value]

    def require_intact(self) -> None:
        """Compares the files with the checksums in the manifest.

        Raises:
            BankError: a file differs.
        """
        for name in self.damaged_files():
            raise BankError(f'bank {self.folder}: {name} differs from its checksum')

    def _map(self, path: Path, shape: tuple[int, ...], kind: np.dtype) -> np.ndarray:
        self._require_size(path)
        try:
            array = np.load(path, mmap_mode='r', allow_pickle=False)
        # A header may be broken in any way, and each has an exception of its own.
        except Exception as error:
            reason = one_line(error, 200)
            raise BankError(f'bank {self.folder}: {path.name} cannot be read ({reason})') from error
        if array.shape != shape or array.dtype != kind:
            raise BankError(
                f'bank {self.folder}: {path.name} holds {array.dtype} of shape '
                f'{list(array.shape)}, the manifest says {kind} of shape {list(shape)}'
            )
        return array

    def _require_size(self, path: Path) -> None:
        wanted = self.manifest.files.get(path.name, {}).get('bytes')
        size = path.stat().st_size if path.is_file() else None
        if size is None or wanted is None or size >= wanted:
            return
        # Rows follow a header and take what is left, in equal parts.
        text = f'bank {self.folder}: {path.name} is cut off, it holds {size} of {wanted} bytes'
        if path != self.paths.labels:
            row_bytes = self._view_bytes(path.stem)
            view = max(0, (size - (wanted - self.num_views * row_bytes)) // row_bytes)
            text += f': views from {view} on are not whole'
        raise BankError(text)

    def _view_bytes(self, name: str) -> int:
        (_, *shape), kind = self.storage.layout(*self.facts.shape)[name]
        return int(np.prod(shape)) * kind.itemsize


def _read_manifest(paths: BankPaths) -> Manifest:
    if paths.manifest.is_file():
        return Manifest.read(paths.manifest)
    if begun := paths.begun():
        done = paths.progress(begun)
        raise BankError(f'bank {paths.folder} was never completed, it holds {done}')
    raise BankError(f'bank {paths.folder} does not exist or was never completed')


def complete_bank(
    folder: Path, identity: BankIdentity, storage: Storage, num_views: int
) -> Bank | None:
    """The bank that lies there, if it leaves nothing to fill.

    Raises:
        BankError, ResultsError: a file is there and cannot be read, so that the bank may be whole.
    """
    try:
        bank = Bank(folder)
        bank.require_intact()
    except (BankError, ResultsError) as error:
        if is_unreadable(error):
            raise
        return None
    fits = not bank.differing(identity) and bank.storage == storage
    return bank if fits and bank.num_views >= num_views else None


def is_recorded_bank(
    folder: Path,
    scores_sha256: str | None,
    manifest_sha256: str | None,
    has_hash: HasHash = has_sha256,
) -> bool:
    """Whether the bank that a run filled lies there, with every file as written.

    Args:
        folder: The bank's folder.
        scores_sha256: Recorded hash of the scores.
        manifest_sha256: Recorded hash of the manifest, which holds what the scores belong to and
            the hashes of all files.
        has_hash: Compares a file with its recorded hash.

    Raises:
        ResultsError, BankError: a file is there and cannot be read.
    """
    if manifest_sha256 is None or not has_hash(BankPaths(folder).manifest, manifest_sha256):
        return False
    try:
        manifest = Bank(folder).manifest
    except (BankError, ResultsError) as error:
        if is_unreadable(error):
            raise
        return False
    return manifest.scores_sha256 == scores_sha256 and all(
        has_hash(folder / name, facts['sha256']) for name, facts in manifest.files.items()
    )


def storage_in(folder: Path) -> str | None:
    """How the bank that lies there, complete or not, is stored; None where there is none."""
    paths = BankPaths(folder)
    # Where both differ, the bank is being filled anew.
    facts = paths.begun() or facts_in(paths.manifest)
    return None if facts is None else facts.storage.name


def open_banks(teachers: Sequence[PoolEntry], identities: Sequence[BankIdentity]) -> list[Bank]:
    """The banks of a pool, each checked against what the student has.

    Args:
        teachers: The first K teachers of the pool.
        identities: What the bank of each must be for, see
            :func:`~ukd_bench.knowledge.identity.bank_identities`.

    Raises:
        BankError: a bank is absent, damaged or made for something else.
    """
    banks = []
    for teacher, identity in zip(teachers, identities, strict=True):
        bank = Bank(teacher.bank)
        try:
            bank.require(identity)
        except BankError as error:
            hint = 'ukd-bench knowledge verify says what has changed since it was filled'
            raise BankError(f'{error}; {hint}') from error
        bank.require_intact()
        banks.append(bank)
    return banks
