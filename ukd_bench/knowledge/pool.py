"""The ordered pool of teachers, of which a run with K teachers has the first K."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..checks import is_a
from ..errors import ConfigError, quoted
from ..files import schema
from ..files.atomic import read_json
from ..files.downloads import checkpoint_sha256, downloaded, file_name, is_url, require_hash
from ..files.hosts import moved

_REQUIRED = ('name', 'config', 'checkpoint')
_OPTIONAL = ('bank', 'key', 'classes', 'sha256')
_TEXTS = schema.table(
    {},
    dict(
        name=schema.name, key=schema.line,
        **dict.fromkeys(('config', 'checkpoint', 'bank'), schema.place),
    ),
)  # fmt: skip
"""What texts must be that name a teacher or its files."""


@dataclass(frozen=True)
class PoolEntry:
    """One teacher and where its parts lie.

    Attributes:
        name: What tables call it.
        key: Key of the run that trained it; empty for a teacher from elsewhere.
        config: MMAction2 config whose ``model`` it is.
        checkpoint: Its weights; for a URL, the name of its file.
        bank_folder: Folder of its scores; None where the pool names none, since who runs teachers
            reads no bank.
        url: URL that the weights are downloaded from; None for a local file.
        sha256: First digits, eight or more and in lower case, of the checkpoint's SHA-256; None
            where nobody said.
        classes: Class names in the teacher's label order; None where they are the student's.
    """

    name: str
    key: str
    config: Path
    checkpoint: Path
    bank_folder: Path | None
    url: str | None = None
    sha256: str | None = None
    classes: tuple[str, ...] | None = None

    @property
    def bank(self) -> Path:
        """Folder of the teacher's scores, for who reads or fills it.

        Raises:
            ConfigError: the pool names none.
        """
        if self.bank_folder is None:
            raise ConfigError(
                f"pool: teacher {self.name!r} has no bank: give its entry 'bank', a folder"
            )
        return self.bank_folder

    def checkpoint_file(self) -> Path:
        """The local file of the weights; a URL's is downloaded where it is not there yet.

        Raises:
            ConfigError: the file is absent, cannot be downloaded, or has another hash.
        """
        if self.url is not None:
            return downloaded(self.url, self.sha256)
        if not self.checkpoint.is_file():
            raise ConfigError(f'checkpoint {self.checkpoint} does not exist')
        if self.sha256 is not None:
            require_hash(self.checkpoint, self.sha256)
        return self.checkpoint


def read_pool(
    pool: str | Path | list[dict[str, Any]], num_teachers: int | None = None
) -> list[PoolEntry]:
    """The first ``num_teachers`` teachers of a pool, all where it is None.

    Args:
        pool: A JSON file ``{"teachers": [{name, config, checkpoint, bank?, key?, classes?,
            sha256?}, ...]}`` whose paths are relative to its folder, or such a list itself with
            paths relative to the working directory. A checkpoint may be a URL.
        num_teachers: K, the number of teachers.

    Raises:
        ConfigError: the file is absent, an entry is incomplete or holds a wrong value, or K is not
            in [1, size of the pool].
        ResultsError: the file is not JSON.
    """
    if isinstance(pool, (str, Path)):
        source, base = str(pool), Path(pool).parent
        if not Path(pool).is_file():
            raise ConfigError(
                f'pool {pool} does not exist: a sweep writes one, or list the teachers'
            )
        content = moved(read_json(Path(pool)))
        entries = content.get('teachers') if isinstance(content, dict) else None
    else:
        source, base, entries = 'pool', Path(), pool
    if not isinstance(entries, (list, tuple)) or not entries:
        raise ConfigError(f'{source}: names no teacher')
    teachers = [_entry(entry, f'{source}: teacher {n}', base) for n, entry in enumerate(entries, 1)]
    names = [teacher.name for teacher in teachers]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ConfigError(f'{source}: two teachers have the name {quoted(twice[0])}')
    if num_teachers is None:
        return teachers
    if not is_a(num_teachers, int) or not 1 <= num_teachers <= len(teachers):
        raise ConfigError(
            f'num_teachers = {quoted(num_teachers)} is not in 1 to {len(teachers)}, the size of '
            f'{source}'
        )
    return teachers[:num_teachers]


def teachers_of(hook: Mapping[str, Any]) -> list[PoolEntry]:
    """The teachers of a hook's entry in ``custom_hooks``: its pool's first K, none without a pool.

    Raises:
        ConfigError, ResultsError: as :func:`read_pool` does.
    """
    if not hook.get('pool'):
        return []
    return read_pool(hook['pool'], hook.get('num_teachers'))


def require_own_folders(teachers: Sequence[PoolEntry]) -> None:
    """Refuses teachers whose banks would replace each other.

    Raises:
        ConfigError: naming two that share a folder.
    """
    owners: dict[Path, str] = {}
    for teacher in teachers:
        owner = owners.setdefault(teacher.bank.resolve(), teacher.name)
        if owner != teacher.name:
            raise ConfigError(
                f'pool: teachers {owner!r} and {teacher.name!r} have one bank, {teacher.bank}'
            )


def _entry(entry: Any, where: str, base: Path) -> PoolEntry:
    if not isinstance(entry, dict):
        raise ConfigError(f'{where}: {quoted(entry)} is no entry with name, config and checkpoint')
    for key, value in entry.items():
        if key not in (*_REQUIRED, *_OPTIONAL):
            raise ConfigError(
                f'{where}: key {quoted(key)} is none of {", ".join((*_REQUIRED, *_OPTIONAL))}'
            )
        if key != 'classes' and value is not None and not isinstance(value, str):
            raise ConfigError(f'{where}: {key} {quoted(value)} is not text in quotes')
    absent = [key for key in _REQUIRED if not entry.get(key)]
    if absent:
        raise ConfigError(f'{where}: key {absent[0]!r} is absent')
    left_out = 'checkpoint' if is_url(entry['checkpoint']) else None
    texts = {key: value for key, value in entry.items() if value and key != left_out}
    if misfit := schema.first_misfit(_TEXTS, texts):
        raise ConfigError(f'{where}: {misfit}')
    source, url = entry['checkpoint'], None
    if is_url(source):
        source, url = file_name(source), source
    return PoolEntry(
        name=entry['name'],
        key=entry.get('key') or '',
        config=base / entry['config'],
        checkpoint=base / source if url is None else Path(source),
        bank_folder=base / entry['bank'] if entry.get('bank') else None,
        url=url,
        sha256=_sha256(entry.get('sha256'), where),
        classes=_classes(entry.get('classes'), where),
    )


def _sha256(digits: str | None, where: str) -> str | None:
    if digits is not None and not re.fullmatch('[0-9a-fA-F]{8,64}', digits):
        raise ConfigError(f'{where}: sha256 {quoted(digits)} is not 8 to 64 hexadecimal digits')
    return digits and digits.lower()


def _classes(names: Any, where: str) -> tuple[str, ...] | None:
    if names is None:
        return None
    is_list = isinstance(names, (list, tuple)) and all(isinstance(name, str) for name in names)
    if not is_list or len({*names}) != len(names):
        raise ConfigError(f'{where}: classes {quoted(names)} is not a list of different names')
    return tuple(names) or None


def teacher_facts(entry: PoolEntry, state_bytes: int) -> dict[str, Any]:
    """What a record says of a teacher that took part."""
    return dict(
        name=entry.name,
        key=entry.key,
        state_bytes=state_bytes,
        checkpoint_sha256=checkpoint_sha256(entry.checkpoint_file()),
    )
