"""Where one run of a sweep stands, as its folder tells while others may write there."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ..errors import ResultsError
from ..files import schema
from ..files.atomic import read_json
from ..files.hashes import Stamp, stamp_of
from ..records.agreement import unlike_plan
from ..records.folder import RunPaths
from ..records.label import run_label
from ..records.process import is_gone
from ..records.record import MEMORY_FIGURES, STATUSES, read_record
from ..records.regime import DEFAULT_REGIME
from .loading import error_text

_STATE = schema.table(
    dict(status=schema.one_of(*STATUSES)),
    dict(
        host=schema.line,
        pid=schema.whole,
        started=schema.line,
        epoch=schema.whole,
        epochs=schema.whole,
        loss=schema.maybe(schema.number),
        train_s=schema.amount,
        memory=schema.map_of(
            schema.table({}, dict.fromkeys(MEMORY_FIGURES, schema.maybe(schema.whole)))
        ),
        told=schema.line,
    ),
)
_FILL = schema.table(dict(num_views=schema.whole))
_OF_VIEWS = schema.table(dict(num_views=schema.whole))


@dataclass(frozen=True)
class RunStatus:
    """Where a run stands. What is not known, or does not apply, is None.

    Attributes:
        key: The run's key.
        label: What a person calls it.
        method: Its method.
        folder: Name of its folder.
        parents: Keys of the runs that it needs.
        status: One of ``records.record.STATUSES``, or ``unreadable``.
        problem: Why it has no result, in one line.
        waits_on: Keys of runs without a result because of which it cannot start.
        host, pid: The process that carries it out.
        elapsed_s: Seconds since this process began the run.
        epoch, epochs: Epochs that are complete, and those of the schedule.
        loss: Mean loss of the last complete epoch.
        view, views: Views of a bank that are filled, and those it will have.
        peak_bytes: The largest allocated peak so far, over its phases.
        wall_s: Seconds that it took.
        kind: What runs that take about as long have in common: method, network, teacher, K, epochs.
        pace: Seconds that all epochs take, as those go that are complete, and seconds spent.
        failed_ns: When the file was written that tells of a failure, by its file system.
    """

    key: str
    label: str
    method: str
    folder: str
    parents: tuple[str, ...]
    status: str
    problem: str | None = None
    waits_on: tuple[str, ...] = ()
    host: str | None = None
    pid: int | None = None
    elapsed_s: float | None = None
    epoch: int | None = None
    epochs: int | None = None
    loss: float | None = None
    view: int | None = None
    views: int | None = None
    peak_bytes: int | None = None
    wall_s: float | None = None
    kind: tuple[Any, ...] = field(default=(), repr=False)
    pace: tuple[float, float] | None = field(default=None, repr=False)
    failed_ns: int = field(default=0, repr=False)


class RecordStamps:
    """Reads the records of runs, each again only where its file has changed."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Stamp, RunStatus]] = {}

    def settled(self, planned: RunStatus, row: dict[str, Any], paths: RunPaths) -> RunStatus | None:
        """What a run's record tells of it; None where there is none.

        Args:
            planned: The run as the plan has it.
            row: Its row.
            paths: Its folder.
        """
        try:
            stamp = stamp_of(paths.record)
        except ResultsError as error:
            return replace(planned, status='unreadable', problem=error_text(error))
        if stamp is None:
            return None
        known = self._known.get(planned.folder)
        if known is None or known[0] != stamp:
            known = self._known[planned.folder] = stamp, _of_record(planned, row, paths)
        found = known[1]
        return replace(found, label=planned.label, parents=planned.parents, kind=planned.kind)


def planned_run(row: dict[str, Any], network: str | None) -> RunStatus:
    """A run as its row of the plan has it.

    Args:
        row: The row.
        network: Name of the backbone that it trains, or whose scores it stores.
    """
    regime = (row.get('regimes') or [DEFAULT_REGIME])[0]
    name = row['teacher'] or row['student']
    kind = (row['method'], network, row['teacher'], row['num_teachers'], row['epochs'])
    label = run_label(row['method'], row['num_teachers'], name, row['seed'], regime)
    return RunStatus(
        key=row['key'],
        label=label,
        method=row['method'],
        folder=row['folder'],
        parents=tuple(row['parents']),
        status='pending',
        kind=kind,
    )


def of_state(planned: RunStatus, paths: RunPaths, now: datetime) -> RunStatus:
    """What the state of a run without a record tells of it.

    Args:
        planned: The run as the plan has it.
        paths: Its folder.
        now: The present time.
    """
    try:
        stamp = stamp_of(paths.state)
        if stamp is None:
            return planned
        state = read_json(paths.state)
    except ResultsError as error:
        return replace(planned, status='unreadable', problem=error_text(error))
    if misfit := schema.first_misfit(_STATE, state):
        return replace(planned, status='unreadable', problem=f'state.json: {misfit}')
    status = state['status']
    if status == 'running' and is_gone(state):
        gone = f'process {state["pid"]} is gone'
        return replace(planned, status='interrupted', problem=gone, failed_ns=stamp[1])
    if status == 'running':
        return _running(planned, state, paths, now)
    if status in ('failed', 'interrupted'):
        problem = error_text(state.get('error'))
        return replace(planned, status=status, problem=problem, failed_ns=stamp[1])
    # What says that it has ended and has no record is to be made anew.
    return planned


def seconds_since(told: Any, now: datetime) -> float | None:
    """Seconds from a time in a file to now; None where the file tells none.

    Clocks of two hosts may differ, so it may seem to be to come.
    """
    try:
        return max(0.0, (now - datetime.fromisoformat(told)).total_seconds())
    except (TypeError, ValueError):
        return None


def _of_record(planned: RunStatus, row: dict[str, Any], paths: RunPaths) -> RunStatus:
    try:
        record = read_record(paths.record)
    except ResultsError as error:
        return replace(planned, status='unreadable', problem=error_text(error))
    if wrong := unlike_plan(row, record):
        return replace(planned, status='unreadable', problem=wrong)
    return replace(
        planned,
        status=record['status'],
        problem=error_text(record.get('error')),
        peak_bytes=largest_peak(record['memory']),
        wall_s=record['time'].get('wall_s'),
    )


def _running(
    planned: RunStatus, state: dict[str, Any], paths: RunPaths, now: datetime
) -> RunStatus:
    epoch, epochs, memory = state.get('epoch'), state.get('epochs'), state.get('memory') or {}
    view = views = pace = None
    if planned.method == 'bank':
        filled = _read(paths.fill_progress, _FILL)
        view = filled.get('num_views', 0)
        views = _read(paths.spec, _OF_VIEWS).get('num_views')
        memory = filled.get('peaks') or memory
        spent, done, total = filled.get('fill_s'), view, views
    else:
        spent, done, total = state.get('train_s'), epoch, epochs
    since = seconds_since(state.get('told'), now)
    if spent and done and total:
        pace = spent / done * total, spent + (since or 0.0)
    return replace(
        planned,
        status='running',
        host=state.get('host'),
        pid=state.get('pid'),
        elapsed_s=seconds_since(state.get('started'), now),
        epoch=epoch,
        epochs=epochs,
        loss=state.get('loss'),
        view=view,
        views=views,
        peak_bytes=largest_peak(memory),
        pace=pace,
    )


def _read(path: Path, check: schema.Check) -> dict[str, Any]:
    """A file's content; nothing where it is not there or not as it must be."""
    try:
        content = read_json(path)
    except ResultsError:
        return {}
    return {} if schema.first_misfit(check, content) else dict(content)


def largest_peak(memory: dict[str, Any]) -> int | None:
    """The largest allocated peak of all phases; None where one is not known."""
    peaks = [phase.get('allocated_peak_bytes') for phase in memory.values()]
    return None if not peaks or None in peaks else max(peaks)
