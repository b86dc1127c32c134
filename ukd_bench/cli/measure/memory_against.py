"""What was measured elsewhere, to be compared with what is predicted here."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ConfigError

if TYPE_CHECKING:
    from ...measure.memory.rehearsal.subject import Cell, Subject
    from ...measure.memory.table import Row

_SAME = ('student', 'batch_size', 'device', 'precision', 'clip')
"""What of a setting both sides must share."""


@dataclass(frozen=True)
class Elsewhere:
    """What a file says was measured of a student.

    Attributes:
        cells: The cells that were asked for and measured.
        rows: Their rows.
        command: By which they were measured.
        environment: Where.
    """

    cells: 'list[Cell]'
    rows: 'list[Row]'
    command: str
    environment: dict[str, Any]


def measured_elsewhere(
    path: Path, subject: 'Subject', setting: dict[str, Any], cells: 'Sequence[Cell]'
) -> Elsewhere:
    """Reads what was measured of some cells.

    Args:
        path: What ``measure memory --json`` wrote on the other machine.
        subject: The student.
        setting: What is predicted, see :func:`.memory_setting.describe`.
        cells: What is asked for.

    Raises:
        UkdBenchError: the file cannot be read, is of something else, or none of the cells was
            measured.
    """
    from ...measure.memory.table import row_of
    from ...results.load_full_size import read_full_size

    content = read_full_size(path)
    if content is None:
        raise ConfigError(f'{path}: holds no figures of memory')
    for name in _SAME:
        if content['setting'][name] != setting[name]:
            raise ConfigError(
                f'{path}: setting.{name} is {content["setting"][name]}, and {setting[name]} is '
                'predicted'
            )
    measured = [row for row in content['rows'] if not row['predicted']]
    found, rows = [], []
    for cell in cells:
        named = row_of(subject, cell, '')
        mine = [row for row in measured if all(row.get(k) == v for k, v in named.items() if v)]
        mine = [row for row in mine if row['num_teachers'] == cell.num_teachers]
        if mine:
            found.append(cell)
            rows += [dict(process_start_bytes=None, error=None) | row for row in mine]
    if not rows:
        raise ConfigError(f'{path}: none of what is asked for was measured there')
    return Elsewhere(found, rows, content['command'], content['environment'])
