"""Finds the lists and videos at a root: ARID's editions, DarkRoom, or own lists."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...errors import DataError, UkdBenchError, quoted, shortened
from ...files.folders import Folders
from ..fingerprint import darkroom_manifest, require_plain_names
from .editions import EDITIONS, HOW_TO_GET, Edition, Files, LayoutError
from .facts import ARID_CLASSES, MAPPING_TABLE
from .lists import (
    Clip,
    UnlabelledError,
    is_blank,
    lines_of,
    read_csv,
    read_list,
    read_pairs,
    read_text,
    whole_number,
)

_TWINS = {'.avi': '.mp4', '.mp4': '.avi'}
"""ARID's clips exist in both containers; a list of one edition may serve another."""

_MANY_CLASSES = 10_000
"""More than any set of actions has; a larger label is a slip."""
_BLANKS = ' \t'
"""What may stand around a class name; Python would strip control characters, too."""


@dataclass(frozen=True)
class Layout:
    """The lists at a root, and where the videos that they name lie.

    Attributes:
        root: The data root.
        kind: Places and conventions of this edition.
        classes: Names in label order.
        labels: The labels that the lists write; those of clips count from the first of them.
        files: The list of each (split, subset) that there is.
    """

    root: Path
    kind: Edition
    classes: tuple[str, ...]
    labels: range
    files: Mapping[tuple[int, str], Path]

    @property
    def edition(self) -> str:
        """A name from :data:`ukd_bench.data.arid.editions.EDITIONS`."""
        return self.kind.name

    @property
    def splits(self) -> tuple[int, ...]:
        """Numbers of the splits that there are."""
        return tuple(sorted({split for split, _ in self.files}))

    def list_file(self, split: int, subset: str) -> Path:
        """The list of one split and subset.

        Raises:
            DataError: there is none.
        """
        if (split, subset) not in self.files:
            usual = self.kind.expected.format(split=split, subset=subset)
            present = ' and '.join(map(str, self.splits))
            there = '' if split in self.splits else f'; there is split {present} alone'
            raise DataError(f'{self.root / usual} does not exist{there}')
        return self.files[split, subset]

    def listed(self, split: int, subset: str) -> list[Clip]:
        """The lines of a list, with the paths that are written there.

        Raises:
            DataError: the list is absent or malformed.
        """
        return self.read(self.list_file(split, subset))

    def read(self, path: Path) -> list[Clip]:
        """Reads a list in this layout's format."""
        if path.suffix == '.csv':
            return read_csv(path, self.labels)
        if self.edition == 'own':
            return read_pairs(path, self.labels)
        return read_list(path, self.labels)

    def clips(self, split: int, subset: str) -> list[Clip]:
        """The clips of one split and subset, with their paths on disk.

        Raises:
            DataError: the list is absent or malformed, or a video is absent: the first is named
                and the others are counted.
        """
        listed = self.listed(split, subset)
        folders = Folders(self.root)
        base, found = self.locate(listed, folders)
        absent = [clip for clip, path in zip(listed, found, strict=True) if path is None]
        if absent:
            wanted = _join(base, absent[0].path)
            hint = folders.hint(wanted)
            notes = [hint] if hint else []
            notes += [f'and {len(absent) - 1} more'] if len(absent) > 1 else []
            more = f' ({"; ".join(notes)})' if notes else ''
            where = shortened(str(self.root / wanted), 300)
            raise DataError(f'{self.list_file(split, subset)}: {where} does not exist{more}')
        return [Clip(path, clip.label) for clip, path in zip(listed, found, strict=True) if path]

    def all_paths(self) -> list[str]:
        """The videos of all lists, each once, with their paths on disk.

        Blank lists have none, and those of lists without labels are of no use.

        Raises:
            DataError: as :meth:`clips` does, or no list names a video with its label.
        """
        paths: dict[str, None] = {}
        for where, path in sorted(self.files.items()):
            if not is_blank(path):
                with contextlib.suppress(UnlabelledError):
                    paths |= dict.fromkeys(clip.path for clip in self.clips(*where))
        if not paths:
            raise DataError(f'{self.root}: no list names a video with its label')
        return list(paths)

    def locate(self, listed: list[Clip], folders: Folders) -> tuple[str, list[str | None]]:
        """Finds the clips of one list on disk.

        All are looked for in one folder, the one that has most of them, so that no absent video is
        replaced by its namesake of another edition.

        Returns:
            The folder, and each clip's path below the root, None where it is absent.
        """
        best = (
            self.kind.bases[0],
            [self._find(self.kind.bases[0], clip.path, folders) for clip in listed],
        )
        for base in self.kind.bases[1:]:
            if None not in best[1]:
                break
            found = [self._find(base, clip.path, folders) for clip in listed]
            if found.count(None) < best[1].count(None):
                best = base, found
        return best

    def _find(self, base: str, path: str, folders: Folders) -> str | None:
        wanted = _join(base, path)
        if folders.holds(wanted):
            return wanted
        stem, dot, suffix = wanted.rpartition('.')
        twin = _TWINS.get(dot + suffix.lower()) if self.kind.swaps else None
        return stem + twin if twin and folders.holds(stem + twin) else None


def _join(base: str, path: str) -> str:
    return f'{base}/{path}' if base else path


def find_layout(root: Path | str, edition: str | None = None) -> Layout:
    """Tells which lists lie at a root.

    Args:
        root: The data root.
        edition: A name from :data:`EDITIONS`; needed only where the lists of two lie at one root.

    Raises:
        LayoutError: the root is absent, no lists are known there, or it is not clear which to use.
        DataError: the file that names the classes is malformed.
    """
    root = Path(root)
    if not root.is_dir():
        raise LayoutError(f'data root {root} does not exist or is not a folder')
    if edition is not None and edition not in EDITIONS:
        raise LayoutError(f'edition {edition!r} is none of {", ".join(EDITIONS)}')
    arid = [name for name in EDITIONS if name != 'own']
    try:
        found = _present(root, [edition] if edition else arid)
        if edition is None and not found:
            # Last, since any text file with `train` in its name may be one.
            found = _present(root, ['own'])
    except OSError as error:
        if isinstance(error, UkdBenchError):
            raise
        place = error.filename or root
        raise LayoutError(f'{place}: cannot be read ({error.strerror or error})') from error
    if not found:
        wanted = EDITIONS[edition].title if edition else 'ARID or MMAction2 (train.txt, test.txt)'
        raise LayoutError(f'{root}: holds no lists of {wanted}; {HOW_TO_GET}')
    if len(found) > 1:
        titles = ' and '.join(EDITIONS[name].title for name in found)
        raise LayoutError(f'{root}: holds lists of {titles}; name the edition: {", ".join(found)}')
    ((name, files),) = found.items()
    make = _own_layout if name == 'own' else _arid_layout
    return make(root, EDITIONS[name], files)


def _present(root: Path, names: list[str]) -> dict[str, Files]:
    """The lists at the root, by edition; editions without lists are left out."""
    found = {name: files for name in names if (files := EDITIONS[name].find(root))}
    # A DarkRoom has ARID v1.0's lists; its manifest tells them apart.
    if found.keys() & {'v1.0', 'darkroom'}:
        found.pop('darkroom' if darkroom_manifest(root) is None else 'v1.0', None)
    return found


def _arid_layout(root: Path, edition: Edition, files: Files) -> Layout:
    first = edition.first_label
    labels, classes = range(first, len(ARID_CLASSES)), ARID_CLASSES[first:]
    tables = sorted(root.glob(MAPPING_TABLE.replace('.txt', '*.txt')))
    if tables:
        labels, classes = read_mapping(tables[0])
        # A table of all classes may lie beside lists of some; one of fewer counts from elsewhere.
        if labels.start < first and labels.stop < len(ARID_CLASSES):
            raise DataError(
                f'{tables[0]}: has labels {labels[0]} to {labels[-1]}, but lists of '
                f'{edition.title} have {first} to {len(ARID_CLASSES) - 1}'
            )
        skipped = max(0, first - labels.start)
        labels, classes = labels[skipped:], classes[skipped:]
    return Layout(root, edition, classes, labels, files)


def read_mapping(path: Path) -> tuple[range, tuple[str, ...]]:
    """Labels and class names of a ``mapping_table.txt`` of lines ``label<TAB>Class``.

    Raises:
        DataError: naming the line that is malformed or out of order.
    """
    names: list[str] = []
    first = 0
    for number, line in enumerate(lines_of(read_text(path)), start=1):
        columns = line.split(None, 1)
        if not columns:
            continue
        label = whole_number(columns[0])
        if len(columns) != 2 or label is None:
            raise DataError(f'{path}:{number}: not of the form label<TAB>Class: {quoted(line)}')
        if not names:
            first = label
        if label != first + len(names):
            wanted = first + len(names)
            raise DataError(f'{path}:{number}: label {label} where {wanted} should follow')
        names.append(columns[1].strip(_BLANKS))
    if not names:
        raise DataError(f'{path}: names no class')
    require_plain_names(names, path)
    return range(first, first + len(names)), tuple(names)


def _own_layout(root: Path, edition: Edition, files: Files) -> Layout:
    named = [root / 'classes.txt', *(path.parent / 'classes.txt' for path in files.values())]
    for path in named:
        if path.is_file():
            lines = (line.strip(_BLANKS) for line in lines_of(read_text(path)))
            classes = tuple(line for line in lines if line)
            if not classes:
                raise DataError(f'{path}: names no class')
            require_plain_names(classes, path)
            if len(set(classes)) < len(classes):
                raise DataError(f'{path}: names a class twice')
            break
    else:
        # Where all are blank, reading one raises.
        filled = [path for path in files.values() if not is_blank(path)] or files.values()
        labels = [clip.label for path in filled for clip in read_pairs(path)]
        if max(labels) >= max(_MANY_CLASSES, len(labels)):
            names = ', '.join(path.name for path in files.values())
            raise DataError(
                f'{root}: label {max(labels)} in {names}, which have {len(labels)} clips; labels '
                'count from 0, or name the classes in classes.txt'
            )
        classes = tuple(str(label) for label in range(max(labels) + 1))
    return Layout(root, edition, classes, range(len(classes)), files)
