"""What lies beside a record, compared with it."""

from pathlib import Path
from typing import Any

from ..files.hashes import HasHash, has_sha256
from .folder import RunPaths


def wrong_with(
    paths: RunPaths, record: dict[str, Any], has_hash: HasHash = has_sha256
) -> str | None:
    """What shows that a record, or a small file beside it, is not what the run left there.

    Weights and banks are not looked at: those who share results leave them behind.

    Args:
        paths: The run's folder.
        record: The record in it.
        has_hash: Compares a file with its recorded hash.

    Returns:
        It in a few words; None where nothing does.

    Raises:
        ResultsError: a file is there and cannot be read.
    """
    owner = f'{record["key"]}-{record["execution"]}'
    if paths.root.name != owner:
        return f'the record is of the run {owner[:80]}'
    shared = (('scores', paths.scores), ('curve', paths.curve))
    changed = (changed_file(path, record['hashes'].get(name), has_hash) for name, path in shared)
    return next((words for words in changed if words), None)


def changed_file(path: Path, recorded: str | None, has_hash: HasHash = has_sha256) -> str | None:
    """How a file differs from the hash that is recorded of it; None where it does not."""
    if recorded is None or has_hash(path, recorded):
        return None
    if path.is_file():
        return f'{path.name} is not the recorded one'
    return f'{path.name} cannot be read' if path.exists() else f'{path.name} is absent'
