"""What ``ukd-bench sweep --dry-run`` and ``--estimate`` print."""

import sys
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..sweep.finished import SweepState
    from ..sweep.run import SweepRun


def print_estimate(sweep: 'SweepRun', state: 'SweepState', limit_bytes: int | None) -> bool:
    """Prints what the runs take that are left; returns whether each of them can fit."""
    from ..sweep.estimate import lines

    estimate = sweep.estimate(state, limit_bytes, partial(print, file=sys.stderr))
    print(*lines(estimate), sep='\n')
    for line in (*estimate.misfits, *estimate.tight):
        print(f'warning: {line}', file=sys.stderr)
    return not estimate.misfits


def print_plan(state: 'SweepState') -> None:
    """Prints a line a run: its key, what it is, and how far it is.

    Where there are several regimes, each run stands under the first that it is part of.
    """
    plan = state.plan
    rows = [('run', 'method', 'network', 'K', 'seed', 'state')]
    for key, run in plan.runs.items():
        spec = run.spec
        # A teacher's name tells it from others of its backbone, and its bank from theirs.
        network = spec.teacher or spec.student or '-'
        count = str(spec.num_teachers or '-')
        rows.append((key, spec.method, network, count, str(spec.seed), state.status(run)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    title, *lines = (
        '  '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    print(title)
    regime = None
    for line, run in zip(lines, plan.runs.values(), strict=True):
        first = plan.regimes_of(run)[0]
        if first != regime and len(plan.regimes) > 1:
            print(f'\nregime {first}')
        regime = first
        print(line)
