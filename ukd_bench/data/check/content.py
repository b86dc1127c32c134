"""What the bytes of the videos tell: doubles, and changes since a DarkRoom was made."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from ...files.hashes import file_sha256
from ..fingerprint import darkroom_manifest, is_changed
from .report import Report, number

Listed = Mapping[str, set[tuple[int, str]]]
"""The (split, subset) whose lists name a video."""


def check_content(root: Path, sizes: Mapping[str, int], listed: Listed, report: Report) -> None:
    """Adds videos of equal content, and those that are not what a DarkRoom's manifest says.

    Args:
        root: The data root.
        sizes: Bytes of the videos that are whole.
        listed: Which lists name them.
        report: What is added to.
    """
    leaks: list[str] = []
    doubles: list[str] = []
    for same in _equal(root, sizes):
        across = _across(same, listed)
        (leaks if across else doubles).append(f'{" = ".join(same)}{across}')
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


def _across(paths: list[str], listed: Listed) -> str:
    """Of videos that are the same, the splits that train on one and test on another."""
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
