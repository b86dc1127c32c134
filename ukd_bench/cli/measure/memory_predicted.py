"""What was predicted before, to be measured and compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ConfigError

if TYPE_CHECKING:
    from ...measure.memory.rehearsal.subject import Cell, Subject
    from ...measure.memory.table import Row

SAME = (
    *('student', 'batch_size', 'device', 'precision', 'clip'),
    *('parameters', 'teacher_kinds', 'teacher_bytes'),
)
"""What of a setting both sides must share."""
_FAILED = 'its prediction failed'


@dataclass(frozen=True)
class Predicted:
    """What a file predicts of a student.

    Attributes:
        rows: The rows of the cells that are asked for.
        by: By which command they were predicted, and where.
    """

    rows: 'list[Row]'
    by: dict[str, Any]


def predicted_before(
    path: Path, subject: 'Subject', setting: dict[str, Any], cells: 'Sequence[Cell]'
) -> Predicted:
    """Reads what was predicted of some cells.

    Args:
        path: What ``measure memory --predict --json`` wrote.
        subject: The student.
        setting: What is measured, see :func:`.memory_setting.describe`.
        cells: What is asked for.

    Raises:
        UkdBenchError: the file cannot be read, is of something else, or lacks one of the cells.
    """
    from ...measure.memory.table import row_of, rows_of
    from ...results.full_size import DONE
    from ...results.load_full_size import read_full_size

    content = read_full_size(path)
    if content is None:
        raise ConfigError(f'{path}: holds no figures of memory')
    for name in SAME:
        if content['setting'][name] != setting[name]:
            raise ConfigError(
                f'{path}: setting.{name} is {content["setting"][name]}, and {setting[name]} is '
                'measured'
            )
    predicted = [row for row in content['rows'] if row['predicted']]
    rows: list[Row] = []
    for cell in cells:
        mine = rows_of(subject, cell, predicted)
        if not mine:
            told = ' '.join(str(one) for one in row_of(subject, cell, '').values() if one)
            raise ConfigError(f'{path}: predicts nothing of {told}')
        rows += [row | dict(error=None if row['status'] == DONE else _FAILED) for row in mine]
    return Predicted(rows, {name: content[name] for name in ('command', 'environment')})
