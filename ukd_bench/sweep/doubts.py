"""What lies in a sweep's folder and is not believed, because it was edited or damaged."""

from collections.abc import Iterator

from ..errors import ResultsError
from ..knowledge.parts import lost_part
from ..records.folder import RunPaths
from ..records.parts import wrong_with
from ..records.plan_file import read_plan
from ..records.record import read_record
from .finished import SweepState


def doubts(state: SweepState) -> Iterator[str]:
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
