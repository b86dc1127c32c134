"""What identifies a data set wherever it lies: its clips, never its path."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ConfigError, DataError, quoted
from ..files.atomic import read_json
from ..files.hashes import digest, file_sha256
from .arid.lists import Clip
from .dataset import Fingerprinted, VideoSet
from .making import FolderKind

_NOT_IN_NAMES = ('Cc', 'Cs', 'Zl', 'Zp')
"""Unicode's categories of what no line of text holds: control characters, halves of characters that
are coded in two parts, and ends of lines and paragraphs."""
DARKROOM = FolderKind('darkroom', 2, 'a DarkRoom', 'manifest.json', '.darkroom.json')


def clips_fingerprint(root: Path, clips: Sequence[Clip]) -> str:
    """SHA-256 over (path, label, content) of the clips in list order.

    The content is the hash of the frames before encoding where a DarkRoom manifest holds it, so
    that the identity does not depend on the encoder, and the hash of the file otherwise.

    Raises:
        DataError: a manifest does not know a listed clip, or the clip's file is not the one that
            was made.
    """
    manifest = darkroom_manifest(root)
    if manifest is None:
        return digest([(clip.path, clip.label, file_sha256(root / clip.path)) for clip in clips])
    known = manifest['clips']
    for clip in clips:
        if clip.path not in known:
            raise DataError(
                f'{root / DARKROOM.manifest}: does not know the listed video {clip.path}'
            )
        if is_changed(root / clip.path, known[clip.path]):
            raise DataError(
                f'{root / clip.path}: is not the video that {DARKROOM.manifest} was written for; '
                'delete it and make the DarkRoom again'
            )
    return digest([(clip.path, clip.label, known[clip.path]['frames_sha256']) for clip in clips])


def is_changed(video: Path, entry: Mapping[str, Any]) -> bool:
    """Whether a video's bytes are not those of its entry in a DarkRoom's manifest.

    Manifests without ``file_sha256`` do not tell.

    Raises:
        ResultsError: the video cannot be read.
    """
    wanted = entry.get('file_sha256')
    return wanted is not None and file_sha256(video) != wanted


def darkroom_manifest(root: Path) -> dict[str, Any] | None:
    """The manifest of a finished DarkRoom; None where other videos lie at ``root``.

    Raises:
        ResultsError: there is a manifest that is not JSON.
    """
    path = root / DARKROOM.manifest
    content = read_json(path) if path.is_file() else None
    return content if isinstance(content, dict) and content.get('kind') == DARKROOM.kind else None


def dataset_fingerprint(dataset: VideoSet) -> str:
    """Identity of any data set of videos, MMAction2's ``VideoDataset`` included.

    Raises:
        ConfigError: its samples name no video file, or have not one label each.
    """
    if isinstance(dataset, Fingerprinted):
        return dataset.fingerprint()
    samples = [dataset.get_data_info(index) for index in range(len(dataset))]
    if not all('filename' in sample for sample in samples):
        raise ConfigError(f'{type(dataset).__name__} names no video files to identify it by')
    labels = [sample_label(dataset, sample) for sample in samples]
    files = [file_sha256(Path(sample['filename'])) for sample in samples]
    return digest([*zip(labels, files, strict=True)])


def sample_label(dataset: VideoSet, sample: Mapping[str, Any]) -> int:
    """The label of a data set's sample, whose info is given.

    Raises:
        ConfigError: it has none, or several.
    """
    label = sample.get('label')
    if not isinstance(label, (int, np.integer)):
        raise ConfigError(f'{type(dataset).__name__}: label {label!r} is not one class')
    return int(label)


def dataset_classes(dataset: VideoSet) -> tuple[str, ...]:
    """Class names in label order; empty where the data set has none.

    Raises:
        DataError: as :func:`require_plain_names` does.
    """
    names = tuple((dataset.metainfo or {}).get('classes', ()))
    require_plain_names(names, f'{type(dataset).__name__}: metainfo')
    return names


def require_plain_names(names: Iterable[object], where: object) -> None:
    """Refuses names of classes that are no part of a line of text.

    Args:
        names: The names.
        where: What messages call the place where they stand.

    Raises:
        DataError: one holds a control character or a line's end.
    """
    for name in names:
        if any(unicodedata.category(sign) in _NOT_IN_NAMES for sign in str(name)):
            raise DataError(
                f'{where}: the class name {quoted(name)} holds a control character or the end of '
                'a line'
            )
