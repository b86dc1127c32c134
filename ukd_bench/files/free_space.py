"""What a disk has free, and what a folder takes of it."""

import os
import shutil
from pathlib import Path


def free_bytes(folder: Path) -> int:
    """Bytes that are free where a folder lies, or will."""
    existing = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    return shutil.disk_usage(existing).free


def taken_bytes(folder: Path) -> int:
    """Bytes that the files of a folder take on the disk; 0 where there is no such folder.

    A file with holes takes less than its size.
    """
    taken = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                taken += os.lstat(os.path.join(place, name)).st_blocks * 512
            except OSError:
                # It has just been removed.
                continue
    return taken
