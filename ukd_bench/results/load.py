"""Loads a sweep's folder: the plan, and every planned run's record or why it has none."""

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import ConfigError, ResultsError
from ..files.atomic import read_json
from ..methods.known import KnownMethods
from ..methods.own import own_methods
from ..methods.table import RUN_KINDS
from ..records.folder import RunPaths, SweepPaths
from ..records.record import SCHEMA, STATUSES, read_record
from .runs import Run, Sweep

_PLAN_RUN_KEYS = (
    *('key', 'execution', 'folder', 'method', 'student', 'teacher', 'num_teachers', 'seed'),
    *('split', 'epochs', 'full_epochs', 'parents'),
)

# An absolute path with at least two parts: an error quotes it, a report keeps its last part alone.
_PATH = re.compile(r'(?<![\w.…])/(?:[\w.+@-]+/)+([\w.+@-]+)')


def load_sweep(root: Path) -> Sweep:
    """Loads ``root``.

    Raises:
        ResultsError: the folder is absent or empty, or its plan is absent or broken. A broken
            record is no error: its run is carried as ``unreadable``.
    """
    paths = SweepPaths(Path(root))
    if not paths.root.is_dir():
        raise ResultsError(f'{root}: no such results folder')
    if not paths.plan.exists():
        raise ResultsError(f'{root}: holds no plan.json, so it is not the folder of a sweep')
    plan = read_json(paths.plan)
    methods = _known_methods(plan, paths.plan)
    rows = _plan_rows(plan, methods, paths.plan)
    runs = _each_once(_load_run(row, RunPaths(paths.root / row['folder'])) for row in rows)
    named = {run.folder for run in runs}
    strays = (_stray(item) for item in paths.runs() if item.root.name not in named)
    return Sweep(paths.root, plan, runs, tuple(run for run in strays if run), methods)


def _each_once(runs: Iterable[Run]) -> tuple[Run, ...]:
    """The runs; one whose cell, seed and execution were there before counts no second time."""
    seen: dict[tuple[Any, ...], str] = {}
    told = []
    for run in runs:
        first = seen.setdefault((*run.cell, run.seed, run.execution), run.key) if run.done else None
        if first not in (None, run.key):
            problem = f'the same as {first}; left out of every figure'
            run = replace(run, status='repeated', problem=problem)
        told.append(run)
    return tuple(told)


def _known_methods(plan: Any, path: Path) -> KnownMethods:
    given = plan.get('methods', []) if isinstance(plan, dict) else []
    if not isinstance(given, list):
        raise ResultsError(f'{path}: methods must be a list')
    try:
        return KnownMethods(own_methods(dict(enumerate(given)), f'{path}: methods'))
    except ConfigError as error:
        raise ResultsError(str(error)) from error


def _plan_rows(plan: Any, methods: KnownMethods, path: Path) -> list[dict[str, Any]]:
    if not isinstance(plan, dict) or not isinstance(plan.get('runs'), list):
        raise ResultsError(f'{path}: a plan must be a JSON object with a list of runs')
    if plan.get('schema') != SCHEMA:
        raise ResultsError(
            f'{path}: schema {plan.get("schema")!r} is not {SCHEMA}, which this release reads'
        )
    if not plan['runs']:
        raise ResultsError(f'{path}: plans no runs')
    for index, row in enumerate(plan['runs']):
        absent = [key for key in _PLAN_RUN_KEYS if not isinstance(row, dict) or key not in row]
        if absent:
            raise ResultsError(f'{path}: run {index} lacks the key {absent[0]!r}')
        if row['method'] not in (*methods.rows, *RUN_KINDS):
            raise ResultsError(
                f"{path}: run {index}: method {row['method']!r} is none of the suite's and none "
                'that the plan describes'
            )
    return list(plan['runs'])


def _load_run(row: dict[str, Any], paths: RunPaths) -> Run:
    known = {key: row[key] for key in _PLAN_RUN_KEYS}
    run = Run(**{**known, 'parents': tuple(row['parents'])}, status='missing', paths=paths)
    if not paths.record.exists():
        return _from_state(run, paths)
    try:
        record = read_record(paths.record)
    except ResultsError as error:
        return replace(run, status='unreadable', problem=_without_path(error, paths.record))
    for name in ('key', 'method', 'student', 'num_teachers', 'seed', 'split'):
        if record[name] != row[name]:
            problem = f'the record has {name} {record[name]!r}, the plan {row[name]!r}'
            return replace(run, status='unreadable', problem=problem)
    return replace(
        run, status=record['status'], problem=_error_text(record.get('error')), record=record
    )


def _from_state(run: Run, paths: RunPaths) -> Run:
    if not paths.state.exists():
        return replace(run, problem='no record and no state')
    try:
        state = read_json(paths.state)
        status = state['status']
    except (ResultsError, KeyError, TypeError):
        return replace(run, status='unreadable', problem='state.json cannot be read')
    if status == 'done':
        return replace(run, status='missing', problem='said to be done, but its record is absent')
    problem = _error_text(state.get('error'))
    return replace(run, status=status if status in STATUSES else 'unreadable', problem=problem)


def _stray(paths: RunPaths) -> Run | None:
    try:
        record = read_record(paths.record)
    except ResultsError:
        return None
    names = ('key', 'execution', 'method', 'student', 'teacher', 'num_teachers', 'seed', 'split')
    epochs = record['schedule'].get('epochs') or 0
    full = record['schedule'].get('full_epochs') or epochs
    return Run(
        **{name: record[name] for name in names},
        folder=paths.root.name,
        epochs=epochs,
        full_epochs=full,
        parents=tuple(record['parents']),
        status=record['status'],
        problem='not in the plan; left out of every figure',
        record=record,
        paths=paths,
    )


def _error_text(error: Any) -> str | None:
    """One line of an error that may be a record's object, a state's text, or nothing."""
    if not error:
        return None
    if isinstance(error, dict):
        error = f'{error.get("type", "error")}: {error.get("message", "")}'
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return _PATH.sub(r'…/\1', lines[-1]) if lines else None


def _without_path(error: ResultsError, path: Path) -> str:
    """A report holds no path of a machine."""
    return str(error).replace(str(path), path.name)
