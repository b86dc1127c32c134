"""What lies in a sweep's folder and is not believed, because it was edited or damaged."""

from collections.abc import Iterator

from ..errors import ResultsError
from ..records.plan_file import read_plan
from .finished import SweepState


def doubts(state: SweepState) -> Iterator[str]:
    """Lines on the files that were edited or damaged, by name; nothing is read for them again.

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
        refusal = state.refusal(run)
        if refusal is not None and refusal.is_doubt and not state.is_finished(key):
            yield f'{refusal.words}; the run is not finished'
