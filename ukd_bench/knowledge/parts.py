"""What a finished run has left for others to build on: weights, scores, a bank."""

from collections.abc import Mapping

from ..files.hashes import HasHash
from ..records.folder import RunPaths
from .bank.format import is_recorded_bank


def has_parts(
    paths: RunPaths, method: str, hashes: Mapping[str, str | None], has_hash: HasHash
) -> bool:
    """Whether all that others need of a run is there, as it was recorded.

    Args:
        paths: The run's folder.
        method: The run's method.
        hashes: The record's ``hashes``.
        has_hash: Compares a file with its recorded hash.
    """
    if method == 'bank':
        return is_recorded_bank(paths.bank, hashes.get('bank'), has_hash)
    weights = hashes.get('checkpoint')
    return (weights is None or has_hash(paths.checkpoint, weights)) and paths.scores.is_file()
