"""Where a sweep stands, as ``ukd-bench status`` words it."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ..records.record import FINAL_STATUSES
from ..results.formatting import counted, duration, mib
from ..results.run_status import RunStatus
from ..results.status import FINISHED, RUNNING, SweepStatus

_MOST = 5
"""Errors that are told, and runs without a result that others wait for."""
_MOST_OF_GROUP = 3
"""Runs that are told of those that wait for one."""
_STYLES = {
    'pending': 'dim', 'running': 'cyan', 'done': 'green', 'oom': 'yellow', 'diverged': 'yellow',
}  # fmt: skip
_BAR = 24
_OF_READER = ('kind', 'pace', 'failed_ns')
"""What of a run's status is for reckoning alone."""


def as_json(status: SweepStatus) -> str:
    """All that is known, as one JSON object."""
    told = dict(
        sweep=status.name,
        folder=str(status.folder),
        state=status.state,
        host=status.host,
        pid=status.pid,
        jobs=status.jobs,
        elapsed_s=status.elapsed_s,
        left=asdict(status.left),
        counts=status.counts,
        running=[run.key for run in status.running],
        errors=[run.key for run in status.errors],
        waiting=[run.key for run in status.waiting],
        runs=[_facts(run) for run in status.runs],
    )
    return json.dumps(told, indent=1, allow_nan=False)


def lines(status: SweepStatus) -> Group:
    """All that a person wants to know, in lines for a terminal."""
    parts: list[RenderableType] = [_head(status), _counts(status)]
    if status.running:
        parts += [Text('\nrunning', 'bold'), _running(status.running)]
    if status.errors:
        parts += [Text('\nlast errors', 'bold'), *_errors(status.errors)]
    if status.waiting:
        parts += [Text('\nwaiting for a run without a result', 'bold'), *_waiting(status)]
    if status.state != FINISHED:
        parts += [Text(), Text.assemble(('time left ', 'bold'), _left(status))]
    return Group(*parts)


def _facts(run: RunStatus) -> dict[str, Any]:
    return {name: value for name, value in asdict(run).items() if name not in _OF_READER}


def _head(status: SweepStatus) -> Text:
    words = {RUNNING: 'running', FINISHED: 'finished'}.get(status.state, 'stopped')
    if status.state == RUNNING:
        known = [f'for {duration(status.elapsed_s)}' if status.elapsed_s is not None else '']
        if status.pid is None:
            known = ['without a sweep to start what comes next']
        else:
            known.append(f'{status.jobs} at once' if status.jobs else '')
            known.append(f'process {status.pid} on {status.host}')
        words = f'{words} {", ".join(filter(None, known))}'
    elif status.state == FINISHED and status.elapsed_s is not None:
        words += f', the last call took {duration(status.elapsed_s)}'
    elif status.state != FINISHED:
        words += '; the same command goes on'
    return Text.assemble((str(status.folder), 'bold'), f': {words}')


def _counts(status: SweepStatus) -> Group:
    total, counts = len(status.runs), status.counts
    settled = sum(counts[name] for name in FINAL_STATUSES)
    bar = Table.grid(padding=(0, 1))
    bar.add_row(
        ProgressBar(total=total, completed=settled, width=_BAR),
        f'{settled} of {counted(total, "run")} have a result',
    )
    told = [
        (f'{name} {count}', _STYLES.get(name, 'red') if count else 'dim')
        for name, count in counts.items()
    ]
    parts = [part for one in told for part in (one, '  ')]
    return Group(bar, Text.assemble(*parts[:-1]))


def _running(runs: Sequence[RunStatus]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(width=0)
    table.add_column(ratio=1)
    for name in ('how far', 'loss', 'elapsed', 'peak'):
        table.add_column(justify='left' if name == 'how far' else 'right', no_wrap=True)
    for run in runs:
        table.add_row(
            '',
            run.label,
            _how_far(run),
            '' if run.loss is None else f'loss {run.loss:.3g}',
            '' if run.elapsed_s is None else duration(run.elapsed_s),
            '' if run.peak_bytes is None else f'{mib(run.peak_bytes)} MiB',
        )
    return table


def _how_far(run: RunStatus) -> str:
    if run.view is not None:
        return f'view {run.view}' + ('' if run.views is None else f' of {run.views}')
    return '' if run.epoch is None else f'epoch {run.epoch} of {run.epochs}'


def _errors(runs: Sequence[RunStatus]) -> list[RenderableType]:
    told: list[RenderableType] = []
    for run in runs[:_MOST]:
        style = _STYLES.get(run.status, 'red')
        told.append(_cut(Text.assemble('  ', (run.status, style), f' {run.label}')))
        told.append(_cut(Text(f'    {run.problem or _unsaid(run)}')))
    return [*told, *_more(len(runs) - _MOST)]


def _unsaid(run: RunStatus) -> str:
    if run.status == 'interrupted':
        return 'was stopped; the same command goes on with it'
    return f'see {run.folder}/log.txt'


def _waiting(status: SweepStatus) -> list[RenderableType]:
    """What waits, by the runs that it waits for; one that waits for several is under each."""
    by_key = {run.key: run for run in status.runs}
    groups: dict[str, list[RunStatus]] = {}
    for run in status.waiting:
        for key in run.waits_on:
            groups.setdefault(key, []).append(run)
    told: list[RenderableType] = []
    for key, runs in [*groups.items()][:_MOST]:
        one = by_key[key]
        told.append(_cut(Text(f'  {counted(len(runs), "run")} for {one.label}, {one.status}')))
        told += [_cut(Text(f'    {run.label}')) for run in runs[:_MOST_OF_GROUP]]
        told += _more(len(runs) - _MOST_OF_GROUP, indent=4)
    return [*told, *_more(len(groups) - _MOST)]


def _more(count: int, indent: int = 2) -> list[RenderableType]:
    return [Text(f'{" " * indent}and {count} more', 'dim')] if count > 0 else []


def _cut(line: Text) -> Text:
    """A line that a narrow terminal shows the beginning of."""
    line.no_wrap, line.overflow = True, 'ellipsis'
    return line


def _left(status: SweepStatus) -> str:
    left = status.left
    if left.seconds is None:
        total = left.by_kind + left.by_work + left.unknown
        return (
            f'unknown: there is nothing to reckon {left.unknown} of {counted(total, "run")} by yet'
        )
    at_once = f', {status.jobs} at once' if status.jobs else ''
    by = [
        f'{left.by_kind} by runs of their kind or their own epochs' if left.by_kind else '',
        f'{left.by_work} scaled from others by the work of each' if left.by_work else '',
    ]
    how = '; '.join(filter(None, by))
    runs = counted(left.by_kind + left.by_work, 'run')
    return f'about {duration(left.seconds)}{at_once} ({runs}: {how})'
