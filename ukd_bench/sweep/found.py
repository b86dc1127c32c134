"""What is found in a run's folder, and whether it can be the run's result."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import ResultsError, is_unreadable
from ..methods.table import METHODS
from ..records.folder import RunPaths
from ..records.record import FINAL_STATUSES, read_record
from .plan import Plan, PlannedRun


@dataclasses.dataclass(frozen=True)
class Finished:
    """What is remembered of a finished run, so that its record need not be read again."""

    paths: RunPaths
    status: str
    hashes: Mapping[str, str | None]
    teachers: Sequence[Mapping[str, Any]]
    starts_from: Sequence[Mapping[str, Any]]


@dataclasses.dataclass(frozen=True)
class Refusal:
    """Why what lies in a run's folder does not count as its result.

    Attributes:
        words: The reason in one line, which names the folder or the file.
        is_doubt: Whether it was edited or damaged, rather than made from other clips or teachers.
    """

    words: str
    is_doubt: bool


def other_teachers(plan: Plan, run: PlannedRun, found: Finished) -> str | None:
    """What says that a run learned from teachers that are not the plan's; None: nothing."""
    if found.status != 'done':
        return None
    if {one['key'] for one in found.starts_from} != {*run.pretrained_by}:
        return 'it started from the weights of other runs than the plan gives it'
    told = [teacher['key'] for teacher in found.teachers]
    if run.spec.method in METHODS:
        wanted = [teacher.spec.key for teacher in plan.teachers_of(run)]
        fits = told == wanted
    else:
        # A hook of the user's own may tell of some alone, or find them without the plan.
        wanted = [one.spec.key for one in plan.ancestors(run)]
        fits = not wanted or {*told} <= {*wanted}
    return None if fits else 'it learned from other teachers than the plan gives it'


def not_final(record: dict) -> str | None:
    """What says that a record is none of a run that came to an end; None: nothing."""
    status = record['status']
    return None if status in FINAL_STATUSES else f'the record has status {status}'


def final_record(paths: RunPaths) -> dict | None:
    """The record of a run that came to an end; None where there is none.

    Raises:
        ResultsError: it is there and cannot be read.
    """
    try:
        record = read_record(paths.record)
    except ResultsError as error:
        if is_unreadable(error):
            raise
        return None
    return None if not_final(record) else record
