"""Which checkpoints stay, and what is told beside a record whose checkpoint was deleted."""

from collections.abc import Mapping
from typing import Any

from ..errors import ResultsError, is_unreadable
from ..files import schema
from .folder import RunPaths
from .moment import present_moment
from .sealed import SCHEMA, read_sealed, write_sealed

NONE, TEACHERS, ALL = 'none', 'teachers', 'all'
KEPT = (NONE, TEACHERS, ALL)
"""Checkpoints that stay: none, those of what others learn or start from, or all."""

_CHECK = schema.table(
    dict(
        schema=schema.one_of(SCHEMA),
        key=schema.name,
        execution=schema.name,
        checkpoint_sha256=schema.name,
        bytes=schema.whole,
        deleted=schema.line,
    )
)
_NAMES = ('key', 'execution')


def note_deleted(paths: RunPaths, record: Mapping[str, Any]) -> None:
    """Writes that the checkpoint of a finished run is deleted, which is still there.

    Args:
        paths: The run's folder.
        record: Its record, which stays as it is.

    Raises:
        ResultsError: the file cannot be written.
    """
    told = dict(
        schema=SCHEMA,
        **{name: record[name] for name in _NAMES},
        checkpoint_sha256=record['hashes']['checkpoint'],
        bytes=paths.checkpoint.stat().st_size,
        deleted=present_moment(),
    )
    write_sealed(paths.deleted, told)


def was_deleted(paths: RunPaths, record: Mapping[str, Any]) -> bool:
    """Whether the very checkpoint that a record names was deleted on purpose, and is not there.

    Raises:
        ResultsError: the file that would say so is there and cannot be read.
    """
    if paths.checkpoint.exists() or not paths.deleted.exists():
        return False
    try:
        told = read_sealed(paths.deleted, 'note', _CHECK)
    except ResultsError as error:
        if is_unreadable(error):
            raise
        return False
    same_run = all(told[name] == record[name] for name in _NAMES)
    return same_run and told['checkpoint_sha256'] == record['hashes'].get('checkpoint')


def checkpoint_bytes(paths: RunPaths) -> int | None:
    """Size of a run's checkpoint, be it there or deleted on purpose; None where it is lost."""
    try:
        return paths.checkpoint.stat().st_size
    except OSError:
        pass
    try:
        return read_sealed(paths.deleted, 'note', _CHECK)['bytes']
    except ResultsError:
        return None
