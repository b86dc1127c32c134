"""Tables of all runs: how many came to which end, and each with its record and log."""

import os
from collections import Counter
from pathlib import Path
from urllib.parse import quote

from ...results import formatting
from ...results.formatting import Linked
from ...results.runs import Run, Sweep
from .table import Table, columns, count

_ENDS = ('done', 'oom', 'diverged', 'failed')
"""States that have a column of their own."""


def place_of_results(results: Path, out: Path) -> str | None:
    """Where a sweep's folder lies as seen from a report's, as a relative URL.

    None where the two have nothing but the root of the file system in common: a link would name
    folders of this machine, and lead nowhere on another.
    """
    ends = [str(path.resolve()) for path in (results, out)]
    if os.path.commonpath(ends) == os.path.sep:
        return None
    return quote(Path(os.path.relpath(*ends)).as_posix())


def runs_table(sweep: Sweep) -> Table:
    """Table of how many runs of each method were planned, and what became of them."""
    rows = []
    for method in dict.fromkeys(run.method for run in sweep.runs):
        mine = Counter(run.status for run in sweep.runs if run.method == method)
        ends = [mine.pop(end, 0) for end in _ENDS]
        planned = sum(ends) + mine.total()
        cells = (planned, *ends, mine.total())
        rows.append((sweep.methods.heading(method), *map(formatting.whole, cells)))
    every = Counter(run.status for run in sweep.runs)
    told = ', '.join(f'{number} {status}' for status, number in every.most_common())
    titles = columns(
        *('<Method', 'Planned', 'Done', 'Out of memory', 'Diverged', 'Failed', 'Others'),
    )
    notes = (
        'Others: not started, interrupted, unreadable, or the same as another run.',
        'Out of memory and divergence are results. Means are over runs that are done.',
    )
    lead = f'{formatting.counted(len(sweep.runs), "run")}: {told}.'
    return Table('runs', 'Runs', titles, tuple(rows), lead, notes)


def every_run(sweep: Sweep, place: str | None) -> Table:
    """Folded table of all runs, each with links to its record and log.

    Args:
        sweep: The sweep.
        place: Its folder as :func:`place_of_results` has it; None for no links.
    """
    several = len(sweep.regimes) > 1
    rows = []
    for run in sweep.runs:
        regime = (sweep.names_regimes(run),) if several else ()
        rows.append(
            (
                *(sweep.methods.heading(run.method), run.teacher or run.student or formatting.DASH),
                *(*regime, count(run.num_teachers), formatting.whole(run.seed)),
                *(formatting.whole(run.split), run.status, formatting.percent(run.metric('top1'))),
                *(formatting.mib(run.peak()), formatting.duration(run.value('time', 'wall_s'))),
                *_links(run, place),
            )
        )
    titles = columns(
        *('<Method', '<Network', *(['<Regime'] if several else []), 'K', 'Seed', 'Split'),
        *('<Status', 'Top-1, %', 'Peak, MiB', 'Time', '<Record', '<Log'),
    )
    return Table('every-run', 'Every run', titles, tuple(rows), folded=True)


def _links(run: Run, place: str | None) -> tuple[str, str]:
    """The record, by the run's key, and the log."""
    if run.paths is None:
        return run.key, formatting.DASH
    record, log = run.paths.record, run.paths.log
    if place is None:
        return run.key, formatting.DASH
    folder = f'{place}/{quote(run.folder)}'
    return (
        Linked(run.key, f'{folder}/{record.name}') if record.is_file() else run.key,
        Linked('log', f'{folder}/{log.name}') if log.is_file() else formatting.DASH,
    )
