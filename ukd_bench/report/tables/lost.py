"""The table of runs without figures."""

from ...results import formatting
from ...results.runs import Sweep
from .table import Table, columns, count


def lost_table(sweep: Sweep) -> Table | None:
    """Table of every run that gave no figures, and why."""
    rows = []
    for run in (*sweep.runs, *sweep.unplanned):
        if run.done and run not in sweep.unplanned:
            continue
        status = 'not in the plan' if run in sweep.unplanned else run.status
        what = run.teacher or run.student or formatting.DASH
        regimes = sweep.names_regimes(run)
        what = f'{what} ({regimes})' if regimes else what
        k = count(run.num_teachers)
        why = run.problem or formatting.DASH
        name = sweep.methods.heading(run.method)
        rows.append(
            (name, what, k, formatting.whole(run.seed), formatting.whole(run.split), status, why)
        )
    if not rows:
        return None
    titles = columns('<Method', '<Network', 'K', 'Seed', 'Split', '<Status', '<Why')
    lead = (
        f'{formatting.counted(len(rows), "run")} entered no mean. Running out of memory and '
        'diverging are results too.'
    )
    return Table('lost', 'Runs without figures', titles, tuple(rows), lead)
