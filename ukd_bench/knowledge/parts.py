"""What a finished run has left for others to build on: weights, scores, a bank."""

from typing import Any

from ..files.hashes import HasHash, has_sha256
from ..records.beside import changed_file, wrong_with
from ..records.deleted import was_deleted
from ..records.folder import RunPaths
from .bank.format import is_recorded_bank


def lost_part(
    paths: RunPaths, record: dict[str, Any], has_hash: HasHash = has_sha256
) -> str | None:
    """What a finished run left and is not there as it was recorded; None where all of it is.

    A checkpoint that was deleted on purpose is not lost.

    Args:
        paths: The run's folder.
        record: Its record.
        has_hash: Compares a file with its recorded hash.

    Raises:
        ResultsError, BankError: a file is there and cannot be read.
    """
    hashes = record['hashes']
    if wrong := wrong_with(paths, record, has_hash):
        return wrong
    if record['method'] == 'bank':
        recorded = hashes.get('bank'), hashes.get('bank_manifest')
        intact = is_recorded_bank(paths.bank, *recorded, has_hash)
        return None if intact else f'{paths.bank.name} is not the recorded one'
    wrong = changed_file(paths.checkpoint, hashes.get('checkpoint'), has_hash)
    return None if wrong and was_deleted(paths, record) else wrong
