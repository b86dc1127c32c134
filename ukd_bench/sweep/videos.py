"""The sweep's videos: what identifies them, and making them where they are synthetic."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..data.arid.facts import ARID_CLASSES
from ..data.arid.groups import HELD_OUT_FRACTION, part_of
from ..data.arid.layout import Layout, find_layout
from ..data.arid.lists import Clip
from ..data.darkroom import GENERATOR_VERSION, PRESETS, DarkRoomSpec, make
from ..data.darkroom.layout import SPLITS
from ..data.fingerprint import clips_fingerprint, darkroom_manifest
from ..errors import ConfigError, DataError
from .parts import Dataset

DATA = Path('data')


@dataclass(frozen=True)
class SweepData:
    """The videos of a sweep.

    Attributes:
        name: What the report calls them.
        root: Their folder.
        split: Number of the split.
        darkroom: Specification of synthetic videos; None for videos on disk.
        to_make: Whether the sweep makes them.
        groups: Part of the training list that is trained on; None is the whole.
        edition: Edition whose lists are used, where those of two lie at the root.
    """

    name: str
    root: Path
    split: int
    darkroom: dict | None
    to_make: DarkRoomSpec | None
    groups: str | None = None
    edition: str | None = None

    @property
    def synthetic(self) -> bool:
        """Whether the videos are made, as a DarkRoom, rather than recorded."""
        return self.darkroom is not None

    @functools.cached_property
    def layout(self) -> Layout:
        """The lists at the root; not to be asked for before the videos are made."""
        return find_layout(self.root, self.edition)

    @property
    def kind(self) -> str:
        """Kind of the videos: an edition of ARID, ``darkroom`` or ``own``."""
        return 'darkroom' if self.to_make else self.layout.edition

    @property
    def classes(self) -> tuple[str, ...]:
        """Names in label order; known before the videos are made."""
        return ARID_CLASSES if self.to_make else self.layout.classes

    @property
    def num_classes(self) -> int:
        """Classes of the videos, and outputs of every network."""
        return len(self.classes)

    def identity(self) -> dict:
        """What identifies the videos, which keys of runs hash.

        For DarkRoom this is what its frames follow from, so that a plan has its keys before the
        videos exist; the frames' own fingerprint stands in every record and is compared before a
        run is reused. For videos on disk it is their content. Beside it stand the names of the
        classes, which banks belong to.
        """
        content: dict[str, Any] = dict(classes=list(self.classes))
        if self.darkroom is not None:
            return content | dict(darkroom=self.darkroom, split=self.split)
        return content | dict(self.fingerprints() or {})

    def prepare(self, workers: int, progress: Callable[[int, int], None]) -> None:
        """Makes the videos where they are the sweep's own, and checks the lists in any case.

        Raises:
            DataError: naming what is wrong with a list or which video is absent.
        """
        if self.to_make is not None:
            make(self.root, self.to_make, workers=workers, progress=progress)
        for subset in ('train', 'test'):
            self.clips(subset)

    def fingerprints(self) -> dict[str, str] | None:
        """Fingerprints of the clips, by the names that records have; None before they are made."""
        if self.to_make is not None and darkroom_manifest(self.root) is None:
            return None
        return self._fingerprints

    @functools.cached_property
    def _fingerprints(self) -> dict[str, str]:
        # This reads every file of videos on disk, and a sweep asks for it more than once.
        return {
            name: clips_fingerprint(self.root, self.clips(subset))
            for name, subset in (('fingerprint', 'train'), ('test_fingerprint', 'test'))
        }

    def clips(self, subset: str) -> list[Clip]:
        """The clips that are trained on, or tested on.

        Raises:
            DataError: naming what is wrong with a list or which video is absent.
        """
        clips = self.layout.clips(self.split, subset)
        if subset != 'train' or self.groups is None:
            return clips
        listed_in = self.layout.list_file(self.split, subset)
        across = self.layout.edition == 'darkroom'
        return part_of(clips, self.groups, HELD_OUT_FRACTION, self.split, listed_in, across)

    def paths(self) -> list[str]:
        """All videos that the sweep reads, as paths below the root."""
        both = (
            clip.path for name in ('train', 'test') for clip in self.layout.clips(self.split, name)
        )
        return list(dict.fromkeys(both))


def sweep_data(dataset: Dataset, root: Path | None = None, groups: str | None = None) -> SweepData:
    """The videos that a sweep config asks for, at the root that the command line names.

    Args:
        dataset: The data set in the sweep's config.
        root: An existing folder; None for the sweep's own, which is made if it is synthetic.
        groups: Part of the training list that is trained on; None is the whole.

    Raises:
        ConfigError: the preset does not exist.
        DataError: a root that was named does not exist.
    """
    if root is not None:
        find_layout(root, dataset.edition).list_file(dataset.split, 'train')
        darkroom = _manifest_identity(root)
        # The config's name tells what it makes; other videos go by their folder's.
        same_kind = (dataset.darkroom is None) == (darkroom is None)
        name = dataset.name if same_kind else root.resolve().name
        return SweepData(name, root, dataset.split, darkroom, None, groups, dataset.edition)
    own = DATA / dataset.name
    if dataset.darkroom is None:
        find_layout(own, dataset.edition).list_file(dataset.split, 'train')
        return SweepData(dataset.name, own, dataset.split, None, None, groups, dataset.edition)
    spec = _darkroom_spec(**dataset.darkroom)
    if dataset.split not in SPLITS:
        raise ConfigError(f'split {dataset.split} is none of {", ".join(map(str, SPLITS))}')
    identity = dict(generator_version=GENERATOR_VERSION, spec=spec.to_dict())
    return SweepData(dataset.name, own, dataset.split, identity, spec, groups)


def _darkroom_spec(preset: str = 'quick', **changes: Any) -> DarkRoomSpec:
    if preset not in PRESETS:
        raise ConfigError(f'DarkRoom preset {preset!r} is none of {", ".join(PRESETS)}')
    try:
        return replace(PRESETS[preset], **changes)
    except (TypeError, DataError) as error:
        raise ConfigError(f'dataset.darkroom: {error}') from error


def _manifest_identity(root: Path) -> dict | None:
    """What a DarkRoom on disk says it was made from; None for other videos."""
    manifest = darkroom_manifest(root)
    if manifest is None:
        return None
    return {name: manifest.get(name) for name in ('generator_version', 'spec')}
