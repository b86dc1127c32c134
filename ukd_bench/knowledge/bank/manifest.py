"""What a bank is filled with: its ``manifest.json`` and, while it is filled, ``fill/job.json``."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ...errors import BankError, ConfigError, ResultsError, quoted
from ...files import schema
from ...files.atomic import read_json
from ..identity import BankIdentity
from .storage import TEMPERATURES, Error, Storage

SCHEMA = 2

_FACTS = schema.table(
    dict(
        storage=schema.line,
        shape=schema.list_of(schema.positive),
        identity=schema.table(
            dict.fromkeys((part.name for part in fields(BankIdentity)), schema.line), others=None
        ),
        teacher=schema.table(
            dict(
                name=schema.name,
                key=schema.line,
                state_bytes=schema.whole,
                state_sha256=schema.line,
            )
        ),
        classes=schema.list_of(schema.text),
    )
)

_ERROR = schema.table(
    {
        str(temperature): schema.table(dict(mean=schema.number, max=schema.number))
        for temperature in TEMPERATURES
    }
)

_ADDED = dict(
    complete=schema.flag,
    views=schema.list_of(schema.table(dict(sha256=schema.line), dict(error=_ERROR))),
    files=schema.map_of(schema.table(dict(bytes=schema.whole, sha256=schema.line))),
    error=schema.maybe(_ERROR),
    scores_sha256=schema.line,
)
"""Keys of the manifest beside the facts, in the order of ``Manifest``."""


@dataclass(frozen=True)
class BankFacts:
    """What a bank is filled with.

    Attributes:
        identity: What the scores belong to.
        storage: How the scores are kept.
        shape: (V, N, C) for views, samples and classes.
        teacher: ``name``, ``key``, ``state_bytes`` and ``state_sha256`` of the teacher.
        class_names: Names of the classes in label order; empty where they have none.
    """

    identity: BankIdentity
    storage: Storage
    shape: tuple[int, int, int]
    teacher: dict[str, Any]
    class_names: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The facts as both files hold them."""
        return {
            'schema': SCHEMA,
            'storage': self.storage.name,
            'shape': list(self.shape),
            'identity': asdict(self.identity),
            'teacher': self.teacher,
            'classes': list(self.class_names),
        }

    @property
    def num_views(self) -> int:
        """V, the number of views."""
        return self.shape[0]

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> 'BankFacts':
        """Reads the facts from a file's content.

        Raises:
            BankError: saying what is absent or wrong.
        """
        if misfit := schema.first_misfit(_FACTS, content):
            raise BankError(misfit)
        shape, names = content['shape'], content['classes']
        if len(shape) != 3:
            raise BankError(f'shape {quoted(shape)} is not that of a bank')
        views, samples, classes = shape
        if len(names) not in (0, classes):
            raise BankError(f'classes has {len(names)} names for {classes} classes')
        try:
            storage = Storage.of(content['storage'])
            storage.layout(*shape)
        except ConfigError as error:
            raise BankError(str(error)) from error
        return cls(
            BankIdentity(**content['identity']),
            storage,
            (views, samples, classes),
            dict(content['teacher']),
            tuple(names),
        )


@dataclass(frozen=True)
class Job:
    """What a bank is to be filled with.

    Attributes:
        facts: What the bank is filled with.
        labels: Labels of the N samples.
    """

    facts: BankFacts
    labels: Sequence[int]


@dataclass(frozen=True)
class Manifest:
    """The manifest of a complete bank.

    Attributes:
        facts: What the bank is filled with.
        views: One note for each view: the checksum of its rows as ``sha256``, and where the storage
            is not exact its ``error``.
        files: ``bytes`` and ``sha256`` by file name.
        error: Error of the storage over all views; None where it is exact.
        scores_sha256: SHA-256 of the file of scores.
    """

    facts: BankFacts
    views: list[dict[str, Any]]
    files: dict[str, dict[str, Any]]
    error: Error | None
    scores_sha256: str

    def to_dict(self) -> dict[str, Any]:
        """The manifest as its file holds it."""
        return {
            **self.facts.to_dict(),
            'complete': True,
            'views': self.views,
            'files': self.files,
            'error': self.error,
            'scores_sha256': self.scores_sha256,
        }

    @classmethod
    def read(cls, path: Path) -> 'Manifest':
        """Reads a bank's manifest.

        Raises:
            BankError: the file is no complete bank's manifest; the message names the bank's folder.
        """
        bank = f'bank {path.parent}'
        try:
            content = read_json(path)
        except ResultsError as error:
            raise BankError(f'{bank}: {error}') from error
        if not isinstance(content, dict):
            raise BankError(f'{bank}: {path.name} is not the manifest of a bank')
        if content.get('schema') != SCHEMA:
            raise BankError(
                f'{bank}: schema {quoted(content.get("schema"))} is not {SCHEMA}, fill it again'
            )
        try:
            if misfit := schema.first_misfit(schema.table(_ADDED), content):
                raise BankError(misfit)
            facts = BankFacts.of(content)
            if content['error'] is None and not facts.storage.is_exact:
                raise BankError(f'error is None, and {facts.storage.name} has one')
        except BankError as error:
            raise BankError(f'{bank}: {path.name}: {error}') from error
        if not content['complete'] or len(content['views']) != facts.num_views:
            raise BankError(f'{bank}: {path.name} is not that of a complete bank')
        return cls(facts, *(content[key] for key in [*_ADDED][1:]))


def facts_in(path: Path) -> BankFacts | None:
    """The facts in a manifest or ``job.json``; None where there is none of this schema."""
    try:
        content = read_json(path)
        if not isinstance(content, dict) or content.get('schema') != SCHEMA:
            return None
        return BankFacts.of(content)
    except (ResultsError, BankError):
        return None
