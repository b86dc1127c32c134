"""What ``ukd-bench measure memory`` writes: JSON as reports read it, CSV, and a figure."""

import argparse
import csv
import io
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ...errors import ConfigError

if TYPE_CHECKING:
    from ...measure.memory.boundary import Boundary
    from ...measure.memory.budget import Budget, Question
    from ...measure.memory.compare import Comparison
    from ...measure.memory.table import Row
    from .memory_predicted import Predicted

SCHEMA = 1
KIND, BUDGET_KIND = 'memory', 'memory_budget'
STUDENT = '{student}'
_ROW = (
    *('method', 'num_teachers', 'phase', 'teacher', 'predicted', 'status'),
    *('allocated_peak_bytes', 'reserved_peak_bytes', 'process_peak_bytes', 'process_start_bytes'),
    *('workspace_bound_bytes', 'breakdown'),
)
_FILES = ('json', 'csv', 'figure')
_PATHS = ('config', 'pool', 'sweep', 'predicted')


@dataclass(frozen=True)
class Table:
    """The figures of one student.

    Attributes:
        setting: What they are of, see :func:`.setting.describe`.
        rows: The rows.
        comparison: Of those that are predicted with those that are measured, where it was asked
            for.
        before: Where the predicted rows come from, where they were predicted before.
    """

    setting: Mapping[str, Any]
    rows: 'Sequence[Row]'
    comparison: 'Comparison | None' = None
    before: 'Predicted | None' = None


def json_path(path: Path, student: str) -> Path:
    """The file of one student."""
    return Path(str(path).replace(STUDENT, student))


def require_a_file_each(path: Path | None, students: int) -> None:
    """Refuses one file for several students.

    Raises:
        ConfigError: the path does not hold :data:`STUDENT`.
    """
    if path is not None and students > 1 and STUDENT not in str(path):
        raise ConfigError(
            f'--json {path}: {students} students have a file each, as in memory-{STUDENT}.json'
        )


def content(table: Table, command: str, environment: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON file of one student."""
    rows = [
        {name: row[name] for name in _ROW if name in row} | dict(breakdown=parts_of(row))
        for row in table.rows
    ]
    return dict(
        schema=SCHEMA,
        kind=KIND,
        command=command,
        environment=environment,
        **({} if table.before is None else dict(predicted_by=table.before.by)),
        setting=table.setting,
        rows=rows,
        **({} if table.comparison is None else dict(comparison=table.comparison.as_json())),
    )


def parts_of(row: 'Row') -> dict[str, int] | None:
    """What a peak is made of; the bytes by which the allocator rounds up are temporaries."""
    from ...results.full_size import PARTS

    parts = row['breakdown']
    if parts is None:
        return None
    found = {part: parts[part] for part in PARTS}
    found['temporaries'] += sum(parts.values()) - sum(found.values())
    return found


def command_of(arguments: argparse.Namespace, defaults: argparse.Namespace) -> str:
    """The command as it was typed, without the files that it writes and folders of this machine."""
    words = ['ukd-bench', 'measure', 'memory']
    if arguments.config:
        words.append(_portable(arguments.config))
    for name, value in vars(arguments).items():
        if name in ('config', 'run', *_FILES) or value == getattr(defaults, name, None):
            continue
        words.append(f'--{name.replace("_", "-")}')
        if name == 'clip':
            words.append('x'.join(map(str, value)))
        elif name == 'budget':
            words.append(','.join(text for text, _ in value))
        elif isinstance(value, list):
            parts = map(_portable, value) if name in _PATHS else map(str, value)
            words.append(','.join(parts))
        elif value is not True:
            words.append(_portable(value) if name in _PATHS else str(value))
    return shlex.join(words)


def csv_text(tables: Sequence[Table]) -> str:
    """All rows, with the student and the parts of each peak."""
    from ...results.full_size import PARTS

    names = [name for name in _ROW if name != 'breakdown']
    given = ('student', 'batch_size', 'device', 'precision')
    file = io.StringIO()
    writer = csv.writer(file, lineterminator='\n')
    writer.writerow([*given, *names, *(f'{part}_bytes' for part in PARTS)])
    for table in tables:
        for row in table.rows:
            parts = parts_of(row) or {}
            cells = [*(table.setting[name] for name in given), *(row.get(name) for name in names)]
            writer.writerow([*cells, *(parts.get(part) for part in PARTS)])
    return file.getvalue()


def budget_rows(
    student: str, budget: 'Budget', asked: Sequence[tuple[str, int]], question: 'Question'
) -> list[dict[str, Any]]:
    """The answers for one student, a row a method and size; bytes are None where nothing is."""
    from ...measure.memory.budget import smallest_card

    rows = []
    for number, (text, size) in enumerate(asked):
        for one in budget.methods.values():
            row = dict(student=student, method=one.method, budget=text, budget_bytes=size)
            row |= dict(batch_size=question.batch_size, num_teachers=one.num_teachers)
            answer = one.answers[number] if one.answers else None
            row |= _boundary('teachers', answer.teachers if answer else None)
            row |= _boundary('batch', answer.batch if answer else None)
            card = smallest_card(one.wanted) if one.wanted else None
            row |= dict(
                wanted_bytes=one.wanted and one.wanted.peak_bytes,
                wanted_bounded_bytes=one.wanted and one.wanted.bounded_bytes,
                smallest_card=card and card[0],
                error=one.error,
            )
            rows.append(row)
    return rows


def _boundary(what: str, found: 'Boundary | None') -> dict[str, Any]:
    at, beyond = (found.at, found.beyond) if found else (None, None)
    return {
        f'largest_{what}': found and found.value,
        f'largest_{what}_bytes': at and at.peak_bytes,
        f'largest_{what}_bounded_bytes': at and at.bounded_bytes,
        f'one_more_{what}_bytes': beyond and beyond.peak_bytes,
    }


def budget_content(
    rows: Sequence[Mapping[str, Any]],
    checks: Sequence[Mapping[str, Any]],
    command: str,
    environment: Mapping[str, Any],
) -> dict[str, Any]:
    """The JSON file of a budget's answers, of a kind of its own."""
    return dict(
        schema=SCHEMA,
        kind=BUDGET_KIND,
        command=command,
        environment=environment,
        rows=rows,
        checks=checks,
    )


def budget_csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """The answers of a budget, a row a student, method and size."""
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]), lineterminator='\n')
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def figure_text(contents: Sequence[Mapping[str, Any]]) -> str:
    """The figure of memory at full size, as reports have it.

    Raises:
        ConfigError: there is no training peak.
    """
    from ...files.atomic import write_json
    from ...methods.known import KnownMethods
    from ...report.figures.full_size import full_size_figure
    from ...results.load_full_size import load_full_size

    with TemporaryDirectory(prefix='ukd-bench-memory-') as folder:
        for number, one in enumerate(contents):
            write_json(Path(folder, f'{number:04}.json'), one)
        drawing = full_size_figure(load_full_size(Path(folder)), KnownMethods())
    if drawing is None:
        raise ConfigError('there is no training peak to draw')
    return drawing.svg


def _portable(path: object) -> str:
    return Path(str(path)).name if Path(str(path)).is_absolute() else str(path)
