"""Names of the files in folders, each folder read once."""

import os
from pathlib import Path


class Folders:
    """Tells which files there are below a root, in the spelling of the disk.

    Thousands of videos lie in a dozen folders: reading those takes a fraction of the time that
    asking for each file does.

    Args:
        root: Folder that paths are relative to.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._names: dict[str, dict[str, bool]] = {}

    def holds(self, path: str) -> bool:
        """Whether there is a file, or a link to one, at a path below the root."""
        folder, _, name = path.rpartition('/')
        return self._of(folder).get(name, False)

    def hint(self, path: str) -> str:
        """What lies near a path where no file is, in words; empty where nothing is like it."""
        folder, _, name = path.rpartition('/')
        if os.path.islink(self.root / path):
            return f'it is a link to {os.readlink(self.root / path)}, where no file is'
        if not self._of(folder):
            above, _, last = folder.rpartition('/')
            for other in sorted(self._of(above)):
                if other != last and other.lower() == last.lower():
                    return f'the folder is named {other}'
            return ''
        stem = name.rpartition('.')[0].lower()
        for other in sorted(self._of(folder)):
            if other.lower() == name.lower() or (stem and other.rpartition('.')[0].lower() == stem):
                return f'there is {other}'
        return ''

    def _of(self, folder: str) -> dict[str, bool]:
        """Names in a folder, and whether each is a file; empty where there is no such folder."""
        if folder not in self._names:
            try:
                with os.scandir(self.root / folder) as entries:
                    self._names[folder] = {entry.name: _is_file(entry) for entry in entries}
            except OSError:
                self._names[folder] = {}
        return self._names[folder]


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False  # A link that leads to itself.
