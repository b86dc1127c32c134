"""Whether what a finished run left is still there, and what is there and not believed."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ResultsError
from ..files.hashes import file_sha256
from ..knowledge.bank.format import is_recorded_bank
from ..records.folder import RunPaths
from ..records.parts import changed_file, wrong_with
from ..records.plan_file import read_plan
from ..records.record import read_record

if TYPE_CHECKING:
    from .finished import SweepState


def lost_part(
    paths: RunPaths, record: dict[str, Any], sha256: Callable[[Path], str] = file_sha256
) -> str | None:
    """What a finished run left and is not there as it was recorded; None where all of it is.

    Args:
        paths: The run's folder.
        record: Its record.
        sha256: Function that hashes a file.
    """
    hashes = record['hashes']
    if wrong := wrong_with(paths, record, sha256):
        return wrong
    if record['method'] == 'bank':
        recorded = is_recorded_bank(paths.bank, hashes.get('bank'), hashes.get('bank_manifest'))
        return None if recorded else f'{paths.bank.name} is not the recorded one'
    return changed_file(paths.checkpoint, hashes.get('checkpoint'), sha256)


def doubts(state: 'SweepState') -> Iterator[str]:
    """Lines on the files that were edited or damaged, by name.

    A run whose record is not believed counts as not finished. One that was made from other clips or
    teachers than are there now is no matter of doubt.

    Args:
        state: A plan and its folder, refreshed.
    """
    if state.paths.plan.exists():
        try:
            read_plan(state.paths.plan)
        except ResultsError as error:
            yield str(error)
    for key, run in state.plan.runs.items():
        paths = state.own_folder(run)
        if not state.is_finished(key) and paths.record.exists():
            wrong = _wrong(paths)
            if wrong is not None:
                yield f'{wrong}; the run is not finished'


def _wrong(paths: RunPaths) -> str | None:
    try:
        record = read_record(paths.record)
    except ResultsError as error:
        return str(error)
    part = lost_part(paths, record) if record['status'] == 'done' else wrong_with(paths, record)
    return None if part is None else f'{paths.root}: {part}'
