"""How pages name folders of sweeps: by their last parts, never by a place on a machine."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path


def folder_names(folders: Sequence[Path]) -> list[str]:
    """A name for each folder: its own, with as many of those above it as tell it from the others.

    Args:
        folders: The folders, in any form; one that is given twice has one name twice.
    """
    places = [folder.resolve() for folder in folders]
    lengths = [1] * len(places)
    while True:
        names = ['/'.join(place.parts[-n:]) for place, n in zip(places, lengths, strict=True)]
        owners = Counter(name for name, _ in {*zip(names, places, strict=True)})
        longer = [
            n + 1 if owners[name] > 1 and n < len(place.parts) else n
            for name, place, n in zip(names, places, lengths, strict=True)
        ]
        if longer == lengths:
            return names
        lengths = longer
