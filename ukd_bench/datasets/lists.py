"""ARID's list files, read strictly: every complaint names the file, the line and the value."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..errors import DataError

ARID_CLASSES = (
    'Drink', 'Jump', 'Pick', 'Pour', 'Push', 'Run', 'Sit', 'Stand', 'Turn', 'Walk', 'Wave',
)  # fmt: skip
"""Class names of ARID in label order."""

SUBSETS = ('train', 'test', 'other')


@dataclass(frozen=True)
class Clip:
    """One line of a list: a video below the data root and its label."""

    path: str
    label: int


def list_file(root: Path, split: int, subset: str) -> Path:
    """The list of one split and subset in ARID v1.0's layout.

    Raises:
        DataError: the root or the list is absent.
    """
    if not root.is_dir():
        raise DataError(f'data root {root} does not exist or is not a folder')
    names = [f'ARID_split{split}_{subset}.txt']
    if subset == 'other':
        # The files say `other`, the README that comes with the data set says `others`.
        names.append(f'ARID_split{split}_others.txt')
    for name in names:
        path = root / 'list_cvt' / name
        if path.is_file():
            return path
    raise DataError(f'{root / "list_cvt" / names[0]} does not exist')


def read_list(path: Path, num_classes: int = len(ARID_CLASSES)) -> list[Clip]:
    """Reads lines of ``index<TAB>label<TAB>Class/file.avi``; no header.

    Raises:
        DataError: naming file and line, where a line has not three columns, a label is no class or
            a path leaves the data root; or where the list is empty, absent or not text.
    """
    try:
        lines = path.read_text(encoding='utf-8').splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f'{path}: cannot be read ({error})') from error
    clips = [
        _parse_line(line, f'{path}:{number}', num_classes)
        for number, line in enumerate(lines, start=1)
        if line.strip()
    ]
    if not clips:
        raise DataError(f'{path}: lists no video')
    return clips


def _parse_line(line: str, where: str, num_classes: int) -> Clip:
    columns = line.split('\t')
    if len(columns) != 3:
        raise DataError(
            f'{where}: {len(columns)} columns instead of index<TAB>label<TAB>path: {line[:80]!r}'
        )
    label, path = columns[1].strip(), columns[2].strip()
    if not label.isdecimal() or int(label) >= num_classes:
        raise DataError(f'{where}: label {label!r} is not one of 0 to {num_classes - 1}')
    parts = PurePosixPath(path)
    if not path or parts.is_absolute() or '..' in parts.parts:
        raise DataError(f'{where}: path {path!r} does not stay below the data root')
    return Clip(path, int(label))


def require_videos(clips: list[Clip], root: Path, listed_in: Path) -> None:
    """Checks that every listed video is a file.

    Raises:
        DataError: naming the first absent one and how many there are.
    """
    absent = [clip.path for clip in clips if not (root / clip.path).is_file()]
    if absent:
        more = f' (and {len(absent) - 1} more)' if len(absent) > 1 else ''
        raise DataError(f'{listed_in}: {root / absent[0]} does not exist{more}')
