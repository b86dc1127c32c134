"""What lies beside a record, compared with it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import ResultsError
from ..files.hashes import file_sha256
from .folder import RunPaths


def wrong_with(
    paths: RunPaths, record: dict[str, Any], sha256: Callable[[Path], str] = file_sha256
) -> str | None:
    """What shows that a record, or a small file beside it, is not what the run left there.

    Weights and banks are not looked at: those who share results leave them behind.

    Args:
        paths: The run's folder.
        record: The record in it.
        sha256: Function that hashes a file.

    Returns:
        It in a few words; None where nothing does.
    """
    owner = f'{record["key"]}-{record["execution"]}'
    if paths.root.name != owner:
        return f'the record is of the run {owner[:80]}'
    shared = (('scores', paths.scores), ('curve', paths.curve))
    changed = (changed_file(path, record['hashes'].get(name), sha256) for name, path in shared)
    return next((words for words in changed if words), None)


def changed_file(
    path: Path, recorded: str | None, sha256: Callable[[Path], str] = file_sha256
) -> str | None:
    """How a file differs from the hash that is recorded of it; None where it does not."""
    if recorded is None:
        return None
    try:
        found = sha256(path)
    except ResultsError:
        return f'{path.name} cannot be read' if path.exists() else f'{path.name} is absent'
    return None if found == recorded else f'{path.name} is not the recorded one'
