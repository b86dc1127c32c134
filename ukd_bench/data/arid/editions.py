"""The places at which each edition of ARID, and own videos, keep their lists and clips."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...errors import DataError
from .facts import V10_LIST, V15_LIST

_WORDS = {
    'train': ('train', 'training'),
    'test': ('test', 'val', 'testing', 'validation'),
    'other': ('other', 'others'),
}
"""Words that tell a list by its name; a file of just that name comes before all others."""

Files = dict[tuple[int, str], Path]
"""The list of each (split, subset)."""

HOW_TO_GET = (
    "ARID's authors send it on request (https://xuyu0010.github.io/arid.html), the UG2+ challenge "
    'hands out its part (http://www.ug2challenge.org), and `ukd-bench data make ROOT` '
    'makes synthetic dark videos'
)
"""For a person who has no videos yet."""


class LayoutError(DataError):
    """A root that does not exist, or whose lists are not those of exactly one data set."""


@dataclass(frozen=True)
class Edition:
    """The places and conventions of one edition.

    Attributes:
        name: Name in options and reports.
        title: Name in sentences.
        find: Maps a root to its lists of this edition.
        bases: Folders below the root that may hold the videos, the likeliest first.
        expected: The usual place of a list, for complaints.
        first_label: The smallest label that its lists write.
        swaps: Whether ``.avi`` in a list may be ``.mp4`` on disk, and the other way round.
    """

    name: str
    title: str
    find: Callable[[Path], Files]
    bases: tuple[str, ...]
    expected: str
    first_label: int = 0
    swaps: bool = True


def _numbered(root: Path, template: str) -> Files:
    """Lists whose names carry split and subset."""
    name = template.rpartition('/')[2].replace('.', r'\.')
    pattern = name.format(split=r'(\d+)', subset='(train|test|others?)')
    files: Files = {}
    for path in sorted(root.glob(template.format(split='*', subset='*'))):
        match = re.fullmatch(pattern, path.name)
        if match and path.is_file():
            # ARID v1.0's own README says `others`, its files say `other`.
            subset = 'other' if match[2] == 'others' else match[2]
            files.setdefault((int(match[1]), subset), path)
    return files


def _v10(root: Path) -> Files:
    return _numbered(root, V10_LIST)


def _v15(root: Path) -> Files:
    return _numbered(root, V15_LIST)


def _ug2(root: Path) -> Files:
    folders = [folder for folder in (root, root / 'list_cvt') if folder.is_dir()]
    tables = [path for folder in folders for path in sorted(folder.glob('*.csv'))]
    return _by_name(root, [path for path in tables if _starts_like_ug2(path)], '.csv')


def _starts_like_ug2(path: Path) -> bool:
    try:
        if not path.is_file():
            return False
        with open(path, 'rb') as file:
            start = file.readline(100)
    except OSError:
        return False
    return start.removeprefix(b'\xef\xbb\xbf').replace(b' ', b'').startswith(b'VideoID,Video')


def _own(root: Path) -> Files:
    folders = [root, *(root / name for name in ('annotations', 'list_cvt'))]
    return _by_name(
        root,
        [
            path
            for folder in folders
            if folder.is_dir()
            for path in sorted(folder.glob('*.txt'))
            if not path.match(V10_LIST.rpartition('/')[2].format(split='*', subset='*'))
        ],
        '.txt',
    )


def _by_name(root: Path, paths: list[Path], suffix: str) -> Files:
    """A training and a test list, told by their names.

    Raises:
        LayoutError: several have an equal claim.
    """
    files: Files = {}
    for subset, words in _WORDS.items():
        named = [path for path in paths if _words(path.stem) & set(words)]
        named = [path for path in named if path not in files.values()]
        for exact in words:
            alone = [path for path in named if path.name == exact + suffix]
            if alone:
                named = alone
                break
        if len(named) > 1:
            names = ', '.join(str(path.relative_to(root)) for path in named)
            raise LayoutError(f'{root}: which is the {subset} list, {names}? Keep or rename one')
        if named:
            files[1, subset] = named[0]
    return files if {subset for _, subset in files} & {'train', 'test'} else {}


def _words(name: str) -> set[str]:
    """The words in a name, `trainlist01` and `test_set` being of train and test."""
    words = re.findall('[a-z]+', name.lower())
    return {word.removesuffix('list').removesuffix('set') for word in words}


EDITIONS = {
    edition.name: edition
    for edition in (
        Edition('v1.0', 'ARID v1.0', _v10, ('', 'data', 'clips_v1.5'), V10_LIST),
        Edition('v1.5', 'ARID v1.5', _v15, ('clips_v1.5', 'clips_v1.5_avi', ''), V15_LIST),
        Edition(
            'ug2', 'UG2+ 2.1', _ug2, ('', 'train_data', 'test_data'), 'list_cvt/{subset}.csv', 5
        ),
        Edition('darkroom', 'DarkRoom', _v10, ('',), V10_LIST, swaps=False),
        Edition('own', 'own lists', _own, ('', 'videos'), '{subset}.txt', swaps=False),
    )
}
