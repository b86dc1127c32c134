"""The table of the comparisons of accuracies that verdicts rest on."""

from collections.abc import Iterable

from ...methods.known import KnownMethods
from ...results import formatting
from ...results.formatting import POINTS
from ...results.verdicts import Verdict
from .table import Table, columns


def effects_table(verdicts: Iterable[Verdict], methods: KnownMethods) -> Table | None:
    """Table of each comparison: its difference, interval and effect size, and what it says."""
    rows = []
    for verdict in verdicts:
        for finding in verdict.findings:
            tested = finding.tested
            if tested is None or tested.comparison is None:
                continue
            one = tested.comparison
            gap, size = one.difference, one.difference.effect_size
            k = f' (K = {one.num_teachers})' if one.num_teachers else ''
            rows.append(
                (
                    *(verdict.id, finding.bench),
                    f'{methods.title(one.method)}{k} − {methods.title(one.against)}',
                    formatting.signed(100 * gap.mean, unit=POINTS),
                    formatting.interval(gap.low, gap.high, 1, 100, POINTS),
                    formatting.whole(gap.n),
                    formatting.DASH if size is None else formatting.signed(size),
                    formatting.p_value(tested.corrected_p),
                    formatting.DASH
                    if tested.detectable is None
                    else formatting.signed(100 * tested.detectable, unit=POINTS),
                    finding.verdict,
                )
            )
    if not rows:
        return None
    titles = columns(
        *('<Claim', '<On', '<Top-1 of', 'Points', '95 % interval', 'n', 'Effect size', 'p'),
        *('Would be seen', '<Finding'),
    )
    notes = (
        'Points: mean over seeds of the paired difference, with its t-interval. Effect size: that '
        'mean over its standard deviation. p: two-sided paired t-test, corrected by Holm over all '
        'rows. Would be seen: the least gain that this test would have found with the power that '
        'the claims file asks for, at the level of the correction’s first step, were the spread '
        'the one observed.',
    )
    return Table('effects', 'What the verdicts on accuracy rest on', titles, tuple(rows), '', notes)
