"""Checks the videos on disk: absent, unlisted, links, damage, doubles, changes."""

import contextlib
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from ...errors import DataError
from ...files.folders import Folders
from ...files.hashes import file_sha256
from ..arid.editions import EDITIONS
from ..arid.layout import Layout, find_layout
from ..arid.lists import Clip
from ..fingerprint import darkroom_manifest, is_changed
from ..video.container import require_whole
from .known import known_videos
from .lists import Lists, difference
from .report import Count, Report, number

_SUFFIXES = frozenset(('.avi', '.mp4', '.mkv', '.mov', '.webm', '.m4v', '.mpg', '.mpeg', '.wmv'))

_NAMED = 4
"""Videos of equal content that are named."""

Progress = Callable[[int, int], object]
Listed = Mapping[str, set[tuple[int, str]]]
"""Videos, and the (split, subset) of each list that names one."""


def locate(layout: Layout, lists: Lists, report: Report) -> tuple[Listed, bool]:
    """Finds the listed videos and adds those that are absent to the report.

    Returns:
        For each video that is there, the (split, subset) that list it; and whether some have
        another extension than the lists say.
    """
    folders = Folders(layout.root)
    present: dict[str, set[tuple[int, str]]] = defaultdict(set)
    absent: dict[str, str] = {}
    swapped = []
    for key, clips in lists.items():
        base, paths = layout.locate(clips, folders)
        for clip, path in zip(clips, paths, strict=True):
            if path is None:
                wanted = f'{base}/{clip.path}' if base else clip.path
                if wanted not in absent:
                    hint = folders.hint(wanted)
                    absent[wanted] = f'{wanted} ({hint})' if hint else wanted
            else:
                present[path].add(key)
                if path.rpartition('.')[2] != clip.path.rpartition('.')[2]:
                    swapped.append(path)
    report.add(
        'absent',
        number(len(absent), 'listed video is', 'listed videos are') + ' absent',
        list(absent.values()),
    )
    names = sorted(set(swapped))
    title = number(names, 'video has', 'videos have') + ' another extension than the lists say'
    report.add('other_extension', title, names, problem=False)
    return present, bool(swapped)


def check_disk(
    layout: Layout, lists: Lists, present: Listed, swapped: bool, report: Report
) -> None:
    """Counts the videos on disk, and adds unlisted ones and links that leave the root."""
    outside: list[str] = []
    videos = sorted(_videos(layout.root, outside, _of_others(layout, lists)))
    labels = {name: label for label, name in enumerate(layout.classes)}
    folders = Counter(labels.get(_folder(path), -1) for path in videos)
    per_class = tuple(folders[label] for label in range(len(layout.classes)))
    known = None if swapped else known_videos(layout)
    report.disk = Count(len(videos), per_class, known)
    if not report.disk.agrees:
        title = f'the videos on disk are not those of {layout.kind.title}'
        report.add('videos', title, [difference(layout, report.disk)])
    unlisted = [path for path in videos if path not in present]
    title = number(unlisted, 'video on disk is', 'videos on disk are') + ' in no usable list'
    report.add('unlisted', title, unlisted, problem=False)
    title = number(outside, 'link leaves', 'links leave') + ' the data root'
    report.add('outside_link', title, sorted(outside), problem=False)


def _folder(path: str) -> str:
    return path.rpartition('/')[0].rpartition('/')[2]


def _of_others(layout: Layout, lists: Lists) -> set[str]:
    """Folders of the other editions whose lists lie at the root, but for those of this one."""
    folders = Folders(layout.root)
    ours = {
        folder
        for clips in lists.values()
        for used in _used(layout, clips, folders)
        for folder in _up(used)
    }
    theirs: set[str] = set()
    # Any text file may be one of own lists.
    for name in EDITIONS.keys() - {layout.edition, 'own'}:
        try:
            other = find_layout(layout.root, name)
        except DataError:
            continue
        # Nothing else tells where the clips of a list without labels lie.
        theirs.update(filter(None, other.kind.bases))
        for key in other.files:
            with contextlib.suppress(DataError):
                theirs |= _used(other, other.listed(*key), folders)
    # The outermost folders that hold nothing of ours.
    return {next(up for up in _up(used) if up not in ours) for used in theirs - ours - {'.'}}


def _used(layout: Layout, clips: list[Clip], folders: Folders) -> set[str]:
    """Folders that a list's clips lie in, or should."""
    base, _ = layout.locate(clips, folders)
    return {str(PurePosixPath(base, clip.path).parent) for clip in clips}


def _up(folder: str) -> list[str]:
    """A folder and those that it lies in, the outermost first, but for the root."""
    return [str(path) for path in reversed((PurePosixPath(folder) / '_').parents)][1:]


def _videos(root: Path, outside: list[str], without: set[str]) -> Iterator[str]:
    """Paths of videos below the root; links are followed, each folder is read once."""
    top = os.path.realpath(root)
    seen: set[str] = set()
    ahead = ['']
    while ahead:
        folder = ahead.pop()
        try:
            with os.scandir(root / folder) as entries:
                listing = list(entries)
        except OSError:
            continue
        for entry in listing:
            path = f'{folder}/{entry.name}' if folder else entry.name
            if entry.name.startswith('.') or path in without:
                continue
            if entry.is_symlink():
                target = os.path.realpath(entry.path)
                leaves = not f'{target}/'.startswith(f'{top}/')
                if leaves and os.path.exists(target):
                    outside.append(f'{path} -> {target}')
                # A folder within the root is read under its own name.
                if leaves and os.path.isdir(target) and target not in seen:
                    seen.add(target)
                    ahead.append(path)
                elif os.path.isfile(target) and _is_video(entry.name):
                    yield path
            elif entry.is_dir():
                ahead.append(path)
            elif _is_video(entry.name):
                yield path


def _is_video(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in _SUFFIXES


def check_containers(
    root: Path, paths: list[str], progress: Progress
) -> tuple[dict[str, int], dict[str, str]]:
    """Asks the container of every video whether it is whole.

    Returns:
        Bytes of those that are, and what is wrong with the others.
    """
    whole: dict[str, int] = {}
    broken: dict[str, str] = {}
    for done, path in enumerate(paths, start=1):
        try:
            whole[path] = require_whole(root / path)
        except DataError as error:
            broken[path] = str(error).removeprefix(f'{root / path}: ')
        if done % 50 == 0 or done == len(paths):
            progress(done, len(paths))
    return whole, broken


def check_content(root: Path, sizes: Mapping[str, int], listed: Listed, report: Report) -> None:
    """Adds videos of equal content, and those that are not what a DarkRoom's manifest says.

    Args:
        root: The data root.
        sizes: Bytes of the videos that are whole.
        listed: The lists that name them.
        report: Gets the findings.
    """
    leaks: list[str] = []
    doubles: list[str] = []
    for same in _equal(root, sizes):
        across = _across(same, listed)
        (leaks if across else doubles).append(f'{_equal_names(same, listed)}{across}')
    title = number(leaks, 'video is', 'videos are')
    report.add('content_leak', f'{title} in both train and test under different names', leaks)
    title = number(doubles, 'video lies', 'videos lie')
    report.add('same_content', f'{title} there under several names', doubles, problem=False)
    manifest = darkroom_manifest(root)
    if manifest is not None:
        known = manifest['clips']
        strange = [path for path in sorted(sizes) if path not in known]
        title = number(strange, 'listed video is', 'listed videos are') + ' not in manifest.json'
        report.add('unknown_to_manifest', title, strange)
        changed = [
            path for path in sorted(sizes) if path in known and is_changed(root / path, known[path])
        ]
        title = number(changed, 'video is not the one', 'videos are not those')
        report.add('changed', f'{title} that manifest.json was written for', changed)


def _equal(root: Path, sizes: Mapping[str, int]) -> list[list[str]]:
    """Paths of equal content; only those of equal size are read."""
    by_size = defaultdict(list)
    for path, size in sizes.items():
        by_size[size].append(path)
    by_content = defaultdict(list)
    for paths in by_size.values():
        if len(paths) > 1:
            for path in paths:
                by_content[file_sha256(root / path)].append(path)
    return sorted(sorted(paths) for paths in by_content.values() if len(paths) > 1)


def _equal_names(paths: list[str], listed: Listed) -> str:
    """The names of equal videos, a few where there are many: those of different lists first."""
    others = {frozenset(listed[path]): path for path in reversed(paths)}.values()
    named = sorted([*others, *(path for path in paths if path not in others)][:_NAMED])
    more = f' and {len(paths) - _NAMED} more' if len(paths) > _NAMED else ''
    return ' = '.join(named) + more


def _across(paths: list[str], listed: Listed) -> str:
    """The splits that train on one of several equal videos and test on another."""
    splits = sorted(
        {
            split
            for path in paths
            for split, subset in listed[path]
            if subset == 'train'
            and any((split, 'test') in listed[other] for other in paths if other != path)
        }
    )
    return f' (split {", ".join(map(str, splits))})' if splits else ''
