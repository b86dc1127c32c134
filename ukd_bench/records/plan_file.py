"""The plan of a sweep as its folder holds it, for later calls and for the report."""

from pathlib import Path
from typing import Any

from ..files import schema
from ..methods.table import NAME
from .record import DATASET
from .sealed import SCHEMA, read_sealed, write_sealed

_ROW = schema.table(
    dict(
        key=schema.name,
        execution=schema.name,
        # Joined to the sweep's folder: it must not lead out of it.
        folder=schema.matching('[A-Za-z0-9_][A-Za-z0-9_.+-]{0,199}', 'the name of a folder'),
        method=schema.matching(NAME.pattern, 'the name of a method'),
        student=schema.maybe(schema.name),
        teacher=schema.maybe(schema.name),
        num_teachers=schema.whole,
        seed=schema.whole,
        split=schema.whole,
        epochs=schema.whole,
        full_epochs=schema.whole,
        parents=schema.list_of(schema.name),
    ),
    dict(stale=schema.flag, config_sha256=schema.line, regimes=schema.list_of(schema.name)),
)

_PLAN = schema.table(
    dict(
        schema=schema.one_of(SCHEMA),
        name=schema.name,
        dataset=DATASET,
        claims_sha256=schema.maybe(schema.line),
        pool=schema.list_of(schema.name),
        runs=schema.list_of(_ROW),
    ),
    # What they describe is for their own reader to say.
    dict.fromkeys(('methods', 'regimes'), schema.list_of(schema.table({}))),
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
