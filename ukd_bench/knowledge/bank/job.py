"""What a bank is filled with, and whether that has been done."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ...errors import BankError, ResultsError
from ..identity import BankIdentity
from .format import SCHEMA, Bank, BankPaths, facts_in
from .storage import Storage


@dataclass(frozen=True)
class Job:
    """What a bank is filled with.

    Attributes:
        identity: What the scores belong to.
        storage: How they are kept.
        num_views: V.
        num_classes: C.
        labels: Of the N samples.
        class_names: In label order; empty where classes have none.
        teacher: ``name``, ``key``, ``state_bytes`` and ``state_sha256``.
    """

    identity: BankIdentity
    storage: Storage
    num_views: int
    num_classes: int
    labels: Sequence[int]
    class_names: Sequence[str]
    teacher: dict

    @property
    def shape(self) -> tuple[int, int, int]:
        """(V, N, C)"""
        return self.num_views, len(self.labels), self.num_classes

    def facts(self) -> dict:
        """What of it stands in the manifest."""
        return {
            'schema': SCHEMA,
            'storage': self.storage.name,
            'shape': list(self.shape),
            'identity': asdict(self.identity),
            'teacher': self.teacher,
            'classes': list(self.class_names),
        }


def complete_bank(
    folder: Path, identity: BankIdentity, storage: Storage, num_views: int
) -> Bank | None:
    """The bank that lies there, if it leaves nothing to fill."""
    try:
        bank = Bank(folder)
        bank.require_intact()
    except (BankError, ResultsError):
        return None
    fits = not bank.differing(identity) and bank.storage == storage
    return bank if fits and bank.num_views >= num_views else None


def storage_in(folder: Path) -> str | None:
    """How the bank that lies there, complete or not, is stored; None where there is none."""
    paths = BankPaths(folder)
    # Where both differ, the bank is being filled anew.
    facts = paths.begun() or facts_in(paths.manifest)
    return None if facts is None else facts.get('storage')
