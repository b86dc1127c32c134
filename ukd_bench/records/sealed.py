"""Files that hold a digest of themselves, so that whoever edits one by hand is told."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import ResultsError, quoted
from ..files.atomic import read_json, write_json
from ..files.hashes import is_sealed, sealed
from ..files.schema import Check, first_misfit

SCHEMA = 2
"""Version of records, plans and specifications."""


def read_sealed(path: Path, kind: str, check: Check) -> dict[str, Any]:
    """Reads what :func:`write_sealed` wrote.

    Args:
        path: The file.
        kind: What messages call it, as in ``record``.
        check: What its content must be.

    Raises:
        ResultsError: the file is absent, of another schema, edited, or no such file at all.
    """
    content = read_json(path)
    if not isinstance(content, dict):
        raise ResultsError(f'{path}: a {kind} must be a JSON object')
    if content.get('schema') != SCHEMA:
        raise ResultsError(
            f'{path}: schema {quoted(content.get("schema"))} is not {SCHEMA}, which this release '
            'reads'
        )
    if not is_sealed(content):
        raise ResultsError(f'{path}: edited or damaged, its digest is not that of its content')
    misfit = first_misfit(check, content)
    if misfit is not None:
        raise ResultsError(f'{path}: {misfit}')
    return content


def write_sealed(path: Path, content: Mapping[str, Any]) -> None:
    """Writes an object with a digest of itself, atomically."""
    write_json(path, sealed(content))
