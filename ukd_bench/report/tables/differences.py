"""The table of every distilled student less each of the others."""

import numpy as np

from ...results import formatting
from ...results.comparable import comparable_runs, compare_top1
from ...results.formatting import POINTS
from ...results.gains import BESIDE
from ...results.runs import Sweep
from .table import Table, columns, count


def differences_table(sweep: Sweep) -> Table | None:
    """Folded table of top-1 of every method with teachers, at each K, less that of each other.

    Those whose students are UKD's, bit for bit, are left out.
    """
    rows: list[tuple[str, ...]] = []
    groups: list[tuple[int, str]] = []
    for bench in comparable_runs(sweep):
        first = len(rows)
        cells = dict.fromkeys(
            (run.method, run.num_teachers)
            for run in bench.runs
            if run.done and sweep.methods.rows[run.method].distils
        )
        for method, k in cells:
            for against in BESIDE if not bench.is_ukd_again(method) else ():
                rng = np.random.default_rng(0)
                one = compare_top1(bench, method, k, against, rng, draws=0)
                if one is None or method == against:
                    continue
                gap = one.difference
                rows.append(
                    (
                        *(sweep.methods.heading(method), count(k), sweep.methods.heading(against)),
                        formatting.signed(100 * gap.mean, unit=POINTS),
                        formatting.interval(gap.low, gap.high, 1, 100, POINTS),
                        formatting.whole(gap.n),
                        formatting.p_value(gap.p_value),
                    )
                )
        if len(rows) > first:
            groups.append((first, bench.label))
    if not rows:
        return None
    titles = columns(*('<Method', 'K', '<Minus', 'Difference, points', '95 % interval', 'n', 'p'))
    notes = (
        'Top-1, paired by seed. Interval and p: t-test over n seeds, each for itself and not '
        'corrected for their number: of a hundred without any difference, five have p below 0.05.',
    )
    title = 'Every difference to plain, controls and two-stream'
    place = tuple(groups)
    return Table('differences', title, titles, tuple(rows), '', notes, place, folded=True)
