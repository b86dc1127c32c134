"""The plan of a sweep as its folder holds it, for later calls and for the report."""

from pathlib import Path
from typing import Any

from ..files import checks
from ..methods.table import NAME
from .record import DATASET
from .sealed import SCHEMA, read_sealed, write_sealed

_ROW = checks.table(
    dict(
        key=checks.name,
        execution=checks.name,
        # Joined to the sweep's folder: it must not lead out of it.
        folder=checks.matching('[A-Za-z0-9_][A-Za-z0-9_.+-]{0,199}', 'the name of a folder'),
        method=checks.matching(NAME.pattern, 'the name of a method'),
        student=checks.maybe(checks.name),
        teacher=checks.maybe(checks.name),
        num_teachers=checks.whole,
        seed=checks.whole,
        split=checks.whole,
        epochs=checks.whole,
        full_epochs=checks.whole,
        parents=checks.list_of(checks.name),
    ),
    dict(stale=checks.flag),
)

_PLAN = checks.table(
    dict(
        schema=checks.one_of(SCHEMA),
        name=checks.name,
        dataset=DATASET,
        claims_sha256=checks.maybe(checks.line),
        pool=checks.list_of(checks.name),
        runs=checks.list_of(_ROW),
    ),
    # What they describe is for their own reader to say.
    dict(methods=checks.list_of(checks.table({}))),
)


def read_plan(path: Path) -> dict[str, Any]:
    """Reads a ``plan.json`` that is as it was written.

    Raises:
        ResultsError: it is absent, of another schema, edited or damaged.
    """
    return read_sealed(path, 'plan', _PLAN)


def write_plan(path: Path, plan: dict[str, Any]) -> None:
    """Writes a ``plan.json`` atomically, with a digest of itself."""
    write_sealed(path, dict(plan, schema=SCHEMA))
