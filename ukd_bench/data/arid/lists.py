"""List files, read strictly: every complaint names the file, the line and the value.

Three formats: ARID's ``index label path``, MMAction2's ``path label``, and the CSV of UG2+.
"""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ...errors import DataError, quoted, shortened
from .facts import ARID_CLASSES

UG2_COLUMNS = ('VideoID', 'Video', 'ClassID')
_MOST_DIGITS = 100
"""Digits that a label may have; Python reads no more than some thousands."""

Line = tuple[int, str, str]
"""Number of a line, its label and its path, as they are written."""


@dataclass(frozen=True)
class Clip:
    """A video and its label.

    Attributes:
        path: Below the data root, with forward slashes.
        label: Index of the class, from 0.
    """

    path: str
    label: int


class UnlabelledError(DataError):
    """A list that names videos and no labels, as challenges publish for their test clips."""


def read_list(path: Path, labels: range = range(len(ARID_CLASSES))) -> list[Clip]:
    """Reads lines of ``index<TAB>label<TAB>Class/file.avi``; no header; spaces serve as tabs.

    Args:
        path: The list.
        labels: The labels it may have. Those of the clips count from the first of them.

    Raises:
        DataError: naming file and line, where a line has not three columns, a label is no class or
            a path leaves the data root; or where the list is empty, absent or not UTF-8.
    """
    return _clips(path, labels, _arid_lines)


def read_pairs(path: Path, labels: range | None = None) -> list[Clip]:
    """Reads MMAction2's lines of ``path label``.

    Args:
        path: The list.
        labels: The labels it may have; None for any number from 0.

    Raises:
        DataError: as :func:`read_list` does.
    """
    return _clips(path, labels, _pair_lines)


def read_csv(path: Path, labels: range) -> list[Clip]:
    """Reads the lists of UG2+: columns ``VideoID,Video,ClassID`` under a header.

    Raises:
        UnlabelledError: there is no column of labels.
        DataError: as :func:`read_list` does.
    """
    return _clips(path, labels, _csv_lines)


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, without a byte-order mark.

    Raises:
        DataError: the file cannot be read or is encoded otherwise.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f'{path}: cannot be read ({error.strerror or error})') from error
    if content[:2] in (b'\xff\xfe', b'\xfe\xff') or b'\0' in content[:64]:
        raise DataError(f'{path}: cannot be read (it is UTF-16; save it as UTF-8)')
    try:
        return content.decode('utf-8-sig')
    except UnicodeDecodeError as error:
        line = content.count(b'\n', 0, error.start) + 1
        raise DataError(
            f'{path}:{line}: cannot be read (it is not UTF-8 but, it seems, Latin-1; '
            'save it as UTF-8)'
        ) from error


def lines_of(text: str) -> list[str]:
    """The lines of a text; of what Python takes for a line's end, only what files end lines by."""
    return io.StringIO(text, newline=None).read().split('\n')


def is_blank(path: Path) -> bool:
    """Whether a list holds nothing but blank lines, as one of further clips may.

    Raises:
        DataError: as :func:`read_text` does.
    """
    return not read_text(path).strip()


def _clips(
    path: Path, labels: range | None, lines: Callable[[str, Path], Iterator[Line]]
) -> list[Clip]:
    clips = [
        Clip(_inside(name, f'{path}:{number}'), _label(label, f'{path}:{number}', labels))
        for number, label, name in lines(read_text(path), path)
    ]
    if not clips:
        raise DataError(f'{path}: lists no video')
    return clips


def _arid_lines(text: str, path: Path) -> Iterator[Line]:
    for number, line in _full_lines(text):
        columns = _columns(line, 2, from_right=False)
        if len(columns) != 3:
            raise _wrong_columns(f'{path}:{number}', columns, 'index<TAB>label<TAB>path', line)
        yield number, columns[1], columns[2]


def _pair_lines(text: str, path: Path) -> Iterator[Line]:
    for number, line in _full_lines(text):
        columns = _columns(line, 1, from_right=True)
        if len(columns) != 2:
            raise _wrong_columns(f'{path}:{number}', columns, '`path label`', line)
        yield number, columns[1], columns[0]


def _csv_lines(text: str, path: Path) -> Iterator[Line]:
    rows = csv.DictReader(io.StringIO(text, newline=None), skipinitialspace=True)
    try:
        yield from _rows(rows, path)
    except csv.Error as error:
        raise DataError(f'{path}: cannot be read as CSV ({error})') from error


def _rows(rows: csv.DictReader, path: Path) -> Iterator[Line]:
    header = [name.strip() for name in rows.fieldnames or ()]
    rows.fieldnames = header
    for name in UG2_COLUMNS[1:]:
        if name not in header:
            kind = UnlabelledError if name == 'ClassID' else DataError
            present = shortened(', '.join(header)) or 'nothing'
            raise kind(f'{path}: has no column {name}, only {present}')
    for row in rows:
        if None in row or None in row.values():
            given = [value for value in row.values() if isinstance(value, str)]
            line = ','.join(given)
            raise _wrong_columns(
                f'{path}:{rows.line_num}', given, shortened(','.join(header)), line
            )
        yield rows.line_num, row['ClassID'].strip(), row['Video'].strip()


def _full_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines that are not blank, with their numbers."""
    for number, line in enumerate(lines_of(text), start=1):
        if line.strip():
            yield number, line


def _columns(line: str, splits: int, from_right: bool) -> list[str]:
    """Columns between tabs if there are any, else between spaces; only the path may hold spaces."""
    if '\t' in line:
        return [column.strip() for column in line.split('\t')]
    return line.rsplit(None, splits) if from_right else line.split(None, splits)


def _wrong_columns(where: str, columns: list[str], wanted: str, line: str) -> DataError:
    return DataError(f'{where}: {len(columns)} columns instead of {wanted}: {quoted(line)}')


def _label(label: str, where: str, labels: range | None) -> int:
    number = whole_number(label)
    if number is None or (labels is not None and number not in labels):
        allowed = 'a whole number' if labels is None else f'one of {labels[0]} to {labels[-1]}'
        raise DataError(f'{where}: label {quoted(label)} is not {allowed}')
    return number if labels is None else number - labels[0]


def whole_number(text: str) -> int | None:
    """The number that some digits write; None where they are none, or more than any label has."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
    return int(text) if is_number else None


def _inside(path: str, where: str) -> str:
    if '\0' in path:
        raise DataError(f'{where}: path {quoted(path)} cannot be that of a file')
    parts = PurePosixPath(path)
    if not path or parts.is_absolute() or '..' in parts.parts:
        raise DataError(f'{where}: path {quoted(path)} does not stay below the data root')
    return str(parts)
