"""Identity and record of a run: what is hashed, what is written down, and what makes it valid."""

import hashlib
import json
import math
from pathlib import Path
from typing import Any

from .errors import ResultsError
from .methods import METHODS
from .paths import read_json, write_json

SCHEMA = 1
PROTOCOL_VERSION = 1
"""Raised whenever a change alters what a run computes; part of every key."""

LAST_EPOCH = 'last_epoch'
BEST_ON_HELD_OUT = 'best_on_held_out_groups'
ORACLE = 'oracle_best_on_test'
SELECTIONS = (LAST_EPOCH, BEST_ON_HELD_OUT, ORACLE)
"""Which epoch's weights are tested. The oracle looks at the test clips, and is named for it."""
STATUSES = ('pending', 'running', 'done', 'failed', 'oom', 'diverged', 'interrupted')
FINAL_STATUSES = ('done', 'oom', 'diverged')

MEMORY_FIGURES = ('allocated_peak_bytes', 'reserved_peak_bytes', 'process_peak_bytes')
METRICS = ('top1', 'top5', 'mean_class')

_REQUIRED: dict[str, tuple[type, ...]] = {
    'schema': (int,),
    'key': (str,),
    'execution': (str,),
    'status': (str,),
    'method': (str,),
    'student': (str, type(None)),
    'teacher': (str, type(None)),
    'num_teachers': (int,),
    'seed': (int,),
    'split': (int,),
    'schedule': (dict,),
    'metrics': (dict, type(None)),
    'memory': (dict,),
    'time': (dict,),
    'hashes': (dict,),
    'counts': (dict,),
    'teachers': (list,),
    'parents': (list,),
    'environment': (dict,),
    'dataset': (dict,),
}


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces, so that equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(',', ':'), allow_nan=False)


def digest(value: Any, length: int = 64) -> str:
    """The first ``length`` hexadecimal digits of the SHA-256 of ``canonical_json(value)``."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:length]


_NOT_SCIENTIFIC = (
    # Places on a machine.
    'data_root', 'pool', 'previous', 'work_dir', 'ann_file', 'data_prefix', 'cache', 'flow_root',
    # Which lists there are; the clips themselves are identified by content.
    'edition',
    # How a run is carried out and what it prints, which cannot change what it computes.
    'num_workers', 'persistent_workers', 'pin_memory', 'launcher', 'log_level', 'log_processor',
    'visualizer', 'vis_backends',
)  # fmt: skip


def scientific(config: Any) -> Any:
    """A copy of a config with only what can change a result.

    Tuples become lists, and classes, which a config may hold instead of names, their paths.
    """
    if isinstance(config, dict):
        return {
            key: scientific(value) for key, value in config.items() if key not in _NOT_SCIENTIFIC
        }
    if isinstance(config, (list, tuple)):
        return [scientific(value) for value in config]
    return f'{config.__module__}.{config.__qualname__}' if isinstance(config, type) else config


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes.

    Raises:
        ResultsError: the file cannot be read.
    """
    try:
        with open(path, 'rb') as file:
            return hashlib.file_digest(file, 'sha256').hexdigest()
    except OSError as error:
        raise ResultsError(f'{path}: cannot be read ({error.strerror or error})') from error


def validate_record(record: Any, path: Path) -> dict:
    """Returns ``record`` if it is a complete one of this schema.

    Raises:
        ResultsError: naming the file and the first key that is absent or of the wrong kind.
    """
    if not isinstance(record, dict):
        raise ResultsError(f'{path}: a record must be a JSON object')
    for key, kinds in _REQUIRED.items():
        if key not in record:
            raise ResultsError(f'{path}: key {key!r} is absent')
        if not isinstance(record[key], kinds) or isinstance(record[key], bool):
            raise ResultsError(f'{path}: key {key!r} has the value {record[key]!r}')
    if record['schema'] != SCHEMA:
        raise ResultsError(
            f'{path}: schema {record["schema"]} is not {SCHEMA}, which this release reads'
        )
    for key, allowed in (('status', STATUSES), ('method', METHODS)):
        if record[key] not in allowed:
            raise ResultsError(f'{path}: {key} {record[key]!r} is none of {", ".join(allowed)}')
    if record['status'] == 'done':
        _validate_figures(record, path)
    return record


def _validate_figures(record: dict, path: Path) -> None:
    if record['metrics'] is not None:
        for name in METRICS:
            value = record['metrics'].get(name)
            if not isinstance(value, (int, float)) or not 0 <= value <= 1:
                raise ResultsError(f'{path}: metrics.{name} is {value!r}, not a fraction')
    for phase, figures in record['memory'].items():
        for name in MEMORY_FIGURES:
            value = figures.get(name, 'absent')
            if value is not None and (not isinstance(value, int) or value <= 0):
                raise ResultsError(f'{path}: memory.{phase}.{name} is {value!r}')
    for name, value in record['time'].items():
        if value is not None and (not math.isfinite(value) or value <= 0):
            raise ResultsError(f'{path}: time.{name} is {value!r}')


def read_record(path: Path) -> dict:
    """Reads and validates a ``record.json``."""
    return validate_record(read_json(path), path)


def write_record(path: Path, record: dict) -> None:
    """Validates, then writes a ``record.json`` atomically."""
    write_json(path, validate_record(record, path))
