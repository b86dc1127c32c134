"""The ordered pool of teachers; K teachers are its first K."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ConfigError
from ..paths import read_json
from ..records import file_sha256

_FIELDS = ('name', 'key', 'config', 'checkpoint', 'bank')


@dataclass(frozen=True)
class PoolEntry:
    """One teacher and where its parts lie.

    Attributes:
        name: What tables call it.
        key: Key of the run that trained it; empty for a teacher from elsewhere.
        config: MMAction2 config whose ``model`` it is.
        checkpoint: Its weights.
        bank: Folder of its scores.
    """

    name: str
    key: str
    config: Path
    checkpoint: Path
    bank: Path


def read_pool(pool: str | Path | list[dict], num_teachers: int | None = None) -> list[PoolEntry]:
    """The first ``num_teachers`` teachers of a pool, all where it is None.

    Args:
        pool: A JSON file ``{"teachers": [{name, config, checkpoint, bank, key?}, ...]}`` whose
            paths are relative to its folder, or such a list itself with paths relative to the
            working directory.
        num_teachers: K.

    Raises:
        ConfigError: the file is absent, an entry is incomplete, or K is not in [1, size of the
            pool].
        ResultsError: the file is not JSON.
    """
    if isinstance(pool, (str, Path)):
        source, base = str(pool), Path(pool).parent
        if not Path(pool).is_file():
            raise ConfigError(
                f'pool {pool} does not exist: a sweep writes one, or list the teachers'
            )
        content = read_json(Path(pool))
        entries = content.get('teachers') if isinstance(content, dict) else None
    else:
        source, base, entries = 'pool', Path(), pool
    if not isinstance(entries, (list, tuple)) or not entries:
        raise ConfigError(f'{source}: names no teacher')
    teachers = [_entry(entry, f'{source}: teacher {n}', base) for n, entry in enumerate(entries, 1)]
    if num_teachers is None:
        return teachers
    if not 1 <= num_teachers <= len(teachers):
        raise ConfigError(
            f'num_teachers = {num_teachers} is not in 1 to {len(teachers)}, the size of {source}'
        )
    return teachers[:num_teachers]


def _entry(entry: Any, where: str, base: Path) -> PoolEntry:
    if not isinstance(entry, dict):
        raise ConfigError(f'{where}: {entry!r} is no entry with name, config, checkpoint and bank')
    absent = [field for field in _FIELDS if field != 'key' and not entry.get(field)]
    if absent:
        raise ConfigError(f'{where}: key {absent[0]!r} is absent')
    paths = {field: base / entry[field] for field in ('config', 'checkpoint', 'bank')}
    return PoolEntry(name=entry['name'], key=entry.get('key', ''), **paths)


def teacher_facts(entry: PoolEntry, state_bytes: int) -> dict:
    """What a record says of a teacher that took part."""
    return dict(
        name=entry.name,
        key=entry.key,
        state_bytes=state_bytes,
        checkpoint_sha256=file_sha256(entry.checkpoint),
    )
