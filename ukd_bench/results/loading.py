"""Loads a sweep's folder: the plan, and every planned run's record or why it has none."""

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import ConfigError, ResultsError, quoted
from ..files.atomic import read_json
from ..methods.known import KnownMethods
from ..methods.own import own_methods
from ..methods.table import RUN_KINDS
from ..records.agreement import unlike_plan
from ..records.beside import wrong_with
from ..records.folder import RunPaths, SweepPaths
from ..records.plan_file import read_plan
from ..records.record import STATUSES, read_record
from ..records.regime import DEFAULT_REGIME
from .regimes import read_regimes
from .runs import Run, Sweep
from .scores import differing_from, read_scores

_PLAN_RUN_KEYS = (
    *('key', 'execution', 'folder', 'method', 'student', 'teacher', 'num_teachers', 'seed'),
    *('split', 'epochs', 'full_epochs', 'parents'),
)

# An absolute path with at least two parts: an error quotes it, a report keeps its last part alone.
_PATH = re.compile(r'(?<![\w.…])/(?:[\w.+@-]+/)+([\w.+@-]+)')

# What colours a terminal, too: a page would show the rest of it.
_CONTROL = re.compile(r'\x1b\[[0-9;]*[A-Za-z]|[\x00-\x1f\x7f-\x9f]')

_LONGEST = 300
"""Characters of a reason that a report has room for."""


def load_sweep(root: Path) -> Sweep:
    """Loads the sweep in the folder ``root``.

    Raises:
        ResultsError: the folder is absent or empty, or its plan is absent or broken. A broken
            record is no error: its run is carried as ``unreadable``.
    """
    paths = SweepPaths(Path(root))
    plan, methods = load_plan(paths)
    rows = plan['runs']
    regimes = read_regimes(plan, paths.plan)
    names = {row['key']: row['teacher'] for row in rows if row['method'] == 'teacher'}
    runs = _each_once(_load_run(row, RunPaths(paths.root / row['folder']), names) for row in rows)
    named = {run.folder for run in runs}
    strays = (_stray(item) for item in paths.runs() if item.root.name not in named)
    return Sweep(paths.root, plan, runs, tuple(run for run in strays if run), methods, regimes)


def load_plan(paths: SweepPaths) -> tuple[dict[str, Any], KnownMethods]:
    """The plan of a sweep, and all methods that its rows may name.

    Raises:
        ResultsError: the folder is absent or empty, or its plan is absent or broken.
    """
    if not paths.root.is_dir():
        raise ResultsError(f'{paths.root}: no such results folder')
    if not paths.plan.exists():
        raise ResultsError(f'{paths.root}: holds no plan.json, so it is not the folder of a sweep')
    plan = read_plan(paths.plan)
    methods = _known_methods(plan, paths.plan)
    _require_known(plan['runs'], methods, paths.plan)
    return plan, methods


def _each_once(runs: Iterable[Run]) -> tuple[Run, ...]:
    """The runs; one whose cell, seed and execution were there before counts no second time."""
    seen: dict[tuple[Any, ...], str] = {}
    told = []
    for run in runs:
        # Two pretrainings of one backbone may be for networks of different input.
        if run.done and run.of_sweep_data:
            place = (*run.cell, run.seed, run.execution)
            first = [seen.setdefault((regime, *place), run.key) for regime in run.regimes]
            mine = [one for one, key in zip(run.regimes, first, strict=True) if key == run.key]
            if mine:
                run = replace(run, regimes=tuple(mine))
            else:
                problem = f'the same as {first[0]}; left out of every figure'
                run = replace(run, status='repeated', problem=problem)
        told.append(run)
    return tuple(told)


def _known_methods(plan: dict[str, Any], path: Path) -> KnownMethods:
    try:
        given = dict(enumerate(plan.get('methods', [])))
        return KnownMethods(own_methods(given, f'{path}: methods'))
    except ConfigError as error:
        raise ResultsError(str(error)) from error


def _require_known(rows: list[dict[str, Any]], methods: KnownMethods, path: Path) -> None:
    if not rows:
        raise ResultsError(f'{path}: plans no runs')
    for index, row in enumerate(rows):
        if row['method'] not in (*methods.rows, *RUN_KINDS):
            raise ResultsError(
                f"{path}: run {index}: method {quoted(row['method'])} is none of the suite's and "
                'none that the plan describes'
            )
        known = methods.row(row['method'])
        if known.by_count and row['num_teachers'] < known.fewest:
            raise ResultsError(
                f'{path}: run {index}: {known.name} has no K = {row["num_teachers"]}'
            )


def _load_run(row: dict[str, Any], paths: RunPaths, teachers: dict[str, str]) -> Run:
    known = {key: row[key] for key in _PLAN_RUN_KEYS}
    known |= dict(
        parents=tuple(row['parents']), regimes=tuple(row.get('regimes', [DEFAULT_REGIME]))
    )
    run = Run(**known, status='missing', paths=paths)
    if not paths.record.exists():
        return _from_state(run, paths)
    try:
        record = read_record(paths.record)
    except ResultsError as error:
        return replace(run, status='unreadable', problem=_without_path(error, paths.record))
    if wrong := unlike_plan(row, record) or _changed(paths, record) or _untrue(paths, record):
        return replace(run, status='unreadable', problem=wrong)
    # A teacher that was renamed is told by its present name.
    record['teachers'] = [
        {**t, 'name': teachers.get(t['key'], t['name'])} for t in record['teachers']
    ]
    return replace(
        run, status=record['status'], problem=error_text(record.get('error')), record=record
    )


def _changed(paths: RunPaths, record: dict[str, Any]) -> str | None:
    """What of the small files beside a record is not what the run left; None where nothing is."""
    try:
        return wrong_with(paths, record)
    except ResultsError as error:
        return _without_path(error, paths.root)


def _untrue(paths: RunPaths, record: dict[str, Any]) -> str | None:
    """What a finished run's test scores show to be otherwise than its record says."""
    if record['status'] != 'done' or record['metrics'] is None:
        return None
    try:
        return differing_from(read_scores(paths.scores), record)
    except ResultsError as error:
        return _without_path(error, paths.scores)


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
    problem = error_text(state.get('error'))
    return replace(run, status=status if status in STATUSES else 'unreadable', problem=problem)


def _stray(paths: RunPaths) -> Run | None:
    try:
        record = read_record(paths.record)
    except ResultsError:
        return None
    names = ('key', 'execution', 'method', 'student', 'teacher', 'num_teachers', 'seed', 'split')
    epochs = record['schedule']['epochs']
    full = record['schedule'].get('full_epochs') or epochs
    return Run(
        **{name: record[name] for name in names},
        folder=paths.root.name,
        epochs=epochs,
        full_epochs=full,
        parents=tuple(record['parents']),
        status=record['status'],
        # What a record does not know.
        regimes=(),
        problem='not in the plan; left out of every figure',
        record=record,
        paths=paths,
    )


def error_text(error: Any) -> str | None:
    """One line of an error that may be a record's object, a state's text, or nothing.

    Of paths it keeps the last part.
    """
    if not error:
        return None
    if isinstance(error, dict):
        error = f'{error.get("type", "error")}: {error.get("message", "")}'
    lines = [_CONTROL.sub('', line).strip() for line in str(error).splitlines() if line.strip()]
    return _PATH.sub(r'…/\1', lines[-1])[:_LONGEST] if lines else None


def _without_path(error: ResultsError, path: Path) -> str:
    """An error's text with a file's name for its path: a report holds no path of a machine."""
    return str(error).replace(str(path), path.name)[:_LONGEST]
