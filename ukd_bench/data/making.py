"""Folders that are made of many videos, clip by clip, by processes that may be killed.

A folder in the making holds a mark, which is written first and says what it will be; the manifest
comes last and takes its place. So a call that was killed at any instant is completed by the next.
What has neither and is not empty is somebody else's, and nothing is written to it.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import DataError, ResultsError
from ..files.atomic import read_json, remove_leftovers, write_json
from ..files.hashes import file_sha256
from ..files.locks import alone_in


class Found(NamedTuple):
    """What a folder says of itself.

    Attributes:
        content: Of its manifest, or of the mark of one in the making.
        finished: Whether it was the manifest.
    """

    content: dict[str, Any]
    finished: bool


@dataclass(frozen=True)
class FolderKind:
    """One kind of such folders.

    Attributes:
        kind: What its manifest and mark give as ``kind``.
        schema: What they give as ``schema``.
        title: What it is, in a message.
        manifest: Name of the manifest.
        mark: Name of the mark; a kind whose manifest is there from the start has but one name.
        elsewhere: What a person whose folder holds something else may do.
    """

    kind: str
    schema: int
    title: str
    manifest: str
    mark: str
    elsewhere: str = 'name a new folder'

    @property
    def identity(self) -> dict[str, Any]:
        """How manifest and mark of this release begin."""
        return {'kind': self.kind, 'schema': self.schema}

    def read(self, path: Path) -> dict[str, Any]:
        """What a manifest or a mark says.

        Raises:
            DataError: it is not JSON, or of another kind.
        """
        try:
            content = read_json(path)
        except ResultsError as error:
            raise DataError(str(error)) from error
        if not isinstance(content, dict) or content.get('kind') != self.kind:
            raise DataError(f'{path}: not the manifest of {self.title}')
        return content

    def manifest_in(self, folder: Path) -> dict[str, Any] | None:
        """The manifest of a finished folder; None where there is none.

        Raises:
            DataError: it is not JSON, of another kind, or of another schema.
        """
        path = folder / self.manifest
        if not path.is_file():
            return None
        content = self.read(path)
        if content.get('schema') != self.schema:
            raise DataError(f'{path}: schema {content.get("schema")} is not {self.schema}')
        return content

    def find(self, folder: Path) -> Found | None:
        """What there is; None where the folder is absent or empty.

        Raises:
            DataError: it is no folder, or holds something else.
        """
        if folder.exists() and not folder.is_dir():
            raise DataError(f'{folder}: not a folder')
        present = [
            Found(self.read(folder / name), name == self.manifest)
            for name in (self.manifest, self.mark)
            if (folder / name).is_file()
        ]
        # What has an older manifest may be in the making anew.
        current = [found for found in present if found.content.get('schema') == self.schema]
        if present:
            return (current or present)[0]
        # A temporary file may be all that is left of the mark's own writing.
        if folder.is_dir() and any(not path.name.startswith('.') for path in folder.iterdir()):
            raise DataError(f'{folder}: not empty and not {self.title}; {self.elsewhere}')
        return None

    @contextlib.contextmanager
    def making(self, folder: Path) -> Iterator[bool]:
        """Makes the folder, and has it for the duration of a block to this process alone.

        A second process waits for the first, where the system offers locks. What killed processes
        left of a manifest or a mark is removed.

        Yields:
            Whether the system could promise that.

        Raises:
            DataError: the folder holds something else, or cannot be written, be it in the block.
        """
        # Before anything is written.
        self.find(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with alone_in(folder) as alone:
                if alone:
                    for name in (self.manifest, self.mark):
                        remove_leftovers(folder / name)
                yield alone
        except ResultsError as error:
            raise DataError(str(error)) from error
        except BrokenPipeError:
            # Who read what is said of it has had enough.
            raise
        except OSError as error:
            raise DataError(f'{folder}: cannot be written ({error.strerror or error})') from error

    def write_mark(self, folder: Path, content: dict[str, Any]) -> None:
        """Says what the folder will be; ``identity`` is added."""
        write_json(folder / self.mark, self.identity | content)

    def write_manifest(self, folder: Path, content: dict[str, Any]) -> dict[str, Any]:
        """Says what the folder is, takes the mark away, and returns the manifest."""
        manifest = self.identity | content
        write_json(folder / self.manifest, manifest)
        if self.mark != self.manifest:
            (folder / self.mark).unlink(missing_ok=True)
        return manifest


class Source(NamedTuple):
    """A video as it was when something was made of it.

    Attributes:
        bytes: Its size.
        mtime_ns: Its time of change.
        sha256: Its content.
    """

    bytes: int
    mtime_ns: int
    sha256: str

    @classmethod
    def of(cls, video: Path) -> 'Source':
        """A video as it is now.

        Raises:
            DataError: there is no file.
            ResultsError: it cannot be read.
        """
        # In this order: a video that changes in between differs from what is noted of it.
        stated = stat_video(video)
        return cls(stated.st_size, stated.st_mtime_ns, file_sha256(video))

    def fits(self, stated: os.stat_result) -> bool:
        """Whether a file is still the video, as far as ``stat`` tells."""
        return (stated.st_size, stated.st_mtime_ns) == (self.bytes, self.mtime_ns)

    def is_at(self, video: Path) -> bool:
        """Whether the video lies there unchanged, as far as ``stat`` tells.

        Raises:
            DataError: there is no file.
        """
        return self.fits(stat_video(video))

    def present(self, video: Path) -> 'Source | None':
        """The video as it is now, if its content is still the same; else None.

        The content is looked at only where size or time of change differ.

        Raises:
            DataError: there is no file.
            ResultsError: it cannot be read.
        """
        stated = stat_video(video)
        if self.fits(stated):
            return self
        if stated.st_size != self.bytes or file_sha256(video) != self.sha256:
            return None
        return self._replace(mtime_ns=stated.st_mtime_ns)

    def require_at(self, video: Path) -> None:
        """Refuses a video that changed while it was read.

        Else what was made of one content would count as that of another.

        Raises:
            DataError: it did.
        """
        if not self.is_at(video):
            raise DataError(f'{video}: changed while it was read')


def stat_video(video: Path) -> os.stat_result:
    """Size and times of a video.

    Raises:
        DataError: there is no file.
    """
    try:
        return os.stat(video)
    except OSError as error:
        raise DataError(f'{video}: cannot be read ({error.strerror or error})') from error
