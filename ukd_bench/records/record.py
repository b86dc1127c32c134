"""The record of a run: its keys, and their validation."""

import math
from pathlib import Path
from typing import Any

from ..errors import ResultsError
from ..files.atomic import read_json, write_json
from ..methods.table import NAME

SCHEMA = 1

LAST_EPOCH = 'last_epoch'
BEST_ON_HELD_OUT = 'best_on_held_out_groups'
ORACLE = 'oracle_best_on_test'
SELECTIONS = (LAST_EPOCH, BEST_ON_HELD_OUT, ORACLE)
"""Rules for the epoch whose weights are tested; the oracle looks at the test clips."""
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
    if record['status'] not in STATUSES:
        raise ResultsError(f'{path}: status {record["status"]!r} is none of {", ".join(STATUSES)}')
    # Which methods there are is the plan's to say.
    if not NAME.fullmatch(record['method']):
        raise ResultsError(f'{path}: method {record["method"]!r} is no name of a method')
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
