"""Frames of a few test clips as networks see them, beside the plan of a sweep."""

from pathlib import Path
from typing import Any

from ..files import schema
from .sealed import SCHEMA, read_sealed, write_sealed

BRIGHT, STUDENT, TEACHER = 'bright', 'student', 'teacher'
"""Who sees a row of frames; nobody sees the well-lit twin."""

_SAMPLES = schema.table(
    dict(
        schema=schema.one_of(SCHEMA),
        clips=schema.list_of(schema.table(dict(path=schema.place, label=schema.whole))),
        rows=schema.list_of(
            schema.table(
                dict(
                    seen_by=schema.one_of(BRIGHT, STUDENT, TEACHER),
                    name=schema.name,
                    # The run whose config renders them; the twin has none.
                    run=schema.maybe(schema.name),
                    # A PNG each, in base64.
                    frames=schema.list_of(schema.line),
                )
            )
        ),
    )
)


def read_samples(path: Path) -> dict[str, Any]:
    """Reads a ``samples.json`` that is as it was written.

    Raises:
        ResultsError: it is absent, of another schema, edited or damaged.
    """
    return read_sealed(path, 'file of sample frames', _SAMPLES)


def write_samples(path: Path, samples: dict[str, Any]) -> None:
    """Writes a ``samples.json`` atomically, with a digest of itself."""
    write_sealed(path, dict(samples, schema=SCHEMA))
