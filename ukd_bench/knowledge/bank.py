"""The knowledge bank: one teacher's scores for every (view, sample), and what they belong to."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import BankError
from ..paths import atomic_write, read_json, write_json
from ..records import digest, file_sha256, scientific
from .pool import PoolEntry

SCHEMA = 1
_MANIFEST_KEYS = ('shape', 'dtype', 'identity', 'teacher', 'scores_sha256')


@dataclass(frozen=True)
class BankIdentity:
    """What a bank was made for. A student whose own differs is refused.

    Attributes:
        dataset: Fingerprint of the clips.
        views: Fingerprint of view seed and pipeline.
        classes: Fingerprint of the class names in label order.
        teacher: SHA-256 of the teacher's checkpoint file.
    """

    dataset: str
    views: str
    classes: str
    teacher: str


def views_fingerprint(seed: int, pipeline: Sequence[dict]) -> str:
    """Identity of the views that a pipeline draws under a view seed."""
    return digest({'seed': seed, 'pipeline': scientific(pipeline)})


def classes_fingerprint(classes: Sequence[str]) -> str:
    """Identity of class names in label order."""
    return digest(list(classes))


class Bank:
    """Scores of one teacher, memory-mapped.

    On disk: ``scores.npy``, float32 of shape (V, N, C) for views, samples and classes, before
    softmax; and ``manifest.json``, which is written last, so that a bank without one is incomplete.

    Args:
        folder: Where the bank lies.

    Raises:
        BankError: absent, incomplete or damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not self.manifest_path(folder).is_file():
            raise BankError(f'bank {folder} does not exist or was never completed')
        manifest = read_json(self.manifest_path(folder))
        if not isinstance(manifest, dict):
            raise BankError(f'bank {folder}: manifest.json is not the manifest of a bank')
        if manifest.get('schema') != SCHEMA:
            raise BankError(f'bank {folder}: schema {manifest.get("schema")} is not {SCHEMA}')
        if absent := [key for key in _MANIFEST_KEYS if key not in manifest]:
            raise BankError(f'bank {folder}: manifest.json lacks {absent[0]!r}')
        self.manifest: dict[str, Any] = manifest
        try:
            self.scores_VNC = np.load(self.scores_path(folder), mmap_mode='r', allow_pickle=False)
        except (OSError, EOFError, ValueError) as error:
            raise BankError(f'bank {folder}: scores.npy cannot be read ({error})') from error
        if list(self.scores_VNC.shape) != self.manifest['shape']:
            raise BankError(
                f'bank {folder}: scores.npy has the shape {list(self.scores_VNC.shape)}, '
                f'the manifest says {self.manifest["shape"]}'
            )

    @staticmethod
    def manifest_path(folder: Path) -> Path:
        return folder / 'manifest.json'

    @staticmethod
    def scores_path(folder: Path) -> Path:
        return folder / 'scores.npy'

    @property
    def num_views(self) -> int:
        return self.manifest['shape'][0]

    @property
    def teacher(self) -> dict:
        """``name``, ``key``, ``state_bytes`` and ``state_sha256`` of the teacher."""
        return self.manifest['teacher']

    @property
    def scores_bytes(self) -> int:
        """Bytes on disk that the scores take."""
        return self.scores_path(self.folder).stat().st_size

    def require(self, identity: BankIdentity) -> None:
        """Refuses a bank that was made for something else.

        Raises:
            BankError: naming every part that differs.
        """
        own, wanted = self.manifest['identity'], asdict(identity)
        differing = [
            f'{part} (bank {own[part][:12]}, here {wanted[part][:12]})'
            for part in wanted
            if own[part] != wanted[part]
        ]
        if differing:
            raise BankError(
                f'bank {self.folder} does not fit, it differs in {" and ".join(differing)}'
            )

    def require_intact(self) -> None:
        """Compares the scores with the checksum in the manifest.

        Raises:
            BankError: they differ.
        """
        if file_sha256(self.scores_path(self.folder)) != self.manifest['scores_sha256']:
            raise BankError(f'bank {self.folder}: scores.npy differs from its checksum')

    def read(self, view: int, samples: Sequence[int]) -> np.ndarray:
        """Scores of some samples under one view.

        Returns:
            (n, C) float32, a copy.
        """
        return self.scores_VNC[view, np.asarray(samples)]

    @classmethod
    def write(
        cls, folder: Path, scores_VNC: np.ndarray, identity: BankIdentity, teacher: dict
    ) -> 'Bank':
        """Writes a complete bank; scores first, manifest last."""
        manifest_path, scores_path = cls.manifest_path(folder), cls.scores_path(folder)
        manifest_path.unlink(missing_ok=True)
        atomic_write(scores_path, lambda file: np.save(file, scores_VNC, allow_pickle=False))
        write_json(
            manifest_path,
            {
                'schema': SCHEMA,
                'shape': list(scores_VNC.shape),
                'dtype': str(scores_VNC.dtype),
                'identity': asdict(identity),
                'teacher': teacher,
                'scores_sha256': file_sha256(scores_path),
            },
        )
        return cls(folder)


def open_banks(teachers: Sequence[PoolEntry], dataset: str, views: str, classes: str) -> list[Bank]:
    """The banks of a pool, each checked against what the student has.

    Args:
        teachers: The pool's first K.
        dataset, views, classes: The student's own fingerprints, as in :class:`BankIdentity`.

    Raises:
        BankError: a bank is absent, damaged or made for something else.
        ResultsError: a checkpoint cannot be read.
    """
    banks = []
    for teacher in teachers:
        bank = Bank(teacher.bank)
        bank.require(BankIdentity(dataset, views, classes, file_sha256(teacher.checkpoint)))
        bank.require_intact()
        banks.append(bank)
    return banks
